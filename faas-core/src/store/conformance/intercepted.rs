//! A store whose commits and pings a test observes, delays or fails.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::error::StoreError;
use crate::model::LoadTest;
use crate::model::{
    ApiKey, AuditEntry, Execution, ExecutionId, Function, FunctionCounts, FunctionId,
    FunctionLabel, FunctionSummary, KeyId, ListedExecution, LoadTestId, ScalingEvent, Timestamp,
};
use crate::store::{
    AccessStore, AuditQuery, ExecutionQuery, FunctionQuery, KeyUse, KeyValue, LoadTestQuery, Page,
    Period, ScheduleStore, SecretStore, SharedStore, Store, Totals, UsageQuery, UsageRow, Write,
    Written,
};

/// Handles the commits and pings of a store in a test.
#[async_trait]
pub trait Intercept: Send + Sync + 'static {
    /// Commits `writes` to `store`, or does not.
    async fn commit(&self, store: &dyn Store, writes: &[Write])
    -> Result<Vec<Written>, StoreError>;

    /// Pings `store`, or does not.
    async fn ping(&self, store: &dyn Store) -> Result<(), StoreError> {
        store.ping().await
    }
}

/// Passes all calls to `store`; commits and pings go through `by`.
pub struct Intercepted<I> {
    pub store: Arc<dyn Store>,
    pub by: I,
}

#[async_trait]
impl<I: Intercept> Store for Intercepted<I> {
    fn describe(&self) -> String {
        self.store.describe()
    }

    async fn insert_function(&self, function: &Function) -> Result<(), StoreError> {
        self.store.insert_function(function).await
    }

    async fn update_function(
        &self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), StoreError> {
        self.store.update_function(function, expected).await
    }

    async fn function(&self, id: FunctionId) -> Result<Option<Function>, StoreError> {
        self.store.function(id).await
    }

    async fn function_versions(&self, id: FunctionId) -> Result<Vec<FunctionSummary>, StoreError> {
        self.store.function_versions(id).await
    }

    async fn functions(
        &self,
        query: &FunctionQuery,
    ) -> Result<Page<FunctionSummary, FunctionId>, StoreError> {
        self.store.functions(query).await
    }

    async fn function_counts(&self) -> Result<FunctionCounts, StoreError> {
        self.store.function_counts().await
    }

    async fn function_named(&self, name: &str) -> Result<Option<FunctionId>, StoreError> {
        self.store.function_named(name).await
    }

    async fn labels(
        &self,
        ids: &[FunctionId],
    ) -> Result<HashMap<FunctionId, FunctionLabel>, StoreError> {
        self.store.labels(ids).await
    }

    async fn delete_function(&self, id: FunctionId, at: Timestamp) -> Result<bool, StoreError> {
        self.store.delete_function(id, at).await
    }

    async fn code_byte_micros(
        &self,
        period: Period,
        function: Option<FunctionId>,
    ) -> Result<u128, StoreError> {
        self.store.code_byte_micros(period, function).await
    }

    async fn commit(&self, writes: &[Write]) -> Result<Vec<Written>, StoreError> {
        self.by.commit(&*self.store, writes).await
    }

    async fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, StoreError> {
        self.store.execution(id).await
    }

    async fn executions(&self, query: &ExecutionQuery) -> Result<Vec<ListedExecution>, StoreError> {
        self.store.executions(query).await
    }

    async fn latest_executions(
        &self,
        functions: &[FunctionId],
    ) -> Result<HashMap<FunctionId, ListedExecution>, StoreError> {
        self.store.latest_executions(functions).await
    }

    async fn unfinished(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Page<Execution, ExecutionId>, StoreError> {
        self.store.unfinished(after, limit).await
    }

    async fn unfinished_ids(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Vec<ExecutionId>, StoreError> {
        self.store.unfinished_ids(after, limit).await
    }

    async fn find_idempotent(
        &self,
        function: FunctionId,
        key: &str,
        since: Timestamp,
    ) -> Result<Option<ExecutionId>, StoreError> {
        self.store.find_idempotent(function, key, since).await
    }

    async fn newest_execution(&self) -> Result<Option<ExecutionId>, StoreError> {
        self.store.newest_execution().await
    }

    async fn recent_durations(
        &self,
        function: Option<FunctionId>,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<Duration>, StoreError> {
        self.store.recent_durations(function, since, limit).await
    }

    async fn totals(&self) -> Result<Totals, StoreError> {
        self.store.totals().await
    }

    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageRow>, StoreError> {
        self.store.usage(query).await
    }

    async fn scaling_events(
        &self,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<ScalingEvent>, StoreError> {
        self.store.scaling_events(since, limit).await
    }

    async fn scaling_event_count(&self, period: Period) -> Result<u64, StoreError> {
        self.store.scaling_event_count(period).await
    }

    async fn put_load_test(&self, test: &LoadTest) -> Result<(), StoreError> {
        self.store.put_load_test(test).await
    }

    async fn load_test(&self, id: LoadTestId) -> Result<Option<LoadTest>, StoreError> {
        self.store.load_test(id).await
    }

    async fn load_tests(&self, query: &LoadTestQuery) -> Result<Vec<LoadTest>, StoreError> {
        self.store.load_tests(query).await
    }

    async fn expire(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.store.expire(before, limit).await
    }

    fn as_shared(&self) -> Option<&dyn SharedStore> {
        self.store.as_shared()
    }

    fn as_key_value(&self) -> Option<&dyn KeyValue> {
        self.store.as_key_value()
    }

    fn as_schedules(&self) -> Option<&dyn ScheduleStore> {
        self.store.as_schedules()
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.by.ping(&*self.store).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.store.close().await
    }
}

#[async_trait]
impl<I: Intercept> SecretStore for Intercepted<I> {
    async fn sealed_versions(&self) -> Result<Vec<(FunctionId, u32)>, StoreError> {
        self.store.sealed_versions().await
    }

    async fn function_version(
        &self,
        id: FunctionId,
        version: u32,
    ) -> Result<Option<Function>, StoreError> {
        self.store.function_version(id, version).await
    }

    async fn replace_environment(
        &self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), StoreError> {
        self.store.replace_environment(function, expected).await
    }
}

#[async_trait]
impl<I: Intercept> AccessStore for Intercepted<I> {
    async fn insert_key(&self, key: &ApiKey) -> Result<(), StoreError> {
        self.store.insert_key(key).await
    }

    async fn keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        self.store.keys().await
    }

    async fn revoke_key(&self, id: KeyId, at: Timestamp) -> Result<bool, StoreError> {
        self.store.revoke_key(id, at).await
    }

    async fn note_key_uses(&self, uses: &[KeyUse]) -> Result<(), StoreError> {
        self.store.note_key_uses(uses).await
    }

    async fn append_audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.store.append_audit(entry).await
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        self.store.audit(query).await
    }

    async fn expire_audit(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.store.expire_audit(before, limit).await
    }
}
