//! A store in memory, for tests and for hosts that need no history after a restart.
//!
//! It has maps behind one lock. It keeps the newest executions up to a bound; of older ones only the
//! sums stay, as if they had expired. Read it before you write a store: [`executions`] shows what each
//! write means, [`usage`] how sums are kept.

mod access;
mod executions;
mod functions;
mod key_value;
mod schedules;
mod usage;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::RwLock;

use self::access::Access;
use self::executions::Executions;
use self::functions::Functions;
use self::key_value::Namespaces;
use self::schedules::Schedules;
use super::{
    AccessStore, AuditQuery, ExecutionQuery, FunctionQuery, KeyUse, KeyValue, KvEntry, KvNamespace,
    KvPage, KvQuery, KvWrite, KvWritten, Lease, LoadTestQuery, Overdue, OverdueQuery, Page, Period,
    Renewed, ScheduleStore, SecretStore, SharedStore, Store, StoreError, Totals, UsageQuery,
    UsageRow, Write, Written,
};
use crate::model::LoadTest;
use crate::model::{
    ApiKey, AuditEntry, Execution, ExecutionId, Function, FunctionCounts, FunctionId,
    FunctionLabel, FunctionSummary, KeyId, ListedExecution, LoadTestId, Namespace, ScalingEvent,
    ScalingEventId, Timestamp,
};

/// How many ended executions a [`MemoryStore`] keeps by default.
pub const DEFAULT_CAPACITY: usize = 100_000;

/// Keeps everything in memory. Nothing survives it.
#[derive(Debug)]
pub struct MemoryStore {
    state: RwLock<Tables>,
    is_shared: bool,
}

#[derive(Debug)]
struct Tables {
    functions: Functions,
    executions: Executions,
    scaling: BTreeMap<(Timestamp, ScalingEventId), ScalingEvent>,
    load_tests: BTreeMap<LoadTestId, LoadTest>,
    access: Access,
    key_value: Namespaces,
    schedules: Schedules,
}

