//! The store: memory answers every question, and every change goes through the journal.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use faas_core::error::StoreError;
use faas_core::model::LoadTest;
use faas_core::model::{
    ApiKey, AuditEntry, Execution, ExecutionId, Function, FunctionCounts, FunctionId,
    FunctionLabel, FunctionSummary, KeyId, ListedExecution, LoadTestId, ScalingEvent, Schedule,
    ScheduleId, Timestamp,
};
use faas_core::store::{
    AccessStore, AuditQuery, ExecutionQuery, FunctionQuery, KeyUse, LoadTestQuery, MemoryStore,
    Page, Period, ScheduleQuery, ScheduleStore, SecretStore, Store, Totals, UsageQuery, UsageRow,
    Write, Written,
};
use parking_lot::Mutex;
use tokio::runtime::Handle;

use crate::change::{Answer, Change, Header};
use crate::journal::Journal;

/// A journal file that this process owns, and all that it tells, in memory.
#[derive(Debug)]
pub struct JournalStore {
    path: PathBuf,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    memory: MemoryStore,
    /// Held while a change is written and applied, so that the order of the lines is the order in
    /// which they took effect. `None` once the store is closed.
    journal: Mutex<Option<Journal>>,
}

impl JournalStore {
    /// Opens the journal at `path` and replays it; makes it where there is none. Of a new journal
    /// the newest [`faas_core::store::memory::DEFAULT_CAPACITY`] ended executions are kept in
    /// memory, of older ones the sums.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be made, read or written to, or another
    /// process uses it; [`StoreError::Unusable`], which names file and line, when a line is damaged
    /// or of a newer release.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        let of = path.clone();
        let inner = Arc::new(blocking(move || Inner::open(&of)).await?);
        Ok(Self { path, inner })
    }

    /// Writes `change` down, then makes it. Once begun it is finished, even when whoever asked for
    /// it stops waiting: else memory and file could part.
    async fn change(&self, change: Change) -> Result<Answer, StoreError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || {
            let line = change.to_line()?;
            inner.with_journal(|journal| {
                journal.append(&line)?;
                Handle::current().block_on(change.apply(&inner.memory))
            })
        })
        .await
    }
}

impl Inner {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let mut journal = Journal::open(path)?;
        let mut memory = None;
        journal.read(|line| match &memory {
            None => {
                memory = Some(Header::parse(line)?.memory());
                Ok(())
            }
            Some(memory) => {
                // What was refused then is refused now.
                let _ = Handle::current().block_on(Change::parse(line)?.apply(memory));
                Ok(())
            }
        })?;
        let memory = match memory {
            Some(memory) => memory,
            None => {
                let header = Header::default();
                journal.append(&header.to_line()?)?;
                header.memory()
            }
        };
        let journal = Mutex::new(Some(journal));
        Ok(Self { memory, journal })
    }

    fn with_journal<T>(
        &self,
        act: impl FnOnce(&mut Journal) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &mut *self.journal.lock() {
            Some(journal) => act(journal),
            None => Err(StoreError::Unavailable("the store is closed".into())),
        }
    }
}

/// Waits for a file in a thread that may wait.
async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let acted = tokio::task::spawn_blocking(act).await;
    acted.unwrap_or_else(|error| Err(StoreError::Unavailable(error.into())))
}

#[async_trait]
impl Store for JournalStore {
    fn describe(&self) -> String {
        format!("journal:{}", self.path.display())
    }

    async fn insert_function(&self, function: &Function) -> Result<(), StoreError> {
        let change = Change::InsertFunction(function.clone());
        self.change(change).await.map(|_| ())
    }

    async fn update_function(
        &self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), StoreError> {
        let function = function.clone();
        let change = Change::UpdateFunction { function, expected };
        self.change(change).await.map(|_| ())
    }

    async fn function(&self, id: FunctionId) -> Result<Option<Function>, StoreError> {
        self.inner.memory.function(id).await
    }

    async fn function_versions(&self, id: FunctionId) -> Result<Vec<FunctionSummary>, StoreError> {
        self.inner.memory.function_versions(id).await
    }

    async fn functions(
        &self,
        query: &FunctionQuery,
    ) -> Result<Page<FunctionSummary, FunctionId>, StoreError> {
        self.inner.memory.functions(query).await
    }

    async fn function_counts(&self) -> Result<FunctionCounts, StoreError> {
        self.inner.memory.function_counts().await
    }

    async fn function_named(&self, name: &str) -> Result<Option<FunctionId>, StoreError> {
        self.inner.memory.function_named(name).await
    }

    async fn labels(
        &self,
        ids: &[FunctionId],
    ) -> Result<HashMap<FunctionId, FunctionLabel>, StoreError> {
        self.inner.memory.labels(ids).await
    }

