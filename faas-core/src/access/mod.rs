//! Access control: keys, roles, origins, hosts and rate limits.
//!
//! This module makes the decision for all front ends. A front end describes a request ([`Asking`])
//! and names what it needs ([`Permission`]); it gets a [`Caller`] or a [`Refusal`]. The module does
//! not know headers or sockets. A host with its own access control does not create an [`Access`];
//! then none of this applies.
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
//! let new = NewKey::new("ci", Role::Invoker);
//! let (_, text) = access.keys().create(new, &Actor::Local).await?;
//! access.refresh().await?;
//! let asking = Asking { key: Some(text.expose()), ..Asking::default() };
//! assert!(access.admit(&asking, Permission::Invoke).is_ok());
//! assert!(access.admit(&asking, Permission::Read).is_err());
//! # Ok(())
//! # }
//! ```
//!
//! Modules: `permission` (what each role permits), `secret` (the text of a key), `keys` (creates
//! and revokes keys), `known` (the keys in memory, and how they are reread), `boundary` (which pages may call), `limits`, `uses` (when keys were last
//! used), `refusal`.

mod boundary;
mod keys;
mod known;
mod limits;
mod permission;
mod refusal;
mod secret;
mod uses;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

pub use boundary::Whence;
pub use keys::{Keys, NewKey};
pub use limits::Rate;
pub use permission::Permission;
pub use refusal::Refusal;
pub use secret::KeyText;

use self::known::{Held, Inner, keep_informed, keep_tidy};
use self::limits::Who;
use crate::model::{Actor, ApiKey, CallerLabel};
use crate::{Error, Platform};

/// The settings of access control.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessOptions {
    /// Whether keys are required as soon as one exists. If `false`, every request that the other
    /// options do not refuse may do everything. Default: `true`.
    pub keys: bool,
    /// The origins whose pages may call from a browser, besides the server's own, for example
    /// `https://example.org`; `*` allows all. Default: none.
    pub origins: Vec<String>,
    /// The host names by which browsers may call the server, besides loopback names and IP
    /// addresses; `*` allows all. Default: none, which allows all while a key is required.
    pub hosts: Vec<String>,
    /// The number of requests that each key may make, or each address while no key is required.
    /// Default: unlimited.
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

/// A request to be checked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asking<'a> {
    /// The text of the key, if the request has one; a value that is not text counts as empty.
    pub key: Option<&'a str>,
    /// Its `Host`, `Origin` and fetch metadata.
    pub whence: Whence<'a>,
    /// The address of the client, if known.
    pub address: Option<IpAddr>,
}

/// A caller whose request was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A caller without a key, while none is required.
    Local,
    /// A caller with this key.
    Key(Arc<ApiKey>),
}

impl Caller {
    /// Returns the caller as executions record it; `None` without a key.
    pub fn label(&self) -> Option<CallerLabel> {
        match self {
            Self::Local => None,
            Self::Key(key) => {
                Some(CallerLabel::new(key.id.to_string()).named(Arc::clone(&key.name)))
            }
        }
    }

    /// Returns the caller as the audit log records it.
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

/// Checks requests. Clones share the known keys; rereading them stops when the last clone is
/// dropped or the platform stops.
#[derive(Clone)]
pub struct Access {
    inner: Arc<Inner>,
}

impl Access {
    /// Controls the access to `platform` with the keys in its store, and rereads them until the
    /// platform stops. Call it within a tokio runtime.
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
        // Tidying does not wait for the store, which may hang.
        let tidy = keep_tidy(Arc::downgrade(&access.inner), clock);
        tokio::spawn(async move {
            tokio::select! {
                () = stopped => {}
                ((), ()) = async { tokio::join!(informed, tidy) } => {}
            }
        });
        Ok(access)
    }

    /// Returns whether a key is required.
    pub fn is_required(&self) -> bool {
        self.inner.options.keys && self.inner.known.read().required
    }

    /// Accepts a request that needs `permission`, or refuses it.
    ///
    /// # Errors
    /// The reason for the refusal.
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

    /// Finds the key. Wrong keys from an address do not delay valid keys from the same address.
    fn identify(&self, asking: &Asking<'_>) -> Result<Caller, Refusal> {
        let text = asking.key.ok_or(Refusal::KeyRequired)?;
        let found = self.find(text);
        if let Err(Refusal::KeyInvalid) = &found {
            let counted = self.inner.limits.wrong_key(Who::at(asking.address));
            counted.map_err(|retry_after| Refusal::RateLimited { retry_after })?;
            tracing::warn!(address = ?asking.address, "request with an invalid key");
        }
        found
    }

    fn find(&self, text: &str) -> Result<Caller, Refusal> {
        let (id, secret) = secret::parse(text).ok_or(Refusal::KeyInvalid)?;
        let held = self.inner.known.read().keys.get(&id).cloned();
        let held = held.filter(|held| secret::is_of(secret, &held.key));
        let Held { key, mark } = held.ok_or(Refusal::KeyInvalid)?;
        // The use of an expired key is recorded too.
        mark.leave();
        if key.has_expired(self.inner.clock.now()) {
            return Err(Refusal::KeyExpired);
        }
        Ok(Caller::Key(key))
    }

    /// Returns whether an accepted caller still has access: its key is neither revoked nor expired,
    /// or it has no key and still needs none. The check counts as a use of the key.
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

    /// Changes whenever a caller may have lost access. Front ends with open connections watch it.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// Returns the keys and the audit log. [`Access::refresh`] applies changes at once; otherwise
    /// they apply within a second.
    pub fn keys(&self) -> &Keys {
        &self.inner.keys
    }

    /// Rereads the keys.
    ///
    /// # Errors
    /// When the keys cannot be read. The known keys stay valid.
    pub async fn refresh(&self) -> Result<(), Error> {
        self.inner.refresh().await
    }
}

/// Returns the key in an `Authorization` header value, `Bearer KEY` (RFC 6750). For other schemes
/// the result is empty, which matches no key.
pub fn bearer_key(authorization: &str) -> &str {
    match authorization.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim(),
        _ => "",
    }
}

#[cfg(test)]
mod tests;
