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
//! changes of secret keys. One platform uses a store at a time, unless it is a [`SharedStore`].

mod access;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod damage;
pub mod memory;
mod page;
pub mod rollup;
mod secrets;
mod shared;
pub mod skew;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

pub use crate::error::{BoxError, StoreError};
use crate::model::{
    Execution, ExecutionId, FailureKind, Function, FunctionCounts, FunctionId, FunctionLabel,
    FunctionSummary, ListedExecution, LoadTest, LoadTestId, ScalingEvent, Status, Timestamp,
    UsageSums,
};

pub use access::{AccessStore, AuditQuery, KeyUse};
pub use damage::DamageLog;
pub use memory::MemoryStore;
pub use page::{PAGE_BYTES, Page, PageBudget, PartLengths, SHORT};
pub use secrets::SecretStore;
pub use shared::{Lease, Overdue, OverdueQuery, Owner, Renewed, SharedStore};

/// How long a caller's idempotency key is remembered.
pub const IDEMPOTENCY_WINDOW: Duration = Duration::from_secs(24 * 3600);

/// How long a replaced version of a function is kept at least, in case an execution that was
/// admitted with it is not stored yet.
pub const VERSION_GRACE: Duration = Duration::from_secs(10 * 60);

/// How many replaced versions of one function are kept at most that no unfinished execution needs.
pub const SPARE_VERSIONS: usize = 16;

/// Stores everything that must survive the process.
///
/// All methods may be called concurrently. When a method returns `Ok`, its change is as durable as the
/// store was configured to make it. Each method returns after a bounded time, if necessary with
/// [`StoreError::Unavailable`]: callers set no time limit. A future that is dropped may have made its
/// change or not, and leaves nothing half done.
///
/// A record that cannot be read costs itself only: lists show what can be read of it and all others,
/// and it is reported to a [`DamageLog`].
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
    /// [`Store::function_version`]. At the same time, kept versions of this function are deleted that
    /// no unfinished execution was accepted with and that were either replaced [`VERSION_GRACE`] or
    /// longer before the new `updated_at`, or are not among the [`SPARE_VERSIONS`] newest.
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

    /// The function as it was at this version: its code, configuration and sealed environment.
    ///
    /// Versions of a function are the current one and those that [`Store::update_function`] keeps: as
    /// long as an unfinished execution was accepted with a version, it is there. `None` when there is
    /// no such version any more, or when the function was deleted.
    async fn function_version(
        &self,
        id: FunctionId,
        version: u32,
    ) -> Result<Option<Function>, StoreError>;

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

    /// Deletes a function, its code and its kept versions. Its label, executions and costs stay.
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
    /// made then count as [`Written::Done`]. An insert is the same if the execution's id is, a claim if
    /// id and attempt are, a settlement if id and [`Stage`] are. After any other error the caller tries
    /// the writes one by one, and gives up the one that fails again.
    async fn commit(&self, writes: &[Write]) -> Result<Vec<Written>, StoreError>;

    /// The execution with this id.
    async fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, StoreError>;

    /// Executions that match, newest first. Inputs, outputs, logs and attempts are left out as
    /// [`PageBudget`] decides for [`ExecutionQuery::max_bytes`]: they are not read then.
    async fn executions(&self, query: &ExecutionQuery) -> Result<Vec<ListedExecution>, StoreError>;

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
    /// `before` and that no unfinished execution needs. These are not counted.
    async fn expire(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError>;

    /// What several platforms need to use the store at the same time; `None`, the default, if only one
    /// may use it.
    fn as_shared(&self) -> Option<&dyn SharedStore> {
        None
    }

    /// Whether the store can be reached and written to.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Finishes what is under way and closes files and connections.
    async fn close(&self) -> Result<(), StoreError>;
}

/// One write of an execution or scaling event.
#[derive(Debug, Clone)]
pub enum Write {
    /// A new execution: a pending one that was accepted, or one that has ended already. The former
    /// is answered [`Written::Duplicate`] when its idempotency key was used for the same function
    /// within [`IDEMPOTENCY_WINDOW`] before its `created_at`.
    Insert(Arc<Execution>),
    /// Marks a pending execution as running with attempt number `attempt`. [`Written::Stale`]
    /// unless it is pending and `attempt` is one more than the stored number.
    Claim {
        /// The execution.
        id: ExecutionId,
        /// The number of the claimed attempt; the first is 1.
        attempt: u32,
        /// Who claims it, and until when. Only a shared store keeps it.
        lease: Lease,
    },
    /// Replaces the execution after its latest attempt: it has ended, or is pending again.
    /// [`Written::Stale`] unless the stored execution still is at the stage `from`.
    Settle {
        /// The execution as it is now.
        execution: Arc<Execution>,
        /// The stage it was at before: pending or running.
        from: Stage,
    },
    /// A scaling event.
    Scaling(ScalingEvent),
}

/// How far an execution has come. Of several writers that settle it from the same stage, the store
/// lets one succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stage {
    /// Pending, running, or ended.
    pub status: Status,
    /// How many attempts have been claimed.
    pub attempt: u32,
}

impl Stage {
    /// The stage of `execution`.
    pub const fn of(execution: &Execution) -> Self {
        Self {
            status: execution.status,
            attempt: execution.attempt,
        }
    }
}

/// The outcome of a [`Write`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is stored.
    Done,
    /// It was refused: another writer was faster. The caller then forgets the execution, so a write of
    /// its own that was made before must not be answered with this.
    Stale,
    /// It was refused: this execution was accepted before with the same idempotency key.
    Duplicate(ExecutionId),
}

