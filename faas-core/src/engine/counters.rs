//! The engine's counters, for the live metrics and monitoring systems.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hdrhistogram::Histogram as Hdr;
use parking_lot::Mutex;

use crate::model::{Execution, FailureKind, Status};
use crate::runtime::RuntimeStats;

/// The number of time slices of [`SLICE`] that the live percentiles cover.
const SLICES: usize = 6;
const SLICE: Duration = Duration::from_secs(10);
/// The upper bounds of the histogram buckets, in microseconds.
const BOUNDS: [u64; 15] = [
    50,
    100,
    250,
    500,
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    100_000,
    250_000,
    1_000_000,
    5_000_000,
    30_000_000,
    120_000_000,
];
const OUTCOMES: [&str; 7] = [
    "completed",
    "user_error",
    "timeout",
    "out_of_memory",
    "stack_overflow",
    "cancelled",
    "platform",
];

/// Counters and gauges since the start, for monitoring systems. Counters never decrease.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct LiveCounters {
    /// Executions waiting for an instance.
    pub queued: usize,
    /// Running executions.
    pub running: usize,
    /// Executions that have begun and hold no instance, because their code waits.
    pub waiting: usize,
    /// Instances.
    pub instances: usize,
    /// Asynchronous executions that wait until their retry is due.
    pub waiting_retries: usize,
    /// Ended executions by outcome: `completed`, or the failure's kind.
    pub outcomes: Vec<(&'static str, u64)>,
    /// Attempts with a cold start.
    pub cold_starts: u64,
    /// Executions refused because the queue was full.
    pub rejected: u64,
    /// Retries scheduled.
    pub retries: u64,
    /// Threads abandoned because their call did not return after it was stopped.
    pub abandoned: u64,
    /// HTTP requests of functions that ended, redirects included.
    pub requests: u64,
    /// Of these, the ones that a rule refused.
    pub refused_requests: u64,
    /// Executions that became dead letters.
    pub dead_letters: u64,
    /// Attempts to deliver a result that succeeded.
    pub delivered: u64,
    /// Attempts to deliver a result that failed.
    pub undelivered: u64,
    /// Run times of attempts.
    pub duration: Histogram,
    /// Times from acceptance to the first attempt.
    pub queue_time: Histogram,
    /// Commit times of groups of writes.
    pub store_commit: Histogram,
    /// The numbers of isolates.
    pub runtime: RuntimeStats,
}

/// A histogram with fixed bounds, as in Prometheus.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Histogram {
    /// Increasing upper bounds in seconds, each with the cumulative number of values at or below
    /// it.
    pub buckets: Vec<(f64, u64)>,
    /// The number of values.
    pub count: u64,
    /// The sum of the values, in seconds.
    pub sum: f64,
}

/// All counters.
#[derive(Default)]
pub(super) struct Counters {
    pub(super) rejected: AtomicU64,
    pub(super) retries: AtomicU64,
    pub(super) abandoned: AtomicU64,
    pub(super) requests: AtomicU64,
    pub(super) refused_requests: AtomicU64,
    pub(super) dead_letters: AtomicU64,
    pub(super) delivered: AtomicU64,
    pub(super) undelivered: AtomicU64,
    ended: Mutex<Ended>,
}

/// Counters that only the recorder writes, one batch at a time.
#[derive(Default)]
pub(super) struct Ended {
    pub(super) outcomes: [u64; OUTCOMES.len()],
    pub(super) cold_starts: u64,
    pub(super) duration: Buckets,
    pub(super) queue_time: Buckets,
    pub(super) commit: Buckets,
    recent: Recent,
}

/// The counters that the live metrics compare between two ticks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) completed: u64,
    pub(super) failed: u64,
    pub(super) cold_starts: u64,
}

impl Counters {
    pub(super) fn add(&self, counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Calls `change` with the counters of ended executions.
    pub(super) fn ended<T>(&self, change: impl FnOnce(&mut Ended) -> T) -> T {
        change(&mut self.ended.lock())
    }
}

impl Ended {
    /// Counts an ended execution; `now` is monotonic time.
    pub(super) fn count(&mut self, execution: &Execution, now: Duration) {
        let outcome = match (execution.status, &execution.failure) {
            (Status::Completed, _) | (_, None) => 0,
            (_, Some(failure)) => match failure.kind {
                FailureKind::UserError => 1,
                FailureKind::Timeout => 2,
                FailureKind::OutOfMemory => 3,
                FailureKind::StackOverflow => 4,
                FailureKind::Cancelled => 5,
                FailureKind::Platform => 6,
            },
        };
        if let Some(count) = self.outcomes.get_mut(outcome) {
            *count += 1;
        }
        if let Some(waited) = execution.queue_time() {
            self.queue_time.record(waited);
        }
        for attempt in &execution.attempts {
            self.cold_starts += u64::from(attempt.cold_start);
            self.duration.record(attempt.duration);
            self.recent.record(attempt.duration, now);
        }
    }

