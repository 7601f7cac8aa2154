//! Accumulates the result of a load test, call by call.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::error::Error;
use crate::model::{ErrorGroup, Execution, LoadResult, ResponseTimes, Second, Status, UsageSums};

/// Response times above an hour count as an hour, in microseconds.
const LONGEST: u64 = 3_600_000_000;
/// The maximum number of distinct error messages, and the length of a message in bytes.
const ERRORS: usize = 50;
const MESSAGE: usize = 300;

/// Accumulates calls.
pub(crate) struct Tally {
    result: LoadResult,
    times: Histogram<u64>,
    errors: HashMap<String, u64>,
    /// The current second.
    now: u32,
    current: UsageSums,
    current_refused: u64,
    current_times: Histogram<u64>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            result: LoadResult::default(),
            times: histogram(),
            errors: HashMap::new(),
            now: 0,
            current: UsageSums::default(),
            current_refused: 0,
            current_times: histogram(),
        }
    }

    /// Adds a call that returned.
    pub(crate) fn add(&mut self, response_time: Duration, outcome: &Result<Arc<Execution>, Error>) {
        self.time(response_time);
        match outcome {
            Ok(execution) => {
                let sums = UsageSums::of(execution);
                self.result.sums.add(&sums);
                self.current.add(&sums);
                if execution.status != Status::Completed {
                    let failure = execution.failure.as_ref();
                    self.error(failure.map_or("failed", |failure| &failure.message));
                }
            }
            Err(error) => self.refuse(&error.to_string()),
        }
    }

    /// Adds a call that was due but not started in time.
    pub(crate) fn add_not_begun(&mut self, response_time: Duration) {
        self.time(response_time);
        self.refuse("not started in time: the function cannot keep up with the rate");
    }

    fn time(&mut self, response_time: Duration) {
        let micros = u64::try_from(response_time.as_micros()).unwrap_or(u64::MAX);
        let micros = micros.clamp(1, LONGEST);
        self.times.saturating_record(micros);
        self.current_times.saturating_record(micros);
    }

    fn refuse(&mut self, message: &str) {
        self.result.refused += 1;
        self.current_refused += 1;
        self.error(message);
    }

    fn error(&mut self, message: &str) {
        let end = message.floor_char_boundary(MESSAGE);
        let message = message.get(..end).unwrap_or_default();
        if let Some(count) = self.errors.get_mut(message) {
            *count += 1;
            return;
        }
        let key = if self.errors.len() < ERRORS {
            message
        } else {
            "other errors"
        };
        *self.errors.entry(key.to_owned()).or_default() += 1;
    }

    /// Ends the current second, with this number of instances.
    pub(crate) fn end_second(&mut self, instances: usize) {
        let current = std::mem::take(&mut self.current);
        let refused = std::mem::take(&mut self.current_refused);
        self.result.timeline.push(Second {
            second: self.now,
            completed: current.executions - current.failed,
            failed: current.failed + refused,
            p95: at(&self.current_times, 0.95),
            instances,
            cost: current.total(),
        });
        self.current_times.reset();
        self.now += 1;
    }

    /// Returns the result so far.
    pub(crate) fn result(&self, elapsed: Duration) -> LoadResult {
        let times = &self.times;
        let mut errors: Vec<_> = self
            .errors
            .iter()
            .map(|(message, count)| ErrorGroup {
                message: message.clone(),
                count: *count,
            })
            .collect();
        errors.sort_by(|a, b| (b.count, &a.message).cmp(&(a.count, &b.message)));
        let response_time = if times.is_empty() {
            ResponseTimes::default()
        } else {
            ResponseTimes {
                min: Duration::from_micros(times.min()),
                mean: Duration::try_from_secs_f64(times.mean() / 1e6).unwrap_or_default(),
                p50: at(times, 0.5),
                p90: at(times, 0.9),
                p95: at(times, 0.95),
                p99: at(times, 0.99),
                max: Duration::from_micros(times.max()),
            }
        };
        LoadResult {
            elapsed,
            response_time,
            errors,
            ..self.result.clone()
        }
    }
}

fn histogram() -> Histogram<u64> {
    #[expect(clippy::expect_used, reason = "the arguments are constants")]
    Histogram::new_with_bounds(1, LONGEST, 3).expect("a range, and three digits")
}

fn at(times: &Histogram<u64>, quantile: f64) -> Duration {
    Duration::from_micros(times.value_at_quantile(quantile))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::fixtures::Fixtures;

    #[test]
    fn sums_match_the_executions_and_the_seconds() {
        let mut fixtures = Fixtures::new();
        let function = fixtures.id();
        let mut tally = Tally::new();
        let mut expected = UsageSums::default();
        for n in 0..500_u32 {
            let execution = fixtures.ended(function);
            expected.add(&UsageSums::of(&execution));
            tally.add(Duration::from_millis(n.into()), &Ok(execution.into()));
            if n % 7 == 0 {
                tally.add(Duration::from_secs(9), &Err(Error::Inactive));
            }
            if n % 50 == 49 {
                tally.end_second(3);
            }
        }
        let result = tally.result(Duration::from_secs(10));
        assert_eq!(result.sums, expected);
        assert_eq!((result.total(), result.refused), (572, 72));
        let cost = result.timeline.iter().map(|second| second.cost.get());
        assert_eq!(cost.sum::<i64>(), expected.total().get());
        let ended = result.timeline.iter().map(|one| one.completed + one.failed);
        assert_eq!(ended.sum::<u64>(), 572);
        assert_eq!(
            result.errors.iter().map(|one| one.count).sum::<u64>(),
            result.failed()
        );
        assert!(result.errors.is_sorted_by(|a, b| a.count >= b.count));
        assert!(result.errors.len() <= ERRORS + 1);
        assert_eq!(result.response_time.min, Duration::from_micros(1));
        assert!(result.response_time.max >= Duration::from_secs(9));
    }

    #[test]
    fn percentiles_are_precise_to_three_digits() {
        let mut tally = Tally::new();
        let mut fixtures = Fixtures::new();
        let function = fixtures.id();
        for millis in 1..=1_000 {
            tally.add(
                Duration::from_millis(millis),
                &Ok(fixtures.ended(function).into()),
            );
        }
        let times = tally.result(Duration::ZERO).response_time;
        for (percentile, millis) in [
            (times.p50, 500.0),
            (times.p90, 900.0),
            (times.p95, 950.0),
            (times.p99, 990.0),
            (times.mean, 500.5),
        ] {
            let found = percentile.as_secs_f64() * 1e3;
            assert!((found / millis - 1.0).abs() < 0.001, "{found} {millis}");
        }
    }

    #[test]
    fn the_result_without_calls_is_zero() {
        assert_eq!(Tally::new().result(Duration::ZERO), LoadResult::default());
    }
}
