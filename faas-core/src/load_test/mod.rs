//! Load tests: a function called by many at once for some time, and what that did and cost.
//!
//! A test is **closed loop** unless it names a rate: each of its callers waits for an answer before
//! it calls again, so the load follows what the platform can do. With a rate it is **open loop**:
//! calls have a time at which they are due, and a response time is measured from then, so that a
//! stall counts for all the calls that it delays (what Gil Tene calls coordinated omission is the
//! failure to do so).
//!
//! Read `plan` (what was asked for), `tally` (what came of it), `run` (how it is done).

mod plan;
mod run;
mod tally;
mod template;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use plan::{LoadEstimate, NewLoadTest};
pub use run::LoadTests;
pub(crate) use run::Running;
pub use tally::{ErrorGroup, LoadResult, ResponseTimes, Second};

use crate::model::{FunctionId, Json, LoadTestId, Timestamp};

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