impl MemoryStore {
    /// An empty store that keeps the newest [`DEFAULT_CAPACITY`] ended executions.
    pub fn new() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }

    /// An empty store that keeps the newest `capacity` ended executions, and all that have not
    /// ended. Sums, functions and scaling events are kept for ever.
    pub fn with_capacity(capacity: usize) -> Self {
        let state = Tables {
            functions: Functions::default(),
            executions: Executions::new(capacity),
            scaling: BTreeMap::new(),
            load_tests: BTreeMap::new(),
            access: Access::default(),
            key_value: Namespaces::default(),
            schedules: Schedules::default(),
        };
        Self {
            state: RwLock::new(state),
            is_shared: false,
        }
    }

    /// Lets several platforms of this process use it at the same time.
    #[must_use]
    pub const fn shared(mut self) -> Self {
        self.is_shared = true;
        self
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn describe(&self) -> String {
        "memory".to_owned()
    }

    async fn insert_function(&self, function: &Function) -> Result<(), StoreError> {
        self.state.write().functions.insert(function)
    }

    async fn update_function(
        &self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), StoreError> {
        let mut guard = self.state.write();
        let state = &mut *guard;
        state.functions.update(function, expected)?;
        let spare = state.functions.spare_versions(function.id);
        if !spare.is_empty() {
            let needed = state.executions.needed_versions();
            state.functions.forget_versions(spare, &needed);
        }
        Ok(())
    }

    async fn function(&self, id: FunctionId) -> Result<Option<Function>, StoreError> {
        Ok(self.state.read().functions.get(id))
    }

    async fn function_versions(&self, id: FunctionId) -> Result<Vec<FunctionSummary>, StoreError> {
        Ok(self.state.read().functions.versions(id))
    }

    async fn functions(
        &self,
        query: &FunctionQuery,
    ) -> Result<Page<FunctionSummary, FunctionId>, StoreError> {
        Ok(self.state.read().functions.page(query))
    }

    async fn function_counts(&self) -> Result<FunctionCounts, StoreError> {
        Ok(self.state.read().functions.counts())
    }

    async fn function_named(&self, name: &str) -> Result<Option<FunctionId>, StoreError> {
        Ok(self.state.read().functions.named(name))
    }

    async fn labels(
        &self,
        ids: &[FunctionId],
    ) -> Result<HashMap<FunctionId, FunctionLabel>, StoreError> {
        Ok(self.state.read().functions.labels(ids))
    }

    async fn delete_function(&self, id: FunctionId, at: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.state.write();
        state.schedules.delete_of(id);
        Ok(state.functions.delete(id, at))
    }

    async fn code_byte_micros(
        &self,
        period: Period,
        function: Option<FunctionId>,
    ) -> Result<u128, StoreError> {
        Ok(self.state.read().functions.byte_micros(period, function))
    }

    async fn commit(&self, writes: &[Write]) -> Result<Vec<Written>, StoreError> {
        let mut written = Vec::with_capacity(writes.len());
        let mut guard = self.state.write();
        let state = &mut *guard;
        for write in writes {
            written.push(match write {
                Write::Insert(execution) => state.executions.insert(execution),
                Write::Claim { id, attempt, lease } => state.executions.claim(*id, *attempt, lease),
                Write::Settle { execution, from } => state.executions.settle(execution, *from),
                Write::Fire {
                    execution,
                    schedule,
                } => state.fire(execution, schedule),
                Write::Scaling(event) => {
                    state.scaling.insert((event.at, event.id), event.clone());
                    Written::Done
                }
            });
        }
        state.executions.finish_group();
        Ok(written)
    }

    async fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, StoreError> {
        let found = self.state.read().executions.get(id);
        Ok(found.map(executions::Snapshot::into_execution))
    }

    async fn executions(&self, query: &ExecutionQuery) -> Result<Vec<ListedExecution>, StoreError> {
        let found = self.state.read().executions.list(query);
        Ok(executions::copy_out(found, query.max_bytes))
    }

    async fn unfinished(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Page<Execution, ExecutionId>, StoreError> {
        let Page { items, next } = self.state.read().executions.unfinished(after, limit);
        let items = items.into_iter();
        let items = items.map(executions::Snapshot::into_execution).collect();
        Ok(Page { items, next })
    }

    async fn unfinished_ids(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Vec<ExecutionId>, StoreError> {
        Ok(self.state.read().executions.unfinished_ids(after, limit))
    }

    async fn find_idempotent(
        &self,
        function: FunctionId,
        key: &str,
        since: Timestamp,
    ) -> Result<Option<ExecutionId>, StoreError> {
        let key = Arc::from(key);
        Ok(self.state.read().executions.keyed(function, key, since))
    }

    async fn newest_execution(&self) -> Result<Option<ExecutionId>, StoreError> {
        Ok(self.state.read().executions.newest())
    }

    async fn recent_durations(
        &self,
        function: Option<FunctionId>,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<Duration>, StoreError> {
        let state = self.state.read();
        Ok(state.executions.recent_durations(function, since, limit))
    }

    async fn totals(&self) -> Result<Totals, StoreError> {
        Ok(self.state.read().executions.totals())
    }

    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageRow>, StoreError> {
        Ok(self.state.read().executions.usage(query))
    }

    async fn scaling_events(
        &self,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<ScalingEvent>, StoreError> {
        let first = (since, ScalingEventId::from_u128(0));
        let state = self.state.read();
        let events = state.scaling.range(first..).rev().take(limit);
        Ok(events.map(|(_, event)| event.clone()).collect())
    }

    async fn scaling_event_count(&self, period: Period) -> Result<u64, StoreError> {
        let start = |moment| (moment, ScalingEventId::from_u128(0));
        if period.from >= period.to {
            return Ok(0);
        }
        let state = self.state.read();
        let events = state.scaling.range(start(period.from)..start(period.to));
        Ok(events.count() as u64)
    }

    async fn put_load_test(&self, test: &LoadTest) -> Result<(), StoreError> {
        let mut state = self.state.write();
        state.load_tests.insert(test.id, test.clone());
        Ok(())
    }

    async fn load_test(&self, id: LoadTestId) -> Result<Option<LoadTest>, StoreError> {
        Ok(self.state.read().load_tests.get(&id).cloned())
    }

    async fn load_tests(&self, query: &LoadTestQuery) -> Result<Vec<LoadTest>, StoreError> {
        let state = self.state.read();
        let wanted = |test: &&LoadTest| query.function.is_none_or(|id| id == test.function_id);
        let tests = state.load_tests.values().rev().filter(wanted);
        Ok(tests.take(query.limit).cloned().collect())
    }

    async fn expire(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let mut guard = self.state.write();
        let state = &mut *guard;
        let spare = state.functions.replaced_before(before);
        if !spare.is_empty() {
            let needed = state.executions.needed_versions();
            state.functions.forget_versions(spare, &needed);
        }
        Ok(state.executions.expire(before, limit))
    }

    fn as_shared(&self) -> Option<&dyn SharedStore> {
        self.is_shared.then_some(self)
    }

    fn as_key_value(&self) -> Option<&dyn KeyValue> {
        Some(self)
    }

    fn as_schedules(&self) -> Option<&dyn ScheduleStore> {
        Some(self)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl AccessStore for MemoryStore {
    async fn insert_key(&self, key: &ApiKey) -> Result<(), StoreError> {
        self.state.write().access.insert_key(key)
    }

    async fn keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        Ok(self.state.read().access.keys())
    }

    async fn revoke_key(&self, id: KeyId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.state.write().access.revoke_key(id, at))
    }

    async fn note_key_uses(&self, uses: &[KeyUse]) -> Result<(), StoreError> {
        self.state.write().access.note_uses(uses);
        Ok(())
    }

    async fn append_audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.state.write().access.append(entry);
        Ok(())
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        Ok(self.state.read().access.audit(query))
    }

    async fn expire_audit(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        Ok(self.state.write().access.expire_audit(before, limit))
    }
}

#[async_trait]
impl SecretStore for MemoryStore {
    async fn sealed_versions(&self) -> Result<Vec<(FunctionId, u32)>, StoreError> {
        Ok(self.state.read().functions.sealed())
    }

    async fn function_version(
        &self,
        id: FunctionId,
        version: u32,
    ) -> Result<Option<Function>, StoreError> {
        Ok(self.state.read().functions.version(id, version))
    }

    async fn replace_environment(
        &self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), StoreError> {
        let mut state = self.state.write();
        state.functions.replace_environment(function, expected)
    }
}

#[async_trait]
impl KeyValue for MemoryStore {
    async fn kv_get(
        &self,
        namespace: &Namespace,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<KvEntry>, StoreError> {
        Ok(self.state.read().key_value.get(namespace, key, now))
    }

    async fn kv_write(&self, write: &KvWrite) -> Result<KvWritten, StoreError> {
        let mut state = self.state.write();
        let owner = write.namespace.owner();
        let has_function = owner.is_none_or(|id| state.functions.get(id).is_some());
        Ok(state.key_value.write(write, has_function))
    }

    async fn kv_list(&self, query: &KvQuery) -> Result<KvPage, StoreError> {
        Ok(self.state.read().key_value.list(query))
    }

    async fn kv_namespaces(
        &self,
        after: Option<&Namespace>,
        limit: usize,
    ) -> Result<Vec<KvNamespace>, StoreError> {
        Ok(self.state.read().key_value.namespaces(after, limit))
    }

    async fn kv_namespace(&self, namespace: &Namespace) -> Result<KvNamespace, StoreError> {
        Ok(self.state.read().key_value.counts(namespace))
    }

    async fn kv_expire(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        Ok(self.state.write().key_value.expire(now, limit))
    }

    async fn kv_clear(&self, namespace: &Namespace, limit: usize) -> Result<usize, StoreError> {
        Ok(self.state.write().key_value.clear(namespace, limit))
    }
}

#[async_trait]
impl SharedStore for MemoryStore {
    async fn overdue(&self, query: &OverdueQuery) -> Result<Vec<Overdue>, StoreError> {
        Ok(self.state.read().executions.overdue(query))
    }

    async fn renew(
        &self,
        attempts: &[(ExecutionId, u32)],
        lease: &Lease,
    ) -> Result<Vec<Renewed>, StoreError> {
        let mut state = self.state.write();
        let renew = |(id, attempt): &_| state.executions.renew(*id, *attempt, lease);
        Ok(attempts.iter().map(renew).collect())
    }

    async fn request_cancel(&self, id: ExecutionId) -> Result<bool, StoreError> {
        Ok(self.state.write().executions.request_cancel(id))
    }

    async fn function_updated_at(&self, id: FunctionId) -> Result<Option<Timestamp>, StoreError> {
        let found = self.state.read().functions.get(id);
        Ok(found.map(|function| function.updated_at))
    }
}

#[cfg(test)]
mod tests {
    use super::super::conformance::Fixture;
    use super::*;

    struct Memory(Arc<MemoryStore>);

    #[async_trait]
    impl Fixture for Memory {
        async fn empty() -> Self {
            Self(Arc::new(MemoryStore::new().shared()))
        }

        fn store(&self) -> Arc<dyn Store> {
            Arc::clone(&self.0) as Arc<dyn Store>
        }

        async fn reopen(self) -> Option<Self> {
            None
        }
    }

    crate::store_conformance!(Memory);
    crate::shared_store_conformance!(Memory);
    crate::key_value_conformance!(Memory);
    crate::schedule_conformance!(Memory);
}
