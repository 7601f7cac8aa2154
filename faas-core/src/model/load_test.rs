//! A load test: its parameters, its estimate and its result.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Basis, FunctionId, Json, LoadTestId, NanoDollars, ScalingEvent, Timestamp, UsageSums};

/// A load test: what was asked for, what was expected, and what has come of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadTest {
    /// Its id. Ids sort by time.
    pub id: LoadTestId,
    /// The function that is called.
    pub function_id: FunctionId,
    /// The function's name at the start.
    pub function_name: String,
    /// How many calls may be under way at once.
    pub concurrency: u32,
    /// For how long calls are begun.
    pub duration: Duration,
    /// Calls for each second, in an open loop; `None`: closed loop.
    pub rate: Option<f64>,
    /// The template of the input.
    pub input: Json,
    /// Where it is.
    pub status: LoadTestStatus,
    /// When it was started.
    pub created_at: Timestamp,
    /// When this was written last; once a second while it runs.
    pub updated_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What it was expected to cost.
    pub estimate: LoadEstimate,
    /// What has come of it so far.
    pub result: LoadResult,
}

/// Where a load test is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoadTestStatus {
    /// Calls are being made.
    Running,
    /// It was told to stop: the calls under way end, no more are made.
    Stopping,
    /// It ran for its whole time.
    Completed,
    /// It was stopped before.
    Stopped,
    /// The platform ended in the middle of it; the result is what was known then.
    Interrupted,
}

impl LoadTestStatus {
    /// `running`, `stopping`, `completed`, `stopped` or `interrupted`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether nothing can follow.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Stopped | Self::Interrupted)
    }
}

impl LoadTest {
    /// By how much the cost differs from the estimate, in percent of the estimate; `None` when the
    /// estimate is zero.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a percentage for people: the amounts themselves stay exact"
    )]
    pub fn cost_difference_percent(&self) -> Option<f64> {
        let (actual, estimated) = (self.result.sums.total().get(), self.estimate.total.get());
        (estimated != 0).then(|| (actual - estimated) as f64 * 100.0 / estimated as f64)
    }
}

/// What a load test was expected to do and cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadEstimate {
    /// How many calls.
    pub requests: u64,
    /// How long each was taken to run.
    pub duration: Duration,
    /// Where that comes from.
    pub basis: Basis,
    /// What all of them cost.
    pub total: NanoDollars,
    /// At the 5th percentile of the recent run times, all warm.
    pub low: NanoDollars,
    /// At their 95th percentile, all cold.
    pub high: NanoDollars,
}

/// What has come of a load test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LoadResult {
    /// For how long it has run.
    pub elapsed: Duration,
    /// The sums over its executions: what it did cost, exactly.
    pub sums: UsageSums,
    /// Calls that were refused or, in an open loop, not begun in time: there is no execution of them.
    pub refused: u64,
    /// How long callers waited, in an open loop from when the call was due.
    pub response_time: ResponseTimes,
    /// Why calls failed, the most frequent first.
    pub errors: Vec<ErrorGroup>,
    /// What happened in each second.
    pub timeline: Vec<Second>,
    /// Changes of capacity while it ran.
    pub scaling_events: Vec<ScalingEvent>,
}

impl LoadResult {
    /// All calls.
    pub const fn total(&self) -> u64 {
        self.sums.executions + self.refused
    }

    /// Calls that returned a value.
    pub const fn completed(&self) -> u64 {
        self.sums.executions - self.sums.failed
    }

    /// All others.
    pub const fn failed(&self) -> u64 {
        self.sums.failed + self.refused
    }
}

/// Percentiles by HDR histogram, to three digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseTimes {
    /// The shortest.
    pub min: Duration,
    /// The mean.
    pub mean: Duration,
    /// The median.
    pub p50: Duration,
    /// 90th percentile.
    pub p90: Duration,
    /// 95th percentile.
    pub p95: Duration,
    /// 99th percentile.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
}

/// Calls that failed for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorGroup {
    /// The reason.
    pub message: String,
    /// How many.
    pub count: u64,
}

/// One second of a load test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    /// Which, from 0.
    pub second: u32,
    /// Calls that returned a value in it.
    pub completed: u64,
    /// Calls that failed in it.
    pub failed: u64,
    /// The 95th percentile of the response times of these.
    pub p95: Duration,
    /// Instances at its end.
    pub instances: usize,
    /// What its calls cost.
    pub cost: NanoDollars,
}
