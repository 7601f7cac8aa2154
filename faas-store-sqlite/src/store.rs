//! The store: opens the database, and passes each call to the writer or to a reader.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use faas_core::error::{BoxError, StoreError};
use faas_core::model::LoadTest;
use faas_core::model::{
    ApiKey, AuditEntry, Execution, ExecutionId, Function, FunctionCounts, FunctionId,
    FunctionLabel, FunctionSummary, KeyId, ListedExecution, LoadTestId, ScalingEvent, Timestamp,
};
use faas_core::store::{
    AccessStore, AuditQuery, ExecutionQuery, FunctionQuery, KeyUse, KeyValue, LoadTestQuery, Page,
    Period, ScheduleStore, SecretStore, Store, Totals, UsageQuery, UsageRow, Write, Written,
};
use rusqlite::Connection;

use crate::checkpoint::{Checkpointer, set_durability};
use crate::error::{AtPath, Error, unavailable, unusable};
use crate::options::SqliteOptions;
use crate::readers::{Readers, STATEMENTS};
use crate::reads::{executions, functions, load_tests, scaling, usage};
use crate::rows::{access, function};
use crate::schema;
use crate::state::Figures;
use crate::writer::WriterHandle;

mod key_value;
mod schedules;

/// The number of expired executions that one transaction deletes, so that other commits do not wait
/// long.
const EXPIRE_BATCH: usize = 512;

/// A SQLite database that this process owns.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    readers: Readers,
    writer: WriterHandle,
}

impl SqliteStore {
    /// Opens the database at `path` with the default options. Creates it if it does not exist.
    ///
    /// # Errors
    /// As [`SqliteOptions::open`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        SqliteOptions::default().open(path).await
    }

    /// The default options.
    pub fn options() -> SqliteOptions {
        SqliteOptions::default()
    }

    pub(crate) async fn open_with(
        path: PathBuf,
        options: SqliteOptions,
    ) -> Result<Self, StoreError> {
        let opening = tokio::task::spawn_blocking(move || {
            open(&path, &options).map_err(|error| name_path(&path, error.into()))
        });
        opening
            .await
            .unwrap_or_else(|_| Err(unavailable("the thread that opened the database panicked")))
    }
}

fn open(path: &Path, options: &SqliteOptions) -> Result<SqliteStore, Error> {
    let lock = lock(path)?;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    set_durability(&connection, options.durability)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -16_000)?;
    schema::migrate(&mut connection)?;
    if let Some(bytes) = options.max_bytes {
        let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / page.max(1);
        connection.pragma_update_and_check(None, "max_page_count", pages.max(1), |_| Ok(()))?;
    }
    let checkpointer = Checkpointer::start(path, options, &mut connection)?;
    let readers = Readers::open(path, options)?;
    Ok(SqliteStore {
        path: path.to_owned(),
        readers,
        writer: WriterHandle::start(connection, checkpointer, lock)?,
    })
}

/// Creates the folders above the database and locks it against other processes. The lock ends with
/// the process.
pub(crate) fn lock(path: &Path) -> Result<File, Error> {
    let refuse = |what: String| Error::Store(unusable(what));
    let cannot = |error| refuse(format!("cannot write to its folder: {error}"));
    make_folder_of(path).map_err(|error| refuse(format!("cannot create its folder: {error}")))?;
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = open_private(Path::new(&name)).map_err(cannot)?;
    // SQLite creates its other files with the permissions of the database.
    open_private(path).map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(refuse("another process uses it".to_owned())),
        Err(TryLockError::Error(error)) => Err(refuse(format!("cannot lock it: {error}"))),
    }
}

/// Creates the folders above the database, with access for this user only.
pub(crate) fn make_folder_of(path: &Path) -> std::io::Result<()> {
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Opens a file. Creates it, with access for this user only, if it does not exist.
fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.create(true).truncate(false).write(true).open(path)
}

