//! Who is let in, and what for: keys, roles, origins, hosts, rates.
//!
//! Owns the decision, for all front ends alike: they say what a request brought ([`Asking`]) and
//! what it wants ([`Permission`]), and get a [`Caller`] or a [`Refusal`]. It knows neither headers
//! nor sockets. A host that has its own access control makes no [`Access`], and nothing of this
//! happens.
//!
//! A request is checked without reading the store: [`Access`] holds the keys in memory and reads them
//! again twice a second, so it notices within a second what another process changes. A process that
//! can reach this one makes it notice at once, by [`Access::refresh`]. While the store is unavailable,
//! the keys read last stay in force; nothing can be run or changed then anyway. Once a key has been
//! seen, a key is required until the process ends, whatever the store contains later.
//!
//! ```no_run
//! # async fn start(platform: faas_core::Platform) -> Result<(), faas_core::Error> {
//! use faas_core::access::{Access, AccessOptions, Asking, NewKey, Permission};
//! use faas_core::model::{Actor, Role};
//!
//! let access = Access::start(&platform, AccessOptions::default()).await?;
//! let new = NewKey { name: "ci".to_owned(), role: Role::Invoker, expires_at: None };
//! let (_, text) = access.keys().create(new, &Actor::Local).await?;
//! access.refresh().await?;
//! let asking = Asking { key: Some(text.expose()), ..Asking::default() };
//! assert!(access.admit(&asking, Permission::Invoke).is_ok());
//! assert!(access.admit(&asking, Permission::Read).is_err());
//! # Ok(())
//! # }
//! ```
//!
//! Read `permission` (what each role allows), `secret` (the text of a key), `keys` (making and
//! revoking them), `boundary` (which pages may call), `limits`, `uses` (which keys are in use),
//! `refusal`.

mod boundary;
mod keys;
mod limits;
mod permission;
mod refusal;
mod secret;
mod uses;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::RwLock;
use tokio::sync::watch;

pub use boundary::Whence;
pub use keys::{Keys, NewKey};
pub use limits::Rate;
pub use permission::Permission;
pub use refusal::Refusal;
pub use secret::KeyText;

use self::boundary::Boundary;
use self::limits::{Limits, Who};
use self::uses::{Mark, Uses};
use crate::clock::Clock;
use crate::model::{Actor, ApiKey, KeyId};
use crate::{Error, Platform};

/// How often the keys are read anew.
const REFRESH: Duration = Duration::from_millis(500);
/// How often old entries of the audit log are deleted.
const EXPIRY: Duration = Duration::from_secs(3_600);

/// How access is controlled.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessOptions {
    /// Whether keys are required once there are any. Off: everybody may do everything that the
    /// other options do not forbid. Default: on.
    pub keys: bool,
    /// The origins whose pages may call from a browser, beside the server's own, such as
    /// `https://example.org`; `*` stands for all. Default: none.
    pub origins: Vec<String>,
    /// The names by which browsers may call the server, beside those of loopback and addresses; `*`
    /// stands for all. Default: none, which while a key is required means all.
    pub hosts: Vec<String>,
    /// How many requests each key may make, and while no key is required each address. Default: as
    /// many as they like.
    pub rate: Option<Rate>,
    /// How long entries of the audit log are kept. Default: 365 days.
    pub audit_retention: Duration,
}

impl Default for AccessOptions {
    fn default() -> Self {
        Self {
            keys: true,
            origins: Vec::new(),
            hosts: Vec::new(),
            rate: None,
            audit_retention: Duration::from_secs(365 * 24 * 3_600),
        }
    }
}

/// What a request brought.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asking<'a> {
    /// The text of its key, if it has one; what is no text counts as an empty one.
    pub key: Option<&'a str>,
    /// Where it comes from.
    pub whence: Whence<'a>,
    /// The address of the client, if it is known.
    pub address: Option<IpAddr>,
}

/// Somebody who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// No key was required.
    Local,
    /// The holder of this key.
    Key(Arc<ApiKey>),
}

impl Caller {
    /// As the audit log names it.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Local => Actor::Local,
            Self::Key(key) => Actor::Key {
                id: key.id,
                name: Arc::clone(&key.name),
            },
        }
    }
}

/// Lets in, or does not. Clones share what is known; reading it anew ends with the last of them, or
/// with the platform.
#[derive(Clone)]
pub struct Access {
    inner: Arc<Inner>,
}

struct Inner {
    keys: Keys,
    clock: Arc<dyn Clock>,
    options: AccessOptions,
    boundary: Boundary,
    limits: Limits,
    uses: Uses,
    known: RwLock<Known>,
    /// One reader at a time, so that what was read later stays.
    reading: tokio::sync::Mutex<()>,
    /// Counts the changes of who may be let in.
    changes: watch::Sender<u64>,
}

/// What was read last.
#[derive(Default)]
struct Known {
    /// Those that are not revoked.
    keys: HashMap<KeyId, Held>,
    /// Whether there ever was a key.
    required: bool,
    /// Those that had not expired either, in order.
    usable: Vec<KeyId>,
}

/// A key, and whether it was used.
#[derive(Clone)]
struct Held {
    key: Arc<ApiKey>,
    /// Stays when the key is read anew.
    mark: Arc<Mark>,
}