    async fn delete_function(&self, id: FunctionId, at: Timestamp) -> Result<bool, StoreError> {
        let answer = self.change(Change::DeleteFunction { id, at }).await?;
        Ok(answer.count > 0)
    }

    async fn code_byte_micros(
        &self,
        period: Period,
        function: Option<FunctionId>,
    ) -> Result<u128, StoreError> {
        self.inner.memory.code_byte_micros(period, function).await
    }

    async fn commit(&self, writes: &[Write]) -> Result<Vec<Written>, StoreError> {
        let answer = self.change(Change::Commit(writes.to_vec())).await?;
        Ok(answer.written)
    }

    async fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, StoreError> {
        self.inner.memory.execution(id).await
    }

    async fn executions(&self, query: &ExecutionQuery) -> Result<Vec<ListedExecution>, StoreError> {
        self.inner.memory.executions(query).await
    }

    async fn unfinished(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Page<Execution, ExecutionId>, StoreError> {
        self.inner.memory.unfinished(after, limit).await
    }

    async fn unfinished_ids(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Vec<ExecutionId>, StoreError> {
        self.inner.memory.unfinished_ids(after, limit).await
    }

    async fn find_idempotent(
        &self,
        function: FunctionId,
        key: &str,
        since: Timestamp,
    ) -> Result<Option<ExecutionId>, StoreError> {
        self.inner
            .memory
            .find_idempotent(function, key, since)
            .await
    }

    async fn newest_execution(&self) -> Result<Option<ExecutionId>, StoreError> {
        self.inner.memory.newest_execution().await
    }

    async fn recent_durations(
        &self,
        function: Option<FunctionId>,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<Duration>, StoreError> {
        let memory = &self.inner.memory;
        memory.recent_durations(function, since, limit).await
    }

    async fn totals(&self) -> Result<Totals, StoreError> {
        self.inner.memory.totals().await
    }

    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageRow>, StoreError> {
        self.inner.memory.usage(query).await
    }

    async fn scaling_events(
        &self,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<ScalingEvent>, StoreError> {
        self.inner.memory.scaling_events(since, limit).await
    }

    async fn scaling_event_count(&self, period: Period) -> Result<u64, StoreError> {
        self.inner.memory.scaling_event_count(period).await
    }

    async fn put_load_test(&self, test: &LoadTest) -> Result<(), StoreError> {
        let change = Change::PutLoadTest(Box::new(test.clone()));
        self.change(change).await.map(|_| ())
    }

    async fn load_test(&self, id: LoadTestId) -> Result<Option<LoadTest>, StoreError> {
        self.inner.memory.load_test(id).await
    }

    async fn load_tests(&self, query: &LoadTestQuery) -> Result<Vec<LoadTest>, StoreError> {
        self.inner.memory.load_tests(query).await
    }

    async fn expire(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let answer = self.change(Change::Expire { before, limit }).await?;
        Ok(answer.count)
    }

    fn as_schedules(&self) -> Option<&dyn ScheduleStore> {
        Some(self)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || inner.with_journal(Journal::probe)).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || {
            // Closing the file lets go of its lock.
            drop(inner.journal.lock().take());
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl ScheduleStore for JournalStore {
    async fn insert_schedule(&self, schedule: &Schedule) -> Result<(), StoreError> {
        let change = Change::InsertSchedule(Arc::new(schedule.clone()));
        self.change(change).await.map(|_| ())
    }

    async fn replace_schedule(&self, schedule: &Schedule) -> Result<(), StoreError> {
        let change = Change::ReplaceSchedule(Arc::new(schedule.clone()));
        self.change(change).await.map(|_| ())
    }

    async fn delete_schedule(&self, id: ScheduleId) -> Result<bool, StoreError> {
        let answer = self.change(Change::DeleteSchedule(id)).await?;
        Ok(answer.count > 0)
    }

    async fn schedule(&self, id: ScheduleId) -> Result<Option<Schedule>, StoreError> {
        self.inner.memory.schedule(id).await
    }

    async fn schedules(&self, query: &ScheduleQuery) -> Result<Vec<Schedule>, StoreError> {
        self.inner.memory.schedules(query).await
    }

    async fn schedule_count(&self, function: Option<FunctionId>) -> Result<usize, StoreError> {
        self.inner.memory.schedule_count(function).await
    }

    async fn due_schedules(
        &self,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Schedule>, StoreError> {
        self.inner.memory.due_schedules(until, limit).await
    }

    async fn next_schedule(&self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.memory.next_schedule().await
    }
}

#[async_trait]
impl SecretStore for JournalStore {
    async fn sealed_versions(&self) -> Result<Vec<(FunctionId, u32)>, StoreError> {
        self.inner.memory.sealed_versions().await
    }

    async fn function_version(
        &self,
        id: FunctionId,
        version: u32,
    ) -> Result<Option<Function>, StoreError> {
        self.inner.memory.function_version(id, version).await
    }

    async fn replace_environment(
        &self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), StoreError> {
        let function = function.clone();
        let change = Change::ReplaceEnvironment { function, expected };
        self.change(change).await.map(|_| ())
    }
}

#[async_trait]
impl AccessStore for JournalStore {
    async fn insert_key(&self, key: &ApiKey) -> Result<(), StoreError> {
        let change = Change::InsertKey(key.clone());
        self.change(change).await.map(|_| ())
    }

    async fn keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        self.inner.memory.keys().await
    }

    async fn revoke_key(&self, id: KeyId, at: Timestamp) -> Result<bool, StoreError> {
        let answer = self.change(Change::RevokeKey { id, at }).await?;
        Ok(answer.count > 0)
    }

    async fn note_key_uses(&self, uses: &[KeyUse]) -> Result<(), StoreError> {
        for KeyUse { id, at } in uses.iter().copied() {
            self.change(Change::UseKey { id, at }).await?;
        }
        Ok(())
    }

    async fn append_audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let change = Change::AppendAudit(entry.clone());
        self.change(change).await.map(|_| ())
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        self.inner.memory.audit(query).await
    }

    async fn expire_audit(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let answer = self.change(Change::ExpireAudit { before, limit }).await?;
        Ok(answer.count)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write as _;

    use faas_core::model::FunctionSummary;
    use faas_core::store::FunctionQuery;
    use faas_core::store::conformance::fixtures::Fixtures;
    use tempfile::TempDir;

    use super::*;

    async fn opened() -> (TempDir, PathBuf, JournalStore) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faas.journal");
        let store = JournalStore::open(&path).await.unwrap();
        (folder, path, store)
    }

    fn replace_file(store: &JournalStore, file: File) -> File {
        let mut journal = store.inner.journal.lock();
        journal.as_mut().unwrap().replace_file(file)
    }

    async fn refused(store: &JournalStore, group: &[Write]) {
        let error = store.commit(group).await.unwrap_err();
        assert!(error.is_retryable(), "{error:?}");
    }

    /// While `broken` is in the place of the file nothing is stored, and after that everything is.
    async fn nothing_is_stored_meanwhile(broken: impl Fn(&Path) -> File) {
        let (_folder, path, store) = opened().await;
        let mut fixtures = Fixtures::new();
        let function = fixtures.function("add");
        let ended = |fixtures: &mut Fixtures| fixtures.ended(function.id);
        let first = Write::Insert(Arc::new(ended(&mut fixtures)));
        store.commit(&[first]).await.unwrap();

        let file = replace_file(&store, broken(&path));
        let later = ended(&mut fixtures);
        let group = [Write::Insert(Arc::new(later.clone()))];
        for _ in 0..2 {
            refused(&store, &group).await;
            assert!(store.ping().await.unwrap_err().is_retryable());
            let refused = store.insert_function(&function).await.unwrap_err();
            assert!(refused.is_retryable(), "{refused:?}");
        }
        assert_eq!(store.execution(later.id).await.unwrap(), None);
        let page = store.functions(&FunctionQuery::default()).await.unwrap();
        assert_eq!(page.items, []);

        // A part of the line may have been written, and longer than what comes next.
        let mut tail = File::options().append(true).open(&path).unwrap();
        tail.write_all(&[b'x'; 9_000]).unwrap();
        replace_file(&store, file);
        store.ping().await.unwrap();
        let written = store.commit(&group).await.unwrap();
        assert_eq!(written, [Written::Done]);
        store.insert_function(&function).await.unwrap();
        store.close().await.unwrap();

        let store = JournalStore::open(&path).await.unwrap();
        assert_eq!(store.execution(later.id).await.unwrap(), Some(later));
        let page = store.functions(&FunctionQuery::default()).await.unwrap();
        assert_eq!(page.items, [FunctionSummary::new(function, true)]);
        let totals = store.totals().await.unwrap();
        assert_eq!(totals.completed + totals.failed, 2);
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_unavailable_and_nothing_of_it_is_stored() {
        nothing_is_stored_meanwhile(|path| File::open(path).unwrap()).await;
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_full_disk_is_unavailable_and_nothing_of_a_group_is_stored() {
        let full = |_: &Path| File::options().write(true).open("/dev/full").unwrap();
        nothing_is_stored_meanwhile(full).await;
    }
}
