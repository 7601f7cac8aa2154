//! What the platform does, in numbers.

use std::time::Duration;

use super::Platform;
use crate::cost::percentile;
use crate::engine::LiveCounters;
use crate::error::Error;
use crate::model::UsageSums;
use crate::model::{ScalingEvent, Timestamp};
use crate::store::{Granularity, Period, Totals, UsageRow};

const HOUR: Duration = Duration::from_secs(3600);

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
    pub active_functions: u64,
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

impl Platform {
    /// The state of the whole platform, from the store and the engine.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn overview(&self) -> Result<Overview, Error> {
        /// How many of the newest run times the percentiles are taken from.
        const SAMPLE: usize = 10_000;
        const EVENTS: usize = 10;
        let (store, now, depth) = (&self.engine().0.store, self.now(), self.engine().depth());
        let hour_ago = now - HOUR;
        let mut durations = store.recent_durations(None, hour_ago, SAMPLE).await?;
        durations.sort_unstable();
        let at = |percent| percentile(&durations, percent).unwrap_or_default();
        Ok(Overview {
            totals: store.totals().await?,
            last_hour: self.sums_since(hour_ago).await?,
            today: self.sums_since(now.day()).await?,
            active_functions: store.function_counts().await?.active,
            instances: depth.instances,
            queued: depth.queued,
            running: depth.running,
            p50: at(50),
            p95: at(95),
            p99: at(99),
            recent_scaling: store.scaling_events(Timestamp::default(), EVENTS).await?,
        })
    }

    /// Executions that ended, by the hour of acceptance, over the last `hours` hours.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn execution_history(&self, hours: u32) -> Result<Vec<UsageRow>, Error> {
        let period = Period {
            from: self.now() - HOUR * hours,
            to: Timestamp::from_micros(i64::MAX),
        };
        self.costs().trends(period, Granularity::Hour, None).await
    }

    /// Scaling events at or after `since`, newest first.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn scaling_history(
        &self,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<ScalingEvent>, Error> {
        Ok(self.engine().0.store.scaling_events(since, limit).await?)
    }

    /// Counters and gauges, without asking the store.
    pub fn counters(&self) -> LiveCounters {
        self.engine().counters()
    }

    async fn sums_since(&self, from: Timestamp) -> Result<UsageSums, Error> {
        let period = Period {
            from,
            to: Timestamp::from_micros(i64::MAX),
        };
        let mut sums = UsageSums::default();
        for row in self.costs().trends(period, Granularity::Day, None).await? {
            sums.add(&row.sums);
        }
        Ok(sums)
    }
}
