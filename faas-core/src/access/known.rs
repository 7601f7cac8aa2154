//! The keys in memory: what is known of them, and the tasks that reread them and tidy up.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::RwLock;
use tokio::sync::watch;

use super::boundary::Boundary;
use super::limits::Limits;
use super::uses::{Mark, Uses};
use super::{AccessOptions, Keys};
use crate::Error;
use crate::clock::Clock;
use crate::model::{ApiKey, KeyId};

/// How often the keys are reread.
pub(super) const REFRESH: Duration = Duration::from_millis(500);
/// How often old entries of the audit log are deleted.
const EXPIRY: Duration = Duration::from_secs(3_600);

/// What all clones of an [`Access`](super::Access) share.
pub(super) struct Inner {
    pub(super) keys: Keys,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) options: AccessOptions,
    pub(super) boundary: Boundary,
    pub(super) limits: Limits,
    pub(super) uses: Uses,
    pub(super) known: RwLock<Known>,
    /// Allows one reader at a time, so that an older read cannot replace a newer one.
    pub(super) reading: tokio::sync::Mutex<()>,
    /// Counts the changes that may end a caller's access.
    pub(super) changes: watch::Sender<u64>,
}

/// The result of the last read.
#[derive(Default)]
pub(super) struct Known {
    /// The keys that are not revoked.
    pub(super) keys: HashMap<KeyId, Held>,
    /// Whether a key has ever existed.
    pub(super) required: bool,
    /// The keys that are neither revoked nor expired, in order.
    pub(super) usable: Vec<KeyId>,
}

/// A key and the mark of its use.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) key: Arc<ApiKey>,
    /// Kept when the key is reread.
    pub(super) mark: Arc<Mark>,
}

impl Inner {
    pub(super) fn new(keys: Keys, clock: Arc<dyn Clock>, options: AccessOptions) -> Self {
        let boundary = Boundary {
            origins: options.origins.clone(),
            hosts: options.hosts.clone(),
        };
        Self {
            keys,
            limits: Limits::new(options.rate, Arc::clone(&clock)),
            uses: Uses::default(),
            clock,
            options,
            boundary,
            known: RwLock::default(),
            reading: tokio::sync::Mutex::default(),
            changes: watch::Sender::default(),
        }
    }

    /// Writes the last uses of keys to the store.
    async fn write_uses(&self) {
        let due = {
            let known = self.known.read();
            let keys = known.keys.values().map(|held| &*held.key);
            self.uses.due(keys, self.clock.now())
        };
        if due.is_empty() {
            return;
        }
        if let Err(error) = self.keys.note_uses(&due).await {
            tracing::debug!(%error, "could not store when keys were last used");
        }
    }

    pub(super) async fn refresh(&self) -> Result<(), Error> {
        let _reading = self.reading.lock().await;
        let (there, failed) = match self.keys.list().await {
            Ok(there) => (there, None),
            // The known keys stay valid and still expire.
            Err(error) => {
                let known = self.known.read();
                let keys = known.keys.values().map(|held| (*held.key).clone());
                (keys.collect(), Some(error))
            }
        };
        let now = self.clock.now();
        let mut known = Known {
            required: !there.is_empty(),
            ..Known::default()
        };
        for key in there {
            if key.revoked_at.is_some() {
                continue;
            }
            if !key.has_expired(now) {
                known.usable.push(key.id);
            }
            let mark = Arc::default();
            known.keys.insert(
                key.id,
                Held {
                    key: Arc::new(key),
                    mark,
                },
            );
        }
        known.usable.sort_unstable();
        let changed = {
            let mut before = self.known.write();
            known.required |= before.required;
            for (id, held) in &mut known.keys {
                if let Some(before) = before.keys.get(id) {
                    held.mark = Arc::clone(&before.mark);
                }
            }

            let changed = known.required != before.required || known.usable != before.usable;
            *before = known;
            changed
        };
        if changed {
            self.changes.send_modify(|count| *count += 1);
        }
        failed.map_or(Ok(()), Err)
    }
}

/// Periodically collects the uses of keys and removes idle clients, until the `Access` is dropped.
/// Does not use the store.
pub(super) async fn keep_tidy(of: Weak<Inner>, clock: Arc<dyn Clock>) {
    loop {
        clock.sleep(REFRESH).await;
        let Some(inner) = of.upgrade() else {
            return;
        };
        inner.limits.tidy();
        let known = inner.known.read();
        let marks = known.keys.iter().map(|(id, held)| (*id, &*held.mark));
        inner.uses.gather(marks, clock.now());
    }
}

/// Periodically rereads the keys, stores their last uses, and deletes old entries of the audit log,
/// until the `Access` is dropped.
pub(super) async fn keep_informed(of: Weak<Inner>, clock: Arc<dyn Clock>) {
    let mut is_away = false;
    let mut expired_at = None;
    loop {
        clock.sleep(REFRESH).await;
        let Some(inner) = of.upgrade() else {
            return;
        };
        match inner.refresh().await {
            Ok(()) => {
                is_away = false;
                inner.write_uses().await;
            }
            Err(error) if !is_away => {
                is_away = true;
                tracing::warn!(%error, "could not read the keys: the known keys stay valid");
            }
            Err(_) => {}
        }
        let now = clock.monotonic();
        if expired_at.is_none_or(|at| now.saturating_sub(at) >= EXPIRY) {
            expired_at = Some(now);
            let before = clock.now() - inner.options.audit_retention;
            if let Err(error) = inner.keys.expire_audit(before).await {
                tracing::warn!(%error, "could not delete old entries of the audit log");
            }
        }
    }
}
