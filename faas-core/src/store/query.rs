//! What a store is asked for.

#[cfg(doc)]
use super::SHORT;
use super::{FunctionPage, PAGE_BYTES, Page};
use crate::model::{
    DeadLetterGroup, ExecutionId, FailureKind, FunctionId, FunctionSummary, Status, Timestamp,
    UsageSums,
};

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

/// Which executions to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionQuery {
    /// Of this function only.
    pub function: Option<FunctionId>,
    /// In this state only.
    pub status: Option<Status>,
    /// Failed for this reason only.
    pub failure: Option<FailureKind>,
    /// With what follows them only.
    pub follow_up: FollowUpFilter,
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
            follow_up: FollowUpFilter::Any,
            period: Period::ALL,
            before: None,
            limit: 50,
            max_bytes: PAGE_BYTES,
        }
    }
}

impl ExecutionQuery {
    /// The newest execution of a function, without long parts.
    pub fn latest_of(function: FunctionId) -> Self {
        Self {
            function: Some(function),
            limit: 1,
            max_bytes: 0,
            ..Self::default()
        }
    }

    /// The status that all matching executions have: a query by failure kind implies `Failed`.
    pub fn state(&self) -> Option<Status> {
        self.status.or(self.failure.map(|_| Status::Failed))
    }
}

/// Which executions to list by what follows them. Each but `Any` reads an index of these executions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FollowUpFilter {
    /// All.
    #[default]
    Any,
    /// Open dead letters.
    DeadLetter,
    /// Open dead letters of this group.
    DeadLetterGroup(DeadLetterGroup),
    /// Executions of this function with deliveries.
    Deliveries(FunctionId),
    /// Executions of this function with a delivery that has failed.
    FailedDeliveries(FunctionId),
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
