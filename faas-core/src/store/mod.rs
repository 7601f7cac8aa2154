//! Storage of functions, executions and scaling events, and the sums that reports read.
//!
//! This module has the [`Store`] trait, its request types, and the [`memory`] store. The conformance
//! suite tests everything that the trait promises; a new store is complete when it passes.
//!
//! Three rules shape the trait. Writes of executions come in groups that are committed at once
//! ([`Store::commit`]), because a commit costs the same for one as for hundreds. Every write of a
//! claimed attempt names the attempt, so that a stale one is refused. Reports read sums that were
//! rolled up with the executions ([`Store::usage`]), never all executions. Every list is bounded in
//! entries and in bytes ([`PageBudget`]).
//!
//! Every store is also an [`AccessStore`], for API keys and the audit log, and a [`SecretStore`], for
//! changes of secret keys, and may be a [`KeyValue`] and a [`ScheduleStore`]. One platform uses a store at a time, unless it is a [`SharedStore`].

mod access;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod damage;
mod key_value;
pub mod memory;
mod page;
mod query;
pub mod rollup;
mod schedules;
mod secrets;
mod shared;
pub mod skew;
mod write;

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;

pub use crate::error::{BoxError, StoreError};
use crate::model::{
    Execution, ExecutionId, Function, FunctionCounts, FunctionId, FunctionLabel, FunctionSummary,
    ListedExecution, LoadTest, LoadTestId, ScalingEvent, Timestamp,
};

pub use access::{AccessStore, AuditQuery, KeyUse};
pub use damage::DamageLog;
pub use key_value::{
    KeyValue, KvCondition, KvEntry, KvKey, KvNamespace, KvPage, KvQuery, KvWrite, KvWritten,
};
pub use memory::MemoryStore;
pub use page::{FunctionPage, PAGE_BYTES, Page, PageBudget, PartLengths, SHORT};
pub use query::{
    ExecutionQuery, FunctionQuery, Granularity, LoadTestQuery, Period, Totals, UsageGroup,
    UsageKey, UsageQuery, UsageRow,
};
pub use schedules::{ScheduleQuery, ScheduleStore};
pub use secrets::SecretStore;
pub use shared::{Lease, Overdue, OverdueQuery, Owner, Renewed, SharedStore};
pub use write::{Stage, Write, Written};

/// How long a caller's idempotency key is remembered.
pub const IDEMPOTENCY_WINDOW: Duration = Duration::from_secs(24 * 3600);

/// How many replaced versions of one function are kept at most that neither an alias nor an unfinished
/// execution needs.
pub const SPARE_VERSIONS: usize = 32;

/// How many bytes of code they have at most together, the newest one not counted.
pub const SPARE_BYTES: u64 = 32 << 20;

/// Stores everything that must survive the process.
///
/// All methods may be called concurrently. When a method returns `Ok`, its change is as durable as the
/// store was configured to make it. Each method returns after a bounded time, if necessary with
/// [`StoreError::Unavailable`]: callers set no time limit. A future that is dropped may have made its
/// change or not, and leaves nothing half done.
///
/// A record that cannot be read costs itself only: lists show what can be read of it and all others,
/// and it is reported to a [`DamageLog`].
///
/// ```
/// use faas_core::store::{MemoryStore, Store, StoreError};
///
/// # async fn look() -> Result<(), StoreError> {
/// // A host may pick a store at run time.
/// let store: Box<dyn Store> = Box::new(MemoryStore::new());
/// store.ping().await?;
/// println!("{}: {} executions completed", store.describe(), store.totals().await?.completed);
/// # Ok(())
/// # }
/// ```
///
/// To write one, start from [`MemoryStore`] and run the suite in the module `conformance`, which the
/// feature of that name contains.
#[async_trait]
pub trait Store: AccessStore + SecretStore {
    /// The store's name for logs and people: `memory`, `sqlite:./data/faas.db`. Never a password.
    fn describe(&self) -> String;

