//! Leases and sealed secrets, which servers that share the database call.

use async_trait::async_trait;
use faas_core::error::StoreError;
use faas_core::model::{ExecutionId, Function, FunctionId, Timestamp};
use faas_core::store::{Lease, Overdue, OverdueQuery, Renewed, SecretStore, SharedStore};

use super::MongoStore;

#[async_trait]
impl SecretStore for MongoStore {
    async fn sealed_versions(&self) -> Result<Vec<(FunctionId, u32)>, StoreError> {
        Ok(self.inner()?.sealed_versions().await?)
    }

    async fn function_version(
        &self,
        id: FunctionId,
        version: u32,
    ) -> Result<Option<Function>, StoreError> {
        Ok(self.inner()?.function_version(id, version).await?)
    }

    async fn replace_environment(
        &self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), StoreError> {
        let replace = self.inner()?.replace_environment(function, expected);
        Ok(replace.await?)
    }
}

#[async_trait]
impl SharedStore for MongoStore {
    async fn overdue(&self, query: &OverdueQuery) -> Result<Vec<Overdue>, StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.overdue(query)).await?)
    }

    async fn renew(
        &self,
        attempts: &[(ExecutionId, u32)],
        lease: &Lease,
    ) -> Result<Vec<Renewed>, StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.renew(attempts, lease)).await?)
    }

    async fn request_cancel(&self, id: ExecutionId) -> Result<bool, StoreError> {
        Ok(self.inner()?.request_cancel(id).await?)
    }

    async fn function_updated_at(&self, id: FunctionId) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.inner()?.function_updated_at(id).await?)
    }
}
