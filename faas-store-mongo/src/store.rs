//! The store: opens the database, and hands each call to where it is carried out.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use faas_core::clock::Clock;
use faas_core::error::StoreError;
use faas_core::model::LoadTest;
use faas_core::model::{
    Execution, ExecutionId, Function, FunctionCounts, FunctionId, FunctionLabel, FunctionSummary,
    ListedExecution, LoadTestId, ScalingEvent, Timestamp,
};
use faas_core::store::{
    ExecutionQuery, FunctionQuery, KeyValue, LoadTestQuery, Page, Period, ScheduleStore,
    SharedStore, Store, Totals, UsageQuery, UsageRow, Write, Written,
};
use mongodb::bson::{Bson, Document, doc};
use mongodb::{Client, Database};
use parking_lot::Mutex;
use tokio::task::JoinHandle;

use crate::clients::{self, Connected};
use crate::collections::{Collections, STATE};
use crate::commit::InDoubt;
use crate::documents::Fields;
use crate::error::{self, Error, closed, unavailable, unusable};
use crate::options::MongoOptions;
use crate::usage::Holds;

mod access;
mod key_value;
mod schedules;
mod shared;

/// The version of what this release writes.
const SCHEMA: i64 = 1;

/// How long a server may take for what nothing else goes on without: commits and leases.
const ANSWER: Duration = Duration::from_secs(30);

/// How long to wait before the first pass that closes hours.
const FIRST_PASS: Duration = Duration::from_secs(1);

/// How long to wait between passes that close hours.
const PASS: Duration = Duration::from_secs(60);

/// A MongoDB database, which other servers may use too.
#[derive(Debug)]
pub struct MongoStore {
    inner: Arc<Inner>,
    closer: JoinHandle<()>,
}

/// What calls and the task that closes hours share.
#[derive(Debug)]
pub(crate) struct Inner {
    client: Client,
    pub(crate) database: Database,
    pub(crate) collections: Collections,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hour_lease: Duration,
    /// For commands that the driver does not add it to.
    pub(crate) write_concern: Option<Bson>,
    /// Whether an earlier system has left executions.
    pub(crate) has_legacy: bool,
    pub(crate) in_doubt: Mutex<InDoubt>,
    pub(crate) holds: Mutex<Holds>,
    /// How many executions a report adds up itself at most.
    pub(crate) report_limit: u64,
    /// Whether it was logged that a report is incomplete.
    pub(crate) is_incomplete: AtomicBool,
    described: String,
    closed: AtomicBool,
}

impl MongoStore {
    /// Opens the database that `uri` names, with the default options.
    ///
    /// # Errors
    /// As [`MongoOptions::open`].
    pub async fn open(uri: &str) -> Result<Self, StoreError> {
        MongoOptions::default().open(uri).await
    }

    /// The default options, to be changed.
    pub fn options() -> MongoOptions {
        MongoOptions::default()
    }

    pub(crate) async fn open_with(uri: &str, options: MongoOptions) -> Result<Self, StoreError> {
        let connected = clients::connect(uri, &options).await?;
        let described = connected.described.clone();
        let opened = Inner::open(connected, options).await;
        let inner = Arc::new(opened.map_err(|error| name(&described, error.into()))?);
        let closer = tokio::spawn(close_hours(Arc::clone(&inner)));
        Ok(Self { inner, closer })
    }
}

impl Drop for MongoStore {
    fn drop(&mut self) {
        self.closer.abort();
    }
}

/// Closes hours for as long as the store is open, the first ones soon after it was opened: reports
/// are made of closed ones. What fails now is tried again.
async fn close_hours(inner: Arc<Inner>) {
    let mut wait = FIRST_PASS;
    loop {
        inner.clock.sleep(wait).await;
        wait = PASS;
        loop {
            match inner.close_hours().await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(%error, "hours were not closed");
                    break;
                }
            }
        }
    }
}

