//! A store that counts what ends, and commits each write alone where it is told to.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use faas_core::model::{
    Execution, ExecutionId, Function, FunctionId, FunctionLabel, ScalingEvent, Timestamp,
};
use faas_core::store::{
    ExecutionQuery, Period, SharedStore, Store, StoreError, Totals, UsageQuery, UsageRow, Write,
    Written,
};
use faas_store_mongo::MongoStore;
use tokio::sync::Notify;

pub(crate) struct Tapped {
    store: MongoStore,
    is_alone: bool,
    ended: AtomicUsize,
    writes: AtomicUsize,
    commits: AtomicUsize,
    changed: Notify,
}

impl Tapped {
    pub(crate) fn new(store: MongoStore, is_alone: bool) -> Self {
        Self {
            store,
            is_alone,
            ended: AtomicUsize::new(0),
            writes: AtomicUsize::new(0),
            commits: AtomicUsize::new(0),
            changed: Notify::new(),
        }
    }

    /// How many executions have ended.
    pub(crate) fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }

    /// How many writes there were, in how many groups that the recorder made.
    pub(crate) fn commits(&self) -> (usize, usize) {
        let of = |number: &AtomicUsize| number.load(Ordering::SeqCst);
        (of(&self.writes), of(&self.commits))
    }

    pub(crate) async fn wait_for(&self, ended: usize) {
        while self.ended() < ended {
            self.changed.notified().await;
        }
    }

    fn count(&self, writes: &[Write], written: &[Written]) {
        let ends = |(write, written): &(&Write, &Written)| match write {
            Write::Insert(execution) | Write::Settle { execution, .. } => {
                execution.status.is_terminal() && **written == Written::Done
            }
            Write::Claim { .. } | Write::Scaling(_) => false,
        };
        let ended = writes.iter().zip(written).filter(ends).count();
        self.writes.fetch_add(writes.len(), Ordering::SeqCst);
        self.commits.fetch_add(1, Ordering::SeqCst);
        self.ended.fetch_add(ended, Ordering::SeqCst);
        self.changed.notify_one();
    }
}

#[async_trait]
impl Store for Tapped {
    async fn commit(&self, writes: &[Write]) -> Result<Vec<Written>, StoreError> {
        let at_once = if self.is_alone {
            1
        } else {
            writes.len().max(1)
        };
        let mut all = Vec::with_capacity(writes.len());
        for some in writes.chunks(at_once) {
            all.extend(self.store.commit(some).await?);
        }
        self.count(writes, &all);
        Ok(all)
    }

    fn as_shared(&self) -> Option<&dyn SharedStore> {
        self.store.as_shared()
    }

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

    async fn functions(&self) -> Result<Vec<Function>, StoreError> {
        self.store.functions().await
    }

    async fn labels(
        &self,
        ids: Option<&[FunctionId]>,
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

    async fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, StoreError> {
        self.store.execution(id).await
    }

    async fn executions(&self, query: &ExecutionQuery) -> Result<Vec<Execution>, StoreError> {
        self.store.executions(query).await
    }

    async fn unfinished(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Vec<Execution>, StoreError> {
        self.store.unfinished(after, limit).await
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

    async fn expire(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.store.expire(before, limit).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.store.close().await
    }
}