/// Adds the name of the file to an error on opening.
pub(crate) fn name_path(path: &Path, error: StoreError) -> StoreError {
    let name = |source| -> BoxError {
        let path = path.to_owned();
        Box::new(AtPath { path, source })
    };
    match error {
        StoreError::Unavailable(source) => StoreError::Unavailable(name(source)),
        StoreError::Unusable(source) => StoreError::Unusable(name(source)),
        other => other,
    }
}

#[async_trait]
impl Store for SqliteStore {
    fn describe(&self) -> String {
        format!("sqlite:{}", self.path.display())
    }

    async fn insert_function(&self, function: &Function) -> Result<(), StoreError> {
        let function = function.clone();
        self.writer
            .change(move |writer| writer.insert_function(&function))
            .await
    }

    async fn update_function(
        &self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), StoreError> {
        let function = function.clone();
        self.writer
            .change(move |writer| writer.update_function(&function, expected))
            .await
    }

    async fn function(&self, id: FunctionId) -> Result<Option<Function>, StoreError> {
        self.readers.read(move |db| functions::one(db, id)).await
    }

    async fn function_versions(&self, id: FunctionId) -> Result<Vec<FunctionSummary>, StoreError> {
        self.readers
            .read(move |db| functions::versions(db, id))
            .await
    }

    async fn functions(
        &self,
        query: &FunctionQuery,
    ) -> Result<Page<FunctionSummary, FunctionId>, StoreError> {
        let query = *query;
        self.readers
            .read(move |db| functions::page(db, &query))
            .await
    }

    async fn function_counts(&self) -> Result<FunctionCounts, StoreError> {
        self.readers.read(functions::counts).await
    }

    async fn function_named(&self, name: &str) -> Result<Option<FunctionId>, StoreError> {
        let name = name.to_owned();
        self.readers
            .read(move |db| functions::named(db, &name))
            .await
    }

    async fn labels(
        &self,
        ids: &[FunctionId],
    ) -> Result<HashMap<FunctionId, FunctionLabel>, StoreError> {
        let ids = ids.to_vec();
        self.readers
            .read(move |db| functions::labels(db, &ids))
            .await
    }

    async fn delete_function(&self, id: FunctionId, at: Timestamp) -> Result<bool, StoreError> {
        self.writer
            .change(move |writer| writer.delete_function(id, at))
            .await
    }

    async fn code_byte_micros(
        &self,
        period: Period,
        function: Option<FunctionId>,
    ) -> Result<u128, StoreError> {
        self.readers
            .read(move |db| functions::byte_micros(db, period, function))
            .await
    }

    async fn commit(&self, writes: &[Write]) -> Result<Vec<Written>, StoreError> {
        self.writer.commit(writes.to_vec()).await
    }

    async fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, StoreError> {
        self.readers.read(move |db| executions::one(db, id)).await
    }

    async fn executions(&self, query: &ExecutionQuery) -> Result<Vec<ListedExecution>, StoreError> {
        let query = query.clone();
        self.readers
            .read(move |db| executions::page(db, &query))
            .await
    }

    async fn latest_executions(
        &self,
        functions: &[FunctionId],
    ) -> Result<HashMap<FunctionId, ListedExecution>, StoreError> {
        let functions = functions.to_vec();
        self.readers
            .read(move |db| executions::latest(db, &functions))
            .await
    }

