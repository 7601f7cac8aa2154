//! Keys and the audit log, as the platform calls them.

use async_trait::async_trait;
use faas_core::error::StoreError;
use faas_core::model::{ApiKey, AuditEntry, KeyId, Timestamp};
use faas_core::store::{AccessStore, AuditQuery, KeyUse};

use super::MongoStore;

#[async_trait]
impl AccessStore for MongoStore {
    async fn insert_key(&self, key: &ApiKey) -> Result<(), StoreError> {
        Ok(self.inner()?.insert_key(key).await?)
    }

    /// A server that gives no answer must not keep another process's changes from being noticed.
    async fn keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.keys()).await?)
    }

    async fn revoke_key(&self, id: KeyId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.inner()?.revoke_key(id, at).await?)
    }

    async fn note_key_uses(&self, uses: &[KeyUse]) -> Result<(), StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.note_key_uses(uses)).await?)
    }

    async fn append_audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.append_audit(entry)).await?)
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        Ok(self.inner()?.audit(query).await?)
    }

    async fn expire_audit(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        Ok(self.inner()?.expire_audit(before, limit).await?)
    }
}