    /// Adds a function.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another function that is not deleted has the name.
    async fn insert_function(&self, function: &Function) -> Result<(), StoreError>;

    /// Replaces the function with this id, if its `updated_at` still is `expected`.
    ///
    /// If `function` has a higher version than the stored one, the stored one is kept for
    /// [`SecretStore::function_version`], without its aliases. At the same time, this deletes kept
    /// versions of the function that are not among the [`SPARE_VERSIONS`] newest or exceed
    /// [`SPARE_BYTES`], unless an alias in `function` stands for them or an unfinished execution was
    /// accepted with them.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another function has the name, [`StoreError::Stale`] when it
    /// was changed or deleted in the meantime.
    async fn update_function(
        &self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), StoreError>;

    /// The function with this id; `None` when there is none or it was deleted.
    async fn function(&self, id: FunctionId) -> Result<Option<Function>, StoreError>;

    /// The current version of a function and the kept ones, newest first, without their code. Empty when
    /// there is no such function or it was deleted.
    async fn function_versions(&self, id: FunctionId) -> Result<Vec<FunctionSummary>, StoreError>;

    /// Functions that are not deleted, newest first, page by page.
    async fn functions(
        &self,
        query: &FunctionQuery,
    ) -> Result<Page<FunctionSummary, FunctionId>, StoreError>;

    /// How many functions there are that are not deleted. Reads no code.
    async fn function_counts(&self) -> Result<FunctionCounts, StoreError>;

    /// The id of the function with this name that is not deleted. Reads no code.
    async fn function_named(&self, name: &str) -> Result<Option<FunctionId>, StoreError>;

    /// Names, tiers and the like of these functions, deleted ones included. Unknown ids are left
    /// out. Reads no code.
    async fn labels(
        &self,
        ids: &[FunctionId],
    ) -> Result<HashMap<FunctionId, FunctionLabel>, StoreError>;

    /// Deletes a function, its code, its kept versions and its schedules. Its label, executions and
    /// costs stay.
    /// Returns whether there was one.
    async fn delete_function(&self, id: FunctionId, at: Timestamp) -> Result<bool, StoreError>;

    /// How much code was stored during `period`, as the sum of bytes times microseconds, of one
    /// function or of all. A change of the code ends one span and begins another; deletion ends the
    /// last. Reads no code.
    async fn code_byte_micros(
        &self,
        period: Period,
        function: Option<FunctionId>,
    ) -> Result<u128, StoreError>;

    /// Carries out all `writes`, in order, as one group. Returns one outcome for each when all of them
    /// are durable.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: some of the writes may have been made nevertheless. The caller
    /// tries them again, possibly in other groups, until they are answered, and writes that had been
    /// made then count as [`Written::Done`]. An insert or a firing is the same if the execution's id is, a claim if
    /// id and attempt are, a settlement if id and [`Stage`] are. After any other error the caller tries
    /// the writes one by one, and gives up the one that fails again.
    ///
    /// Of the executions of a function with the same
    /// [`singleton_key`](crate::model::Queueing::singleton_key), one at most has not ended: the insert
    /// of another that has not ended is answered with [`Written::Duplicate`].
    async fn commit(&self, writes: &[Write]) -> Result<Vec<Written>, StoreError>;

    /// The execution with this id.
    async fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, StoreError>;

    /// Executions that match, newest first. Inputs, outputs, logs and attempts are left out as
    /// [`PageBudget`] decides for [`ExecutionQuery::max_bytes`]: they are not read then.
    /// Host calls are never listed, only counted in [`Execution::more_host_calls`].
    async fn executions(&self, query: &ExecutionQuery) -> Result<Vec<ListedExecution>, StoreError>;

