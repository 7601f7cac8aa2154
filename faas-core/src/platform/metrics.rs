//! Counts and times of the whole platform.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Platform;
use crate::cost::percentile;
use crate::engine::LiveCounters;
use crate::error::Error;
use crate::model::UsageSums;
use crate::model::{ExecutionId, ScalingEvent, Timestamp};
use crate::store::{Granularity, Period, Totals, UsageKey};

const HOUR: Duration = Duration::from_secs(3600);

/// How many of the executions that have not ended are counted by their time.
const MOST_UNFINISHED: usize = 100_000;

/// The state of the whole platform.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Overview {
    /// Stored executions: current ones and all that ever ended.
    pub totals: Totals,
    /// Executions that have not ended: those that wait and those that run.
    pub unfinished: u64,
    /// Executions that ended, of those accepted in the last hour.
    pub last_hour: UsageSums,
    /// Executions that have not ended, of those accepted in the last hour.
    pub unfinished_last_hour: u64,
    /// Executions that ended, of those accepted in the last 24 hours.
    pub last_day: UsageSums,
    /// Executions that have not ended, of those accepted in the last 24 hours.
    pub unfinished_last_day: u64,
    /// Functions that take executions.
    pub active_functions: u64,
    /// The number of instances.
    pub instances: usize,
    /// Executions that wait for an instance now.
    pub queued: usize,
    /// Executions that run now.
    pub running: usize,
    /// Executions that have begun and hold no instance now, because their code waits.
    pub waiting: usize,
    /// Run time of the newest completed executions of the last hour (at most 10,000): median.
    pub p50: Duration,
    /// 95th percentile.
    pub p95: Duration,
    /// 99th percentile.
    pub p99: Duration,
    /// The newest scaling events, newest first, at most ten.
    pub recent_scaling: Vec<ScalingEvent>,
}

/// The executions that were accepted in one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct HourOfExecutions {
    /// The start of the hour.
    pub start: Timestamp,
    /// Those that have ended.
    pub ended: UsageSums,
    /// Those that have not.
    pub unfinished: u64,
}

impl Platform {
    /// The state of the whole platform, from the store and the engine.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be reached.
    pub async fn overview(&self) -> Result<Overview, Error> {
        /// How many of the newest run times the percentiles are taken from.
        const SAMPLE: usize = 10_000;
        const EVENTS: usize = 10;
        let (store, now, depth) = (&self.engine().0.store, self.now(), self.engine().depth());
        let (hour_ago, day_ago) = (now - HOUR, now - HOUR * 24);
        let unfinished = self.unfinished(Timestamp::default()).await?;
        let since = |from: Timestamp| {
            unfinished
                .iter()
                .filter(|id| id.created_at() >= from)
                .count() as u64
        };
        let totals = store.totals().await?;
        let mut durations = store.recent_durations(None, hour_ago, SAMPLE).await?;
        durations.sort_unstable();
        let at = |percent| percentile(&durations, percent).unwrap_or_default();
        Ok(Overview {
            totals,
            // Direct calls are not stored before they have ended.
            unfinished: (unfinished.len() as u64).max(totals.pending + totals.running),
            last_hour: self.sums_since(hour_ago).await?,
            unfinished_last_hour: since(hour_ago),
            last_day: self.sums_since(day_ago).await?,
            unfinished_last_day: since(day_ago),
            active_functions: store.function_counts().await?.active,
            instances: depth.instances,
            queued: depth.queued,
            running: depth.running,
            waiting: depth.waiting,
            p50: at(50),
            p95: at(95),
            p99: at(99),
            recent_scaling: store.scaling_events(Timestamp::default(), EVENTS).await?,
        })
    }

    /// Executions by the hour of acceptance over the last `hours` hours, in time order. Hours without
    /// any are left out.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be reached.
    pub async fn execution_history(&self, hours: u32) -> Result<Vec<HourOfExecutions>, Error> {
        let from = self.now() - HOUR * hours;
        let period = Period {
            from,
            to: Timestamp::from_micros(i64::MAX),
        };
        let ended = self.costs().trends(period, Granularity::Hour, None).await?;
        let mut history: BTreeMap<Timestamp, HourOfExecutions> = BTreeMap::new();
        let mut at = |start: Timestamp, change: &dyn Fn(&mut HourOfExecutions)| {
            change(history.entry(start).or_insert(HourOfExecutions {
                start,
                ended: UsageSums::default(),
                unfinished: 0,
            }));
        };
        for row in ended {
            if let UsageKey::Time(start) = row.key {
                at(start, &|hour| hour.ended = row.sums);
            }
        }
        for id in self.unfinished(from).await? {
            at(id.created_at().hour(), &|hour| hour.unfinished += 1);
        }
        Ok(history.into_values().collect())
    }

    /// Executions accepted at or after `since` that have not ended, direct calls included.
    async fn unfinished(&self, since: Timestamp) -> Result<BTreeSet<ExecutionId>, Error> {
        // The last id that lies before, unless that is before all ids.
        let millis = u128::try_from(since.as_millis()).unwrap_or(0);
        let after = (millis << 80).checked_sub(1).map(ExecutionId::from_u128);
        let store = &self.engine().0.store;
        let stored = store.unfinished_ids(after, MOST_UNFINISHED).await?;
        let live = self
            .engine()
            .all_live(|execution, _| execution.created_at >= since);
        let live = live.iter().map(|execution| execution.id);
        Ok(stored.into_iter().chain(live).collect())
    }

    /// Scaling events at or after `since`, newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be reached.
    pub async fn scaling_history(
        &self,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<ScalingEvent>, Error> {
        Ok(self.engine().0.store.scaling_events(since, limit).await?)
    }

    /// Counters and gauges, without a call to the store.
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
