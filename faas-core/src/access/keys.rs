//! Creating, listing and revoking keys, and the audit log. They need a store and no server.

use std::sync::Arc;

use super::secret::{self, KeyText};
use crate::clock::Clock;
use crate::error::{Conflict, Error, Resource, StoreError};
use crate::model::{Actor, ApiKey, AuditAction, AuditEntry, IdGenerator, KeyId, Role, Timestamp};
use crate::store::{AccessStore, AuditQuery, KeyUse};

/// The longest name of a key, in characters.
const MAX_NAME: usize = 64;
/// The largest number of keys that are not revoked.
const MOST_KEYS: usize = 1_000;

/// A key to create.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewKey {
    /// Unique among keys that are not revoked; 1 to 64 characters.
    pub name: String,
    /// What the key permits.
    pub role: Role,
    /// When it expires; `None`: never.
    pub expires_at: Option<Timestamp>,
}

impl NewKey {
    /// A key that does not expire.
    pub fn new(name: impl Into<String>, role: Role) -> Self {
        Self {
            name: name.into(),
            role,
            expires_at: None,
        }
    }

    /// Refuses the key from `end` on.
    #[must_use]
    pub const fn expires_at(mut self, end: Timestamp) -> Self {
        self.expires_at = Some(end);
        self
    }
}

/// The keys and the audit log of a store. Clones share them.
#[derive(Clone)]
pub struct Keys {
    store: Arc<dyn AccessStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<IdGenerator>,
}

impl Keys {
    /// Returns the keys and the audit log of `store`.
    pub fn new(store: Arc<dyn AccessStore>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            ids: Arc::default(),
        }
    }

    /// Creates a key. Its text is returned once and not stored.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Conflict::KeyName`] or [`Conflict::TooManyKeys`].
    pub async fn create(&self, new: NewKey, by: &Actor) -> Result<(ApiKey, KeyText), Error> {
        let now = self.clock.now();
        check(&new, now)?;
        let there = self.list().await?;
        let usable = there.iter().filter(|key| key.revoked_at.is_none());
        if usable.count() >= MOST_KEYS {
            return Err(Conflict::TooManyKeys { limit: MOST_KEYS }.into());
        }
        let id = self.ids.key(now);
        let (text, hash) = secret::generate(id).map_err(|error| {
            Error::Internal(format!("no random bytes for a secret: {error}").into())
        })?;
        let key = ApiKey {
            id,
            name: new.name.into(),
            role: new.role,
            hash,
            created_at: now,
            expires_at: new.expires_at,
            revoked_at: None,
            last_used_at: None,
        };
        match self.store.insert_key(&key).await {
            Ok(()) => {}
            Err(StoreError::Conflict(_)) => {
                let name = key.name.to_string();
                return Err(Conflict::KeyName { name }.into());
            }
            Err(error) => return Err(error.into()),
        }
        self.note(by, AuditAction::KeyCreated, id).await;
        Ok((key, text))
    }

    /// Returns all keys, newest first, including revoked ones.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be reached.
    pub async fn list(&self) -> Result<Vec<ApiKey>, Error> {
        Ok(self.store.keys().await?)
    }

    /// Revokes a key permanently and returns it.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Conflict::KeyRevoked`].
    pub async fn revoke(&self, id: KeyId, by: &Actor) -> Result<ApiKey, Error> {
        let revoked = self.store.revoke_key(id, self.clock.now()).await?;
        let there = self.list().await?.into_iter();
        let key = there.into_iter().find(|key| key.id == id);
        let key = key.ok_or(Error::NotFound(Resource::Key))?;
        if !revoked {
            return Err(Conflict::KeyRevoked.into());
        }
        self.note(by, AuditAction::KeyRevoked, id).await;
        Ok(key)
    }

    /// Writes an entry to the audit log. If the store refuses it, the entry is logged instead, since
    /// the change itself was made.
    pub async fn note(&self, by: &Actor, action: AuditAction, target: impl ToString) {
        let at = self.clock.now();
        let entry = AuditEntry {
            id: self.ids.audit(at),
            at,
            actor: by.clone(),
            action,
            target: target.to_string(),
        };
        if let Err(error) = self.store.append_audit(&entry).await {
            let (who, action, target) = (by.name(), action.as_str(), &entry.target);
            tracing::error!(%error, who, action, target, "could not write an entry to the audit log");
        }
    }

    /// Returns entries of the audit log, newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be reached.
    pub async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, Error> {
        Ok(self.store.audit(query).await?)
    }

    /// Stores when keys were last used.
    pub(super) async fn note_uses(&self, uses: &[KeyUse]) -> Result<(), Error> {
        Ok(self.store.note_key_uses(uses).await?)
    }

    /// Deletes the entries of the audit log that are older than `before`.
    pub(super) async fn expire_audit(&self, before: Timestamp) -> Result<(), Error> {
        const BATCH: usize = 1_000;
        while self.store.expire_audit(before, BATCH).await? == BATCH {}
        Ok(())
    }
}

fn check(new: &NewKey, now: Timestamp) -> Result<(), Error> {
    let wrong = |text: String| Err(Error::Invalid(text));
    if new.name.trim().is_empty() {
        return wrong("name is blank: expected text".to_owned());
    }
    if new.name.trim() != new.name || new.name.chars().any(char::is_control) {
        return wrong(
            "name must not begin or end with a space or contain control characters".to_owned(),
        );
    }
    let length = new.name.chars().count();
    if length > MAX_NAME {
        return wrong(format!(
            "name has {length} characters: at most {MAX_NAME} are allowed"
        ));
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        return wrong("expiresAt must be in the future".to_owned());
    }
    Ok(())
}