impl Inner {
    async fn open(connected: Connected, options: MongoOptions) -> Result<Self, Error> {
        let Connected {
            client,
            database,
            described,
        } = connected;
        let database = client.database(&database);
        let concern = database.write_concern();
        let write_concern =
            concern.and_then(|concern| mongodb::bson::serialize_to_bson(concern).ok());
        let mut inner = Self {
            collections: Collections::new(&database),
            client,
            database,
            clock: options.clock,
            hour_lease: options.hour_lease,
            write_concern,
            has_legacy: false,
            in_doubt: Mutex::default(),
            holds: Mutex::default(),
            report_limit: options.report_limit,
            is_incomplete: AtomicBool::new(false),
            described,
            closed: AtomicBool::new(false),
        };
        inner.ping().await?;
        inner.check_schema().await?;
        inner.collections.make_indexes(&*inner.clock).await?;
        inner.has_legacy = inner.find_legacy().await?;
        if inner.has_legacy {
            inner.put_legacy_in_line().await?;
            inner.find_legacy_hours().await?;
        }
        Ok(inner)
    }

    async fn check_schema(&self) -> Result<(), Error> {
        let filter = doc! { "_id": "schema" };
        let state = &self.collections.state;
        let set = doc! { "$setOnInsert": { "version": SCHEMA } };
        let made = state.update_one(filter.clone(), set).upsert(true).await;
        match made.map_err(Error::from) {
            Err(error) if !error.is_duplicate() => return Err(error),
            _ => {}
        }
        let document = state.find_one(filter).await?.unwrap_or_default();
        let fields = Fields::new(&document, STATE);
        match fields.integer("version")? {
            SCHEMA => Ok(()),
            version => Err(Error::Store(unusable(format!(
                "schema version {version}, written by a newer release"
            )))),
        }
    }

    /// Gives up a call that takes too long: a connection may be dead without either end knowing, and
    /// the driver finds that out only when the server as a whole falls silent.
    pub(crate) async fn in_time<T>(
        &self,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        tokio::select! {
            done = call => done,
            () = self.clock.sleep(ANSWER) => {
                Err(Error::Store(unavailable("the server gave no answer in time")))
            }
        }
    }

    async fn ping(&self) -> Result<(), Error> {
        self.database.run_command(doc! { "ping": 1 }).await?;
        Ok(())
    }
}

/// Says which database an error at opening is about.
fn name(described: &str, error: StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(source) => StoreError::Unavailable(error::at(described, source)),
        StoreError::Unusable(source) => StoreError::Unusable(error::at(described, source)),
        other => other,
    }
}

impl MongoStore {
    fn inner(&self) -> Result<&Inner, StoreError> {
        if self.inner.closed.load(Ordering::Relaxed) {
            return Err(closed());
        }
        Ok(&self.inner)
    }
}

#[async_trait]
impl Store for MongoStore {
    fn describe(&self) -> String {
        self.inner.described.clone()
    }

    async fn insert_function(&self, function: &Function) -> Result<(), StoreError> {
        Ok(self.inner()?.insert_function(function).await?)
    }

    async fn update_function(
        &self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), StoreError> {
        Ok(self.inner()?.update_function(function, expected).await?)
    }

    async fn function(&self, id: FunctionId) -> Result<Option<Function>, StoreError> {
        Ok(self.inner()?.function(id).await?)
    }

    async fn function_versions(&self, id: FunctionId) -> Result<Vec<FunctionSummary>, StoreError> {
        Ok(self.inner()?.function_versions(id).await?)
    }

    async fn functions(
        &self,
        query: &FunctionQuery,
    ) -> Result<Page<FunctionSummary, FunctionId>, StoreError> {
        Ok(self.inner()?.functions(query).await?)
    }

    async fn function_counts(&self) -> Result<FunctionCounts, StoreError> {
        Ok(self.inner()?.function_counts().await?)
    }

    async fn function_named(&self, name: &str) -> Result<Option<FunctionId>, StoreError> {
        Ok(self.inner()?.function_named(name).await?)
    }

    async fn labels(
        &self,
        ids: &[FunctionId],
    ) -> Result<HashMap<FunctionId, FunctionLabel>, StoreError> {
        Ok(self.inner()?.labels(ids).await?)
    }