impl Access {
    /// Controls the access to `platform` by the keys in its store, and keeps itself informed until
    /// the platform stops. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the keys cannot be read.
    pub async fn start(platform: &Platform, options: AccessOptions) -> Result<Self, Error> {
        let engine = &platform.engine().0;
        let (store, clock) = (Arc::clone(&engine.store), Arc::clone(&engine.clock));
        let keys = Keys::new(store, Arc::clone(&clock));
        let access = Self {
            inner: Arc::new(Inner::new(keys, Arc::clone(&clock), options)),
        };
        access.refresh().await?;
        let stopped = platform.stopped();
        let informed = keep_informed(Arc::downgrade(&access.inner), Arc::clone(&clock));
        // By itself: a store that gives no answer holds up only what asks it.
        let tidy = keep_tidy(Arc::downgrade(&access.inner), clock);
        tokio::spawn(async move {
            tokio::select! {
                () = stopped => {}
                ((), ()) = async { tokio::join!(informed, tidy) } => {}
            }
        });
        Ok(access)
    }

    /// Whether a key is required.
    pub fn is_required(&self) -> bool {
        self.inner.options.keys && self.inner.known.read().required
    }

    /// Lets somebody in who asks for `permission`, or says why not.
    ///
    /// # Errors
    /// Why not.
    pub fn admit(&self, asking: &Asking<'_>, permission: Permission) -> Result<Caller, Refusal> {
        let inner = &*self.inner;
        let required = self.is_required();
        if !inner.boundary.knows_host(&asking.whence, required) {
            return Err(Refusal::HostNotAllowed);
        }
        if !inner.boundary.knows_origin(&asking.whence) {
            return Err(Refusal::OriginNotAllowed);
        }
        let caller = if required {
            self.identify(asking)?
        } else {
            Caller::Local
        };
        if inner.limits.are_set() {
            let who = match &caller {
                Caller::Local => Who::at(asking.address),
                Caller::Key(key) => Who::Key(key.id),
            };
            let counted = inner.limits.request(who);
            counted.map_err(|retry_after| Refusal::RateLimited { retry_after })?;
        }
        match &caller {
            Caller::Key(key) if !key.role.allows(permission) => Err(Refusal::RoleInsufficient {
                needed: permission.needs(),
            }),
            _ => Ok(caller),
        }
    }

    /// Whose key it is. Right ones are not held up by the wrong ones of others at their address.
    fn identify(&self, asking: &Asking<'_>) -> Result<Caller, Refusal> {
        let text = asking.key.ok_or(Refusal::KeyRequired)?;
        let found = self.find(text);
        if let Err(Refusal::KeyInvalid) = &found {
            let counted = self.inner.limits.wrong_key(Who::at(asking.address));
            counted.map_err(|retry_after| Refusal::RateLimited { retry_after })?;
            tracing::warn!(address = ?asking.address, "a wrong key");
        }
        found
    }

    fn find(&self, text: &str) -> Result<Caller, Refusal> {
        let (id, secret) = secret::parse(text).ok_or(Refusal::KeyInvalid)?;
        let held = self.inner.known.read().keys.get(&id).cloned();
        let held = held.filter(|held| secret::is_of(secret, &held.key));
        let Held { key, mark } = held.ok_or(Refusal::KeyInvalid)?;
        // Whoever still comes with one that has expired is to be found too.
        mark.leave();
        if key.has_expired(self.inner.clock.now()) {
            return Err(Refusal::KeyExpired);
        }
        Ok(Caller::Key(key))
    }

    /// Whether somebody who was let in may stay: their key was neither revoked nor has it expired,
    /// and who came without one still needs none. To ask is to say that they are there: it counts as
    /// a use of their key.
    pub fn may_stay(&self, caller: &Caller) -> bool {
        match caller {
            Caller::Local => !self.is_required(),
            Caller::Key(key) => {
                let known = self.inner.known.read();
                let held = known.keys.get(&key.id);
                let stays = held.filter(|held| !held.key.has_expired(self.inner.clock.now()));
                stays.map(|held| held.mark.leave()).is_some()
            }
        }
    }

    /// Changes whenever it may be that somebody may not stay: for front ends that hold connections
    /// open.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// The keys and the audit log. What is changed here is noticed by [`Access::refresh`], or within
    /// a second.
    pub fn keys(&self) -> &Keys {
        &self.inner.keys
    }

    /// Reads the keys anew.
    ///
    /// # Errors
    /// When they cannot be read: those that were known go on.
    pub async fn refresh(&self) -> Result<(), Error> {
        self.inner.refresh().await
    }
}

/// The key in the value of an `Authorization` header, `Bearer KEY` (RFC 6750); of another scheme,
/// one that nobody has.
pub fn bearer_key(authorization: &str) -> &str {
    match authorization.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim(),
        _ => "",
    }
}

impl Inner {
    fn new(keys: Keys, clock: Arc<dyn Clock>, options: AccessOptions) -> Self {
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

    /// Tells the store which keys were used.
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
            tracing::debug!(%error, "the last uses of some keys were not written");
        }
    }

    async fn refresh(&self) -> Result<(), Error> {
        let _reading = self.reading.lock().await;
        let (there, failed) = match self.keys.list().await {
            Ok(there) => (there, None),
            // Those known last go on, and expire all the same.
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

/// Notes again and again who was there and forgets who was not, until nobody needs it. The store is
/// not asked for that.
async fn keep_tidy(of: Weak<Inner>, clock: Arc<dyn Clock>) {
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

/// Reads the keys again and again, writes which were used, and deletes old entries of the audit log,
/// until nobody needs it.
async fn keep_informed(of: Weak<Inner>, clock: Arc<dyn Clock>) {
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
                tracing::warn!(%error, "keys cannot be read: those known before go on");
            }
            Err(_) => {}
        }
        let now = clock.monotonic();
        if expired_at.is_none_or(|at| now.saturating_sub(at) >= EXPIRY) {
            expired_at = Some(now);
            let before = clock.now() - inner.options.audit_retention;
            if let Err(error) = inner.keys.expire_audit(before).await {
                tracing::warn!(%error, "old entries of the audit log were not deleted");
            }
        }
    }
}

#[cfg(test)]
mod tests;