    async fn unfinished(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Page<Execution, ExecutionId>, StoreError> {
        self.readers
            .read(move |db| executions::unfinished(db, after, limit))
            .await
    }

    async fn unfinished_ids(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Vec<ExecutionId>, StoreError> {
        self.readers
            .read(move |db| executions::unfinished_ids(db, after, limit))
            .await
    }

    async fn find_idempotent(
        &self,
        function: FunctionId,
        key: &str,
        since: Timestamp,
    ) -> Result<Option<ExecutionId>, StoreError> {
        let key = key.to_owned();
        self.readers
            .read(move |db| executions::keyed(db, function, &key, since))
            .await
    }

    async fn newest_execution(&self) -> Result<Option<ExecutionId>, StoreError> {
        self.readers.read(executions::newest).await
    }

    async fn recent_durations(
        &self,
        function: Option<FunctionId>,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<Duration>, StoreError> {
        self.readers
            .read(move |db| executions::recent_durations(db, function, since, limit))
            .await
    }

    async fn totals(&self) -> Result<Totals, StoreError> {
        self.readers.read(|db| Ok(Figures::load(db)?.totals)).await
    }

    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageRow>, StoreError> {
        let query = *query;
        self.readers.read(move |db| usage::report(db, &query)).await
    }

    async fn scaling_events(
        &self,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<ScalingEvent>, StoreError> {
        self.readers
            .read(move |db| scaling::since(db, since, limit))
            .await
    }

    async fn scaling_event_count(&self, period: Period) -> Result<u64, StoreError> {
        self.readers
            .read(move |db| scaling::number_in(db, period))
            .await
    }

    async fn put_load_test(&self, test: &LoadTest) -> Result<(), StoreError> {
        let test = test.clone();
        self.writer
            .change(move |writer| writer.put_load_test(&test))
            .await
    }

    async fn load_test(&self, id: LoadTestId) -> Result<Option<LoadTest>, StoreError> {
        self.readers.read(move |db| load_tests::one(db, id)).await
    }

    async fn load_tests(&self, query: &LoadTestQuery) -> Result<Vec<LoadTest>, StoreError> {
        let query = *query;
        self.readers
            .read(move |db| load_tests::list(db, &query))
            .await
    }

    async fn expire(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.writer
            .change(move |writer| writer.expire_versions(before))
            .await?;
        let mut expired = 0;
        while expired < limit {
            let batch = EXPIRE_BATCH.min(limit - expired);
            let gone = self
                .writer
                .change(move |writer| writer.expire(before, batch))
                .await?;
            expired += gone;
            if gone < batch {
                break;
            }
        }
        Ok(expired)
    }

    fn as_key_value(&self) -> Option<&dyn KeyValue> {
        Some(self)
    }

    fn as_schedules(&self) -> Option<&dyn ScheduleStore> {
        Some(self)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.writer.change(|writer| writer.probe()).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.readers.close().await;
        self.writer.stop().await;
        Ok(())
    }
}

#[async_trait]
impl SecretStore for SqliteStore {
    async fn sealed_versions(&self) -> Result<Vec<(FunctionId, u32)>, StoreError> {
        self.readers.read(functions::sealed).await
    }

    async fn function_version(
        &self,
        id: FunctionId,
        version: u32,
    ) -> Result<Option<Function>, StoreError> {
        self.readers
            .read(move |db| functions::version(db, id, version))
            .await
    }

    async fn replace_environment(
        &self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), StoreError> {
        let function = function.clone();
        let replaced = self.writer.change(move |writer| {
            function::replace_environment(writer.connection(), &function, expected)
        });
        if replaced.await? {
            Ok(())
        } else {
            Err(StoreError::Stale)
        }
    }
}

#[async_trait]
impl AccessStore for SqliteStore {
    async fn insert_key(&self, key: &ApiKey) -> Result<(), StoreError> {
        let key = key.clone();
        self.writer
            .change(move |writer| access::insert_key(writer.connection(), &key))
            .await
    }

    async fn keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        self.readers.read(access::keys).await
    }

    async fn revoke_key(&self, id: KeyId, at: Timestamp) -> Result<bool, StoreError> {
        self.writer
            .change(move |writer| access::revoke_key(writer.connection(), id, at))
            .await
    }

    async fn note_key_uses(&self, uses: &[KeyUse]) -> Result<(), StoreError> {
        let uses = uses.to_vec();
        self.writer
            .change(move |writer| access::note_key_uses(writer.connection(), &uses))
            .await
    }

    async fn append_audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let entry = entry.clone();
        self.writer
            .change(move |writer| access::append_audit(writer.connection(), &entry))
            .await
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        let query = *query;
        self.readers.read(move |db| access::audit(db, &query)).await
    }

    async fn expire_audit(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.writer
            .change(move |writer| access::expire_audit(writer.connection(), before, limit))
            .await
    }
}