    async fn delete_function(&self, id: FunctionId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.inner()?.delete_function(id, at).await?)
    }

    async fn code_byte_micros(
        &self,
        period: Period,
        function: Option<FunctionId>,
    ) -> Result<u128, StoreError> {
        Ok(self.inner()?.code_byte_micros(period, function).await?)
    }

    async fn commit(&self, writes: &[Write]) -> Result<Vec<Written>, StoreError> {
        Ok(self.inner()?.commit(writes).await?)
    }

    async fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, StoreError> {
        let inner = self.inner()?;
        Ok(inner.in_time(inner.execution(id)).await?)
    }

    async fn executions(&self, query: &ExecutionQuery) -> Result<Vec<ListedExecution>, StoreError> {
        Ok(self.inner()?.executions(query).await?)
    }

    async fn latest_executions(
        &self,
        functions: &[FunctionId],
    ) -> Result<HashMap<FunctionId, ListedExecution>, StoreError> {
        Ok(self.inner()?.latest_executions(functions).await?)
    }

    async fn unfinished(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Page<Execution, ExecutionId>, StoreError> {
        Ok(self.inner()?.unfinished(after, limit).await?)
    }

    async fn unfinished_ids(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Vec<ExecutionId>, StoreError> {
        Ok(self.inner()?.unfinished_ids(after, limit).await?)
    }

    async fn find_idempotent(
        &self,
        function: FunctionId,
        key: &str,
        since: Timestamp,
    ) -> Result<Option<ExecutionId>, StoreError> {
        Ok(self.inner()?.find_idempotent(function, key, since).await?)
    }

    async fn newest_execution(&self) -> Result<Option<ExecutionId>, StoreError> {
        Ok(self.inner()?.newest_execution().await?)
    }

    async fn recent_durations(
        &self,
        function: Option<FunctionId>,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<Duration>, StoreError> {
        let recent = self.inner()?.recent_durations(function, since, limit);
        Ok(recent.await?)
    }

    async fn totals(&self) -> Result<Totals, StoreError> {
        Ok(self.inner()?.totals().await?)
    }

    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageRow>, StoreError> {
        Ok(self.inner()?.usage(query).await?)
    }

    async fn scaling_events(
        &self,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<ScalingEvent>, StoreError> {
        Ok(self.inner()?.scaling_events(since, limit).await?)
    }

    async fn scaling_event_count(&self, period: Period) -> Result<u64, StoreError> {
        Ok(self.inner()?.scaling_event_count(period).await?)
    }

    async fn put_load_test(&self, test: &LoadTest) -> Result<(), StoreError> {
        Ok(self.inner()?.put_load_test(test).await?)
    }

    async fn load_test(&self, id: LoadTestId) -> Result<Option<LoadTest>, StoreError> {
        Ok(self.inner()?.load_test(id).await?)
    }

    async fn load_tests(&self, query: &LoadTestQuery) -> Result<Vec<LoadTest>, StoreError> {
        Ok(self.inner()?.load_tests(query).await?)
    }

    async fn expire(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        Ok(self.inner()?.expire(before, limit).await?)
    }

    fn as_shared(&self) -> Option<&dyn SharedStore> {
        Some(self)
    }

    fn as_key_value(&self) -> Option<&dyn KeyValue> {
        Some(self)
    }

    fn as_schedules(&self) -> Option<&dyn ScheduleStore> {
        Some(self)
    }

    /// Reads and writes, as the name of a server that only answers says little.
    async fn ping(&self) -> Result<(), StoreError> {
        let inner = self.inner()?;
        let seen = doc! { "$set": { "at": crate::documents::date(inner.clock.now()) } };
        let state = &inner.collections.state;
        let filter: Document = doc! { "_id": "ping" };
        let written = state.update_one(filter, seen).upsert(true).await;
        match written.map_err(Error::from) {
            // Two that made the document at once: both were written to.
            Err(error) if !error.is_duplicate() => Err(error.into()),
            _ => Ok(()),
        }
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.closer.abort();
        if !self.inner.closed.swap(true, Ordering::Relaxed) {
            let client = self.inner.client.clone();
            client.shutdown().immediate(true).await;
        }
        Ok(())
    }
}
