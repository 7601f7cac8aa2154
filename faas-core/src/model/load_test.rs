//! Load tests: parameters, estimate and result.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Basis, FunctionId, Json, LoadTestId, NanoDollars, ScalingEvent, Timestamp, UsageSums};

/// A load test: its parameters, its estimate and its result so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadTest {
    /// The id. Ids sort by time.
    pub id: LoadTestId,
    /// The function to call.
    pub function_id: FunctionId,
    /// The function's name when the test started.
    pub function_name: String,
    /// The maximum number of concurrent calls.
    pub concurrency: u32,
    /// How long new calls are started.
    pub duration: Duration,
    /// Calls per second, in an open loop; `None`: closed loop.
    pub rate: Option<f64>,
    /// The template of the input.
    pub input: Json,
    /// The state.
    pub status: LoadTestStatus,
    /// When the test was started.
    pub created_at: Timestamp,
    /// When this record was last written; once a second while the test runs.
    pub updated_at: Timestamp,
    /// When the test ended.
    pub ended_at: Option<Timestamp>,
    /// The expected cost.
    pub estimate: LoadEstimate,
    /// The result so far.
    pub result: LoadResult,
}

/// The state of a load test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoadTestStatus {
    /// The test makes calls.
    Running,
    /// A stop was requested: running calls end, no new ones start.
    Stopping,
    /// The test ran for its whole duration.
    Completed,
    /// The test was stopped early.
    Stopped,
    /// The platform ended during the test; the result is the last one stored.
    Interrupted,
}

impl LoadTestStatus {
    /// Returns `running`, `stopping`, `completed`, `stopped` or `interrupted`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Interrupted => "interrupted",
        }
    }

    /// Returns whether the state is final.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Stopped | Self::Interrupted)
    }
}

impl LoadTest {
    /// Returns the difference between cost and estimate, in percent of the estimate; `None` when
    /// the estimate is zero.
    #[expect(
        clippy::cast_precision_loss,
        reason = "only the displayed percentage is rounded; the amounts stay exact"
    )]
    pub fn cost_difference_percent(&self) -> Option<f64> {
        let (actual, estimated) = (self.result.sums.total().get(), self.estimate.total.get());
        (estimated != 0).then(|| (actual - estimated) as f64 * 100.0 / estimated as f64)
    }
}

/// The expected calls and cost of a load test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadEstimate {
    /// The number of calls.
    pub requests: u64,
    /// The assumed run time of one call.
    pub duration: Duration,
    /// The origin of that run time.
    pub basis: Basis,
    /// The cost of all calls.
    pub total: NanoDollars,
    /// The cost at the 5th percentile of recent run times, all warm.
    pub low: NanoDollars,
    /// The cost at the 95th percentile, all cold.
    pub high: NanoDollars,
}

/// The result of a load test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LoadResult {
    /// How long the test has run.
    pub elapsed: Duration,
    /// The sums over its executions, including the exact cost.
    pub sums: UsageSums,
    /// Calls that were refused or, in an open loop, not started in time. They have no execution.
    pub refused: u64,
    /// Response times of the callers; in an open loop measured from when the call was due.
    pub response_time: ResponseTimes,
    /// The reasons of failed calls, most frequent first.
    pub errors: Vec<ErrorGroup>,
    /// The results per second.
    pub timeline: Vec<Second>,
    /// Capacity changes during the test.
    pub scaling_events: Vec<ScalingEvent>,
}

impl LoadResult {
    /// Returns the number of all calls.
    pub const fn total(&self) -> u64 {
        self.sums.executions + self.refused
    }

    /// Returns the number of calls that returned a value.
    pub const fn completed(&self) -> u64 {
        self.sums.executions - self.sums.failed
    }

    /// Returns the number of calls that failed or were refused.
    pub const fn failed(&self) -> u64 {
        self.sums.failed + self.refused
    }
}

/// Response times from an HDR histogram, to three digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseTimes {
    /// The minimum.
    pub min: Duration,
    /// The mean.
    pub mean: Duration,
    /// The median.
    pub p50: Duration,
    /// The 90th percentile.
    pub p90: Duration,
    /// The 95th percentile.
    pub p95: Duration,
    /// The 99th percentile.
    pub p99: Duration,
    /// The maximum.
    pub max: Duration,
}

/// Calls that failed for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorGroup {
    /// The reason.
    pub message: String,
    /// The number of calls.
    pub count: u64,
}

/// One second of a load test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    /// The second, from 0.
    pub second: u32,
    /// Calls that returned a value in this second.
    pub completed: u64,
    /// Calls that failed in this second.
    pub failed: u64,
    /// The 95th percentile of their response times.
    pub p95: Duration,
    /// The number of instances at its end.
    pub instances: usize,
    /// The cost of its calls.
    pub cost: NanoDollars,
}
