//! A store that passes everything on to one in memory, past a test that stands in the way of commits.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use faas_core::load_test::LoadTest;
use faas_core::model::{
    Execution, ExecutionId, Function, FunctionId, FunctionLabel, LoadTestId, ScalingEvent,
    Timestamp,
};
use faas_core::store::{
    ExecutionQuery, LoadTestQuery, MemoryStore, Period, Store, StoreError, Totals, UsageQuery,
    UsageRow, Write, Written,
};
use futures_util::future::BoxFuture;

type Obstacle = dyn Fn(&[Write]) -> BoxFuture<'static, Result<(), StoreError>> + Send + Sync;

pub(crate) struct Obstructed {
    inner: MemoryStore,
    obstacle: Box<Obstacle>,
}

impl Obstructed {
    pub(crate) fn by(
        obstacle: impl Fn(&[Write]) -> BoxFuture<'static, Result<(), StoreError>>
        + Send
        + Sync
        + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            inner: MemoryStore::new(),
            obstacle: Box::new(obstacle),
        })
    }
}

#[async_trait]
impl Store for Obstructed {
    fn describe(&self) -> String {
        self.inner.describe()
    }

    async fn insert_function(&self, function: &Function) -> Result<(), StoreError> {
        self.inner.insert_function(function).await
    }

    async fn update_function(
        &self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), StoreError> {
        self.inner.update_function(function, expected).await
    }

    async fn function(&self, id: FunctionId) -> Result<Option<Function>, StoreError> {
        self.inner.function(id).await
    }

    async fn functions(&self) -> Result<Vec<Function>, StoreError> {
        self.inner.functions().await
    }

    async fn labels(
        &self,
        ids: Option<&[FunctionId]>,
    ) -> Result<HashMap<FunctionId, FunctionLabel>, StoreError> {
        self.inner.labels(ids).await
    }

    async fn delete_function(&self, id: FunctionId, at: Timestamp) -> Result<bool, StoreError> {
        self.inner.delete_function(id, at).await
    }

    async fn code_byte_micros(
        &self,
        period: Period,
        function: Option<FunctionId>,
    ) -> Result<u128, StoreError> {
        self.inner.code_byte_micros(period, function).await
    }

    async fn commit(&self, writes: &[Write]) -> Result<Vec<Written>, StoreError> {
        (self.obstacle)(writes).await?;
        self.inner.commit(writes).await
    }

    async fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, StoreError> {
        self.inner.execution(id).await
    }

    async fn executions(&self, query: &ExecutionQuery) -> Result<Vec<Execution>, StoreError> {
        self.inner.executions(query).await
    }

    async fn unfinished(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Vec<Execution>, StoreError> {
        self.inner.unfinished(after, limit).await
    }

    async fn find_idempotent(
        &self,
        function: FunctionId,
        key: &str,
        since: Timestamp,
    ) -> Result<Option<ExecutionId>, StoreError> {
        self.inner.find_idempotent(function, key, since).await
    }

    async fn newest_execution(&self) -> Result<Option<ExecutionId>, StoreError> {
        self.inner.newest_execution().await
    }

    async fn recent_durations(
        &self,
        function: Option<FunctionId>,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<Duration>, StoreError> {
        self.inner.recent_durations(function, since, limit).await
    }

    async fn totals(&self) -> Result<Totals, StoreError> {
        self.inner.totals().await
    }

    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageRow>, StoreError> {
        self.inner.usage(query).await
    }

    async fn scaling_events(
        &self,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<ScalingEvent>, StoreError> {
        self.inner.scaling_events(since, limit).await
    }

    async fn scaling_event_count(&self, period: Period) -> Result<u64, StoreError> {
        self.inner.scaling_event_count(period).await
    }

    async fn put_load_test(&self, test: &LoadTest) -> Result<(), StoreError> {
        self.inner.put_load_test(test).await
    }

    async fn load_test(&self, id: LoadTestId) -> Result<Option<LoadTest>, StoreError> {
        self.inner.load_test(id).await
    }

    async fn load_tests(&self, query: &LoadTestQuery) -> Result<Vec<LoadTest>, StoreError> {
        self.inner.load_tests(query).await
    }

    async fn expire(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.inner.expire(before, limit).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.inner.ping().await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}
