//! Keys and values of functions, as the platform calls them.

use async_trait::async_trait;
use faas_core::error::StoreError;
use faas_core::model::{Namespace, Timestamp};
use faas_core::store::{KeyValue, KvEntry, KvNamespace, KvPage, KvQuery, KvWrite, KvWritten};

use super::SqliteStore;
use crate::rows::key_value;

/// The number of entries that one transaction removes, so that other commits do not wait long.
const BATCH: usize = 256;

#[async_trait]
impl KeyValue for SqliteStore {
    async fn kv_get(
        &self,
        namespace: &Namespace,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<KvEntry>, StoreError> {
        let (namespace, key) = (namespace.clone(), key.to_owned());
        self.readers
            .read(move |db| key_value::get(db, &namespace, &key, now))
            .await
    }

    async fn kv_write(&self, write: &KvWrite) -> Result<KvWritten, StoreError> {
        let write = write.clone();
        self.writer
            .change(move |writer| key_value::write(writer.connection(), &write))
            .await
    }

    async fn kv_list(&self, query: &KvQuery) -> Result<KvPage, StoreError> {
        let query = query.clone();
        self.readers
            .read(move |db| key_value::list(db, &query))
            .await
    }

    async fn kv_namespaces(
        &self,
        after: Option<&Namespace>,
        limit: usize,
    ) -> Result<Vec<KvNamespace>, StoreError> {
        let after = after.cloned();
        self.readers
            .read(move |db| key_value::namespaces(db, after.as_ref(), limit))
            .await
    }

    async fn kv_namespace(&self, namespace: &Namespace) -> Result<KvNamespace, StoreError> {
        let namespace = namespace.clone();
        self.readers
            .read(move |db| key_value::namespace(db, &namespace))
            .await
    }

    async fn kv_expire(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let mut removed = 0;
        while removed < limit {
            let batch = BATCH.min(limit - removed);
            let gone = self
                .writer
                .change(move |writer| key_value::expire(writer.connection(), now, batch))
                .await?;
            removed += gone;
            if gone < batch {
                break;
            }
        }
        Ok(removed)
    }

    async fn kv_clear(&self, namespace: &Namespace, limit: usize) -> Result<usize, StoreError> {
        let mut removed = 0;
        while removed < limit {
            let (namespace, batch) = (namespace.clone(), BATCH.min(limit - removed));
            let gone = self
                .writer
                .change(move |writer| key_value::clear(writer.connection(), &namespace, batch))
                .await?;
            removed += gone;
            if gone < batch {
                break;
            }
        }
        Ok(removed)
    }
}
