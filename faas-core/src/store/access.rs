//! What a store keeps of who may do what, and who did what.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{ApiKey, AuditEntry, AuditId, KeyId, Timestamp};

/// Keeps API keys and the audit log.
///
/// A part of its own, because more than one process asks it: the command line makes and revokes keys
/// while a server runs on the same store. What another process has changed shows in the next read.
#[async_trait]
pub trait AccessStore: Send + Sync + 'static {
    /// Adds a key.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a key that is not revoked has its name, or any has its id.
    async fn insert_key(&self, key: &ApiKey) -> Result<(), StoreError>;

    /// All keys there ever were, newest first. A server asks twice a second.
    async fn keys(&self) -> Result<Vec<ApiKey>, StoreError>;

    /// Revokes a key for good; it stays in the list. Returns whether there was one that was not
    /// revoked.
    async fn revoke_key(&self, id: KeyId, at: Timestamp) -> Result<bool, StoreError>;

    /// Remembers when keys were used last. A use before the one that is known changes nothing; keys
    /// that there are not are left out. A server tells of each key once a minute at most.
    async fn note_key_uses(&self, uses: &[KeyUse]) -> Result<(), StoreError>;

    /// Adds an entry to the audit log.
    async fn append_audit(&self, entry: &AuditEntry) -> Result<(), StoreError>;

    /// Entries of the audit log, newest first.
    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError>;

    /// Deletes up to `limit` entries that were made before `before`, oldest first. Returns how many.
    async fn expire_audit(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError>;
}

/// That somebody came with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUse {
    /// The key.
    pub id: KeyId,
    /// When.
    pub at: Timestamp,
}

/// Which entries of the audit log to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditQuery {
    /// Older than this one: the last of the page before.
    pub before: Option<AuditId>,
    /// At most so many.
    pub limit: usize,
}
