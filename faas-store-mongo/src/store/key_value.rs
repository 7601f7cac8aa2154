//! Keys and values of functions, as the platform calls them.

use async_trait::async_trait;
use faas_core::error::StoreError;
use faas_core::model::{Namespace, Timestamp};
use faas_core::store::{KeyValue, KvEntry, KvNamespace, KvPage, KvQuery, KvWrite, KvWritten};

use super::MongoStore;

#[async_trait]
impl KeyValue for MongoStore {
    async fn kv_get(
        &self,
        namespace: &Namespace,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<KvEntry>, StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.kv_get(namespace, key, now)).await?)
    }

    async fn kv_write(&self, write: &KvWrite) -> Result<KvWritten, StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.kv_write(write)).await?)
    }

    async fn kv_list(&self, query: &KvQuery) -> Result<KvPage, StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.kv_list(query)).await?)
    }

    async fn kv_namespaces(
        &self,
        after: Option<&Namespace>,
        limit: usize,
    ) -> Result<Vec<KvNamespace>, StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.kv_namespaces(after, limit)).await?)
    }

    async fn kv_namespace(&self, namespace: &Namespace) -> Result<KvNamespace, StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.kv_namespace(namespace)).await?)
    }

    async fn kv_expire(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        Ok(self.inner()?.kv_expire(now, limit).await?)
    }

    async fn kv_clear(&self, namespace: &Namespace, limit: usize) -> Result<usize, StoreError> {
        Ok(self.inner()?.kv_clear(namespace, limit).await?)
    }
}
