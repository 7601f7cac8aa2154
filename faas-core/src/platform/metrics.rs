//! What the platform does, in numbers.

use std::time::Duration;

use super::{Error, Platform};
use crate::model::{ScalingEvent, Timestamp};
use crate::runtime::RuntimeStats;
use crate::store::{Totals, UsageRow, UsageSums};

/// The state of the whole platform.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// Executions that there are and ever were.
    pub totals: Totals,
    /// Executions that ended, of those accepted in the last hour.
    pub last_hour: UsageSums,
    /// Executions that ended, of those accepted since midnight UTC.
    pub today: UsageSums,
    /// Functions that take executions.
    pub active_functions: usize,
    /// Instances there are now.
    pub instances: usize,
    /// Executions that wait for an instance now.
    pub queued: usize,
    /// Executions that run now.
    pub running: usize,
    /// Run time of the newest completed executions of the last hour (at most 10,000): median.
    pub p50: Duration,
    /// 95th percentile.
    pub p95: Duration,
    /// 99th percentile.
    pub p99: Duration,
    /// The newest scaling events, newest first, at most ten.
    pub recent_scaling: Vec<ScalingEvent>,
}

/// Counters and gauges since the start, for a monitoring system. Counters only rise.
#[derive(Debug, Clone, Default)]
pub struct LiveCounters {
    /// Executions that wait for an instance.
    pub queued: usize,
    /// Executions that run.
    pub running: usize,
    /// Instances there are.
    pub instances: usize,
    /// Asynchronous executions that wait for their retry to fall due.
    pub waiting_retries: usize,
    /// Executions that ended, by outcome: `completed`, or the failure's kind.
    pub outcomes: Vec<(&'static str, u64)>,
    /// Attempts whose isolate had to be made.
    pub cold_starts: u64,
    /// Executions refused because the queue was full.
    pub rejected: u64,
    /// Retries scheduled.
    pub retries: u64,
    /// Threads given up because their call did not come back after it was stopped.
    pub abandoned: u64,
    /// Run time of attempts.
    pub duration: Histogram,
    /// Time from acceptance to the first attempt.
    pub queue_time: Histogram,
    /// Time that a group of writes took to commit.
    pub store_commit: Histogram,
    /// What the runtime holds.
    pub runtime: RuntimeStats,
}

/// A histogram with fixed bounds, as Prometheus has them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Histogram {
    /// Upper bounds in seconds, rising, each with the number of values at or below it (cumulative).
    pub buckets: Vec<(f64, u64)>,
    /// How many values there are.
    pub count: u64,
    /// Their sum, in seconds.
    pub sum: f64,
}

impl Platform {
    /// The state of the whole platform, from the store and the engine.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn overview(&self) -> Result<Overview, Error> {
        todo!()
    }

    /// Executions that ended, by the hour of acceptance, over the last `hours` hours.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn execution_history(&self, _hours: u32) -> Result<Vec<UsageRow>, Error> {
        todo!()
    }

    /// Scaling events at or after `since`, newest first.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn scaling_history(
        &self,
        _since: Timestamp,
        _limit: usize,
    ) -> Result<Vec<ScalingEvent>, Error> {
        todo!()
    }

    /// Counters and gauges, without asking the store.
    pub fn counters(&self) -> LiveCounters {
        todo!()
    }

    /// The time, as the platform's clock has it.
    pub fn now(&self) -> Timestamp {
        todo!()
    }
}