    /// Returns the ended executions by outcome.
    pub(super) fn outcomes(&self) -> Vec<(&'static str, u64)> {
        OUTCOMES.into_iter().zip(self.outcomes).collect()
    }

    pub(super) fn seen(&self) -> Seen {
        let [completed, failed @ ..] = self.outcomes;
        Seen {
            completed,
            failed: failed.iter().sum(),
            cold_starts: self.cold_starts,
        }
    }

    /// Returns the median, 95th and 99th percentile of the run times of the last minute.
    pub(super) fn percentiles(&mut self, now: Duration) -> [Duration; 3] {
        self.recent.percentiles(now)
    }
}

/// A histogram with fixed bounds.
#[derive(Default)]
pub(super) struct Buckets {
    counts: [u64; BOUNDS.len()],
    count: u64,
    sum_micros: u64,
}

impl Buckets {
    pub(super) fn record(&mut self, value: Duration) {
        let micros = u64::try_from(value.as_micros()).unwrap_or(u64::MAX);
        let at = BOUNDS.partition_point(|bound| *bound < micros);
        if let Some(count) = self.counts.get_mut(at) {
            *count += 1;
        }
        self.count += 1;
        self.sum_micros = self.sum_micros.saturating_add(micros);
    }

    #[expect(clippy::cast_precision_loss, reason = "the values are for monitoring")]
    pub(super) fn snapshot(&self) -> Histogram {
        let mut below = 0;
        let cumulative = |(bound, count): (&u64, &u64)| {
            below += count;
            (*bound as f64 / 1e6, below)
        };
        Histogram {
            buckets: BOUNDS.iter().zip(&self.counts).map(cumulative).collect(),
            count: self.count,
            sum: self.sum_micros as f64 / 1e6,
        }
    }
}

/// The run times of the last minute, in slices that are dropped one at a time.
#[derive(Default)]
struct Recent {
    slices: VecDeque<(Duration, Hdr<u64>)>,
}

impl Recent {
    fn record(&mut self, value: Duration, now: Duration) {
        if self
            .slices
            .back()
            .is_none_or(|(start, _)| now >= *start + SLICE)
        {
            // Two significant digits from a microsecond to an hour: a few KiB.
            if let Ok(slice) = Hdr::new_with_bounds(1, 3_600_000_000, 2) {
                self.slices.push_back((now, slice));
            }
            while self.slices.len() > SLICES {
                self.slices.pop_front();
            }
        }
        if let Some((_, slice)) = self.slices.back_mut() {
            slice.saturating_record(u64::try_from(value.as_micros()).unwrap_or(u64::MAX).max(1));
        }
    }

    fn percentiles(&mut self, now: Duration) -> [Duration; 3] {
        let minute = SLICE * u32::try_from(SLICES).unwrap_or(1);
        while self
            .slices
            .front()
            .is_some_and(|(start, _)| *start + minute + SLICE < now)
        {
            self.slices.pop_front();
        }
        let mut slices = self.slices.iter().map(|(_, slice)| slice);
        let Some(mut all) = slices.next().cloned() else {
            return [Duration::ZERO; 3];
        };
        for slice in slices {
            // All slices have the same bounds, so adding cannot fail.
            let _ = all.add(slice);
        }
        [0.5, 0.95, 0.99].map(|quantile| Duration::from_micros(all.value_at_quantile(quantile)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_on_a_bound_counts_in_the_bucket_of_that_bound() {
        let mut buckets = Buckets::default();
        buckets.record(Duration::from_micros(100));
        buckets.record(Duration::from_micros(101));
        buckets.record(Duration::from_secs(1_000));
        let histogram = buckets.snapshot();
        assert_eq!(histogram.buckets[1], (0.000_1, 1));
        assert_eq!(histogram.buckets[2], (0.000_25, 2));
        assert_eq!(histogram.buckets.last().unwrap().1, 2);
        assert_eq!(histogram.count, 3);
    }

    #[test]
    fn live_percentiles_drop_values_older_than_a_minute() {
        let mut recent = Recent::default();
        recent.record(Duration::from_secs(10), Duration::ZERO);
        for second in 20..=90 {
            recent.record(Duration::from_millis(1), Duration::from_secs(second));
        }
        let [_, _, p99] = recent.percentiles(Duration::from_secs(90));
        assert!(p99 < Duration::from_millis(2), "{p99:?}");
        assert_eq!(
            recent.percentiles(Duration::from_secs(1_000)),
            [Duration::ZERO; 3]
        );
    }
}