    /// The newest execution of each of these functions, without long parts, as
    /// [`Store::executions`] lists it for [`ExecutionQuery::max_bytes`] 0. Functions without executions
    /// are left out. The default asks for one after the other; each must be one look-up in an index.
    async fn latest_executions(
        &self,
        functions: &[FunctionId],
    ) -> Result<HashMap<FunctionId, ListedExecution>, StoreError> {
        let mut latest = HashMap::new();
        for id in functions {
            let newest = self.executions(&ExecutionQuery::latest_of(*id)).await?;
            latest.extend(newest.into_iter().map(|newest| (*id, newest)));
        }
        Ok(latest)
    }

    /// Executions that have not ended, oldest first, from after `after` on: what a platform takes up
    /// at its start, if nobody else uses the store.
    ///
    /// A page has at most `limit` executions. It ends earlier, but not before the first execution,
    /// where their inputs would have more than [`PAGE_BYTES`] together, and it may be empty even if
    /// another one follows.
    async fn unfinished(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Page<Execution, ExecutionId>, StoreError>;

    /// The ids of the executions that [`Store::unfinished`] returns, without reading the executions:
    /// ids contain the time of acceptance, so that executions can be counted by it.
    async fn unfinished_ids(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Vec<ExecutionId>, StoreError>;

    /// The id of the execution that was accepted for this function with this idempotency key at or
    /// after `since`.
    async fn find_idempotent(
        &self,
        function: FunctionId,
        key: &str,
        since: Timestamp,
    ) -> Result<Option<ExecutionId>, StoreError>;

    /// The newest execution's id, for [`crate::model::IdGenerator::after`].
    async fn newest_execution(&self) -> Result<Option<ExecutionId>, StoreError>;

    /// The run times of the newest completed executions, newest first: of one function or of all,
    /// accepted at or after `since`, at most `limit`.
    async fn recent_durations(
        &self,
        function: Option<FunctionId>,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<Duration>, StoreError>;

    /// How many executions there are, expired ones included.
    async fn totals(&self) -> Result<Totals, StoreError>;

    /// Sums over executions that have ended, by the groups that `query` names, in ascending order
    /// of the key. Groups without executions are left out.
    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageRow>, StoreError>;

    /// Scaling events at or after `since`, newest first.
    async fn scaling_events(
        &self,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<ScalingEvent>, StoreError>;

    /// How many scaling events lie in `period`.
    async fn scaling_event_count(&self, period: Period) -> Result<u64, StoreError>;

    /// Stores a load test, or replaces the one with its id.
    async fn put_load_test(&self, test: &LoadTest) -> Result<(), StoreError>;

    /// The load test with this id.
    async fn load_test(&self, id: LoadTestId) -> Result<Option<LoadTest>, StoreError>;

    /// Load tests that match, newest first.
    async fn load_tests(&self, query: &LoadTestQuery) -> Result<Vec<LoadTest>, StoreError>;

    /// Deletes up to `limit` ended executions that were accepted before `before`, oldest first, and
    /// keeps their sums. Returns how many; fewer than `limit` means that none is left.
    ///
    /// It also deletes a bounded number of kept versions of functions that were replaced before
    /// `before` and that neither an alias nor an unfinished execution needs. These are not counted.
    async fn expire(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError>;

    /// What several platforms need to use the store at the same time; `None`, the default, if only one
    /// may use it.
    fn as_shared(&self) -> Option<&dyn SharedStore> {
        None
    }

    /// Where the store keeps the keys and values of functions; `None`, the default, if it cannot keep
    /// any. Functions then have no namespaces.
    fn as_key_value(&self) -> Option<&dyn KeyValue> {
        None
    }

    /// Where the store keeps schedules; `None`, the default, if it cannot keep any.
    fn as_schedules(&self) -> Option<&dyn ScheduleStore> {
        None
    }

    /// Whether the store can be reached and written to.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Finishes what is under way and closes files and connections.
    async fn close(&self) -> Result<(), StoreError>;
}