/// Which functions to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionQuery {
    /// Older than this one, in the order of ids: [`Page::next`] of the page before.
    pub before: Option<FunctionId>,
    /// At most so many; no page has more than 10,000.
    pub limit: usize,
    /// A page ends, but not before its first function, where it would have more bytes than that:
    /// see [`FunctionSummary::bytes`].
    pub max_bytes: usize,
    /// Whether to list them with their code.
    pub code: bool,
}

impl Default for FunctionQuery {
    /// The newest 1,000, as far as they have 8 MiB together, with their code.
    fn default() -> Self {
        Self {
            before: None,
            limit: 1_000,
            max_bytes: PAGE_BYTES,
            code: true,
        }
    }
}

impl FunctionQuery {
    /// The most functions that a page has.
    pub const MOST: usize = 10_000;

    /// Makes a page of functions that come newest first. Takes no more of them than it needs.
    ///
    /// # Errors
    /// The first error that `functions` give.
    pub fn page<E>(
        &self,
        functions: impl IntoIterator<Item = Result<FunctionSummary, E>>,
    ) -> Result<Page<FunctionSummary, FunctionId>, E> {
        let mut page = FunctionPage::new(self);
        for function in functions {
            if page.push(function?) {
                break;
            }
        }
        Ok(page.finish())
    }
}

/// A page of functions that is being filled, for stores that read one function after the other.
#[derive(Debug)]
pub struct FunctionPage {
    items: Vec<FunctionSummary>,
    limit: usize,
    left: usize,
    is_full: bool,
}

impl FunctionPage {
    /// An empty page.
    pub fn new(query: &FunctionQuery) -> Self {
        Self {
            items: Vec::new(),
            limit: query.limit.min(FunctionQuery::MOST),
            left: query.max_bytes,
            is_full: false,
        }
    }

    /// Adds the next function if it fits. Returns whether the page is full: the function, and those
    /// that follow it, are for the next one.
    pub fn push(&mut self, function: FunctionSummary) -> bool {
        let bytes = function.bytes();
        let is_too_large = bytes > self.left && !self.items.is_empty();
        if self.items.len() >= self.limit || is_too_large {
            self.is_full = true;
            return true;
        }
        self.left = self.left.saturating_sub(bytes);
        self.items.push(function);
        false
    }

    /// The page.
    pub fn finish(self) -> Page<FunctionSummary, FunctionId> {
        let last = self.items.last().map(|last| last.id);
        Page {
            next: last.filter(|_| self.is_full),
            items: self.items,
        }
    }
}

/// Which executions to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionQuery {
    /// Of this function only.
    pub function: Option<FunctionId>,
    /// In this state only.
    pub status: Option<Status>,
    /// Failed for this reason only.
    pub failure: Option<FailureKind>,
    /// Accepted within this period.
    pub period: Period,
    /// Older than this one: the last of the page before.
    pub before: Option<ExecutionId>,
    /// At most so many.
    pub limit: usize,
    /// How many bytes of inputs, outputs, logs and attempts longer than [`SHORT`] to list.
    pub max_bytes: usize,
}

impl Default for ExecutionQuery {
    /// The newest 50 of all.
    fn default() -> Self {
        Self {
            function: None,
            status: None,
            failure: None,
            period: Period::ALL,
            before: None,
            limit: 50,
            max_bytes: PAGE_BYTES,
        }
    }
}

impl ExecutionQuery {
    /// The status that all matching executions have: a query by failure kind implies `Failed`.
    pub fn state(&self) -> Option<Status> {
        self.status.or(self.failure.map(|_| Status::Failed))
    }
}

/// Which load tests to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadTestQuery {
    /// Of this function only.
    pub function: Option<FunctionId>,
    /// At most so many.
    pub limit: usize,
}

/// From `from` on, until before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first moment inside.
    pub from: Timestamp,
    /// The first moment after.
    pub to: Timestamp,
}

impl Period {
    /// All time.
    pub const ALL: Self = Self {
        from: Timestamp::from_micros(0),
        to: Timestamp::from_micros(i64::MAX),
    };

    /// Whether `moment` lies inside.
    pub fn contains(&self, moment: Timestamp) -> bool {
        self.from <= moment && moment < self.to
    }
}

/// Which sums to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageQuery {
    /// Over the executions accepted within this period, exactly. Where the executions themselves have
    /// expired, an end of the period is moved out to the whole minute or hour that the roll-ups still
    /// have.
    pub period: Period,
    /// Over this function only.
    pub function: Option<FunctionId>,
    /// What each row stands for.
    pub group: UsageGroup,
}

/// What the rows of a usage report stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageGroup {
    /// Functions.
    Function,
    /// UTC spans of time.
    Time(Granularity),
}

/// The length of a span of time, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Granularity {
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days.
    Day,
    /// Calendar months.
    Month,
}

impl Granularity {
    /// The start of the span that `moment` lies in.
    pub fn floor(self, moment: Timestamp) -> Timestamp {
        match self {
            Self::Minute => moment.minute(),
            Self::Hour => moment.hour(),
            Self::Day => moment.day(),
            Self::Month => moment.month(),
        }
    }
}

/// The sums of one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageRow {
    /// Which group.
    pub key: UsageKey,
    /// Its sums.
    pub sums: UsageSums,
}

/// Names a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UsageKey {
    /// A function.
    Function(FunctionId),
    /// The start of a span of time.
    Time(Timestamp),
}

/// How many executions there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Pending now.
    pub pending: u64,
    /// Claimed now.
    pub running: u64,
    /// Ever completed, expired ones included.
    pub completed: u64,
    /// Ever failed, expired ones included.
    pub failed: u64,
}
