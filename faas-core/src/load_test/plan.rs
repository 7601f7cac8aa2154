//! The parameters of a load test and its estimate.

use std::time::Duration;

use crate::cost::Estimate;
use crate::error::Error;
use crate::model::{FunctionId, Json, LoadEstimate, NanoDollars};

/// The maximum number of concurrent calls.
const MAX_CONCURRENCY: u32 = 100;
/// The shortest and the longest duration.
const DURATION: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));
/// The highest rate, in calls per second.
const MAX_RATE: f64 = 10_000.0;

/// A load test to start.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NewLoadTest {
    /// The function to call.
    pub function: FunctionId,
    /// The maximum number of concurrent calls: 1 to 100.
    pub concurrency: u32,
    /// How long new calls are started: 1 to 300 seconds.
    pub duration: Duration,
    /// Calls per second, up to 10,000, in an open loop; `None`: closed loop.
    pub rate: Option<f64>,
    /// The template of the input: in a string, `{{i}}` is replaced by the number of the call, from
    /// 0, and `{{random}}` by a random integer. A string that consists of one placeholder becomes a
    /// number.
    pub input: Json,
}

impl NewLoadTest {
    /// A closed loop of 20 callers for 30 seconds with the input `{}`.
    pub const fn new(function: FunctionId) -> Self {
        Self {
            function,
            concurrency: 20,
            duration: Duration::from_secs(30),
            rate: None,
            input: Json::empty_object(),
        }
    }

    /// How many calls may be under way at once.
    #[must_use]
    pub const fn concurrency(mut self, calls: u32) -> Self {
        self.concurrency = calls;
        self
    }

    /// For how long calls are begun.
    #[must_use]
    pub const fn duration(mut self, duration: Duration) -> Self {
        self.duration = duration;
        self
    }

    /// Makes an open loop of so many calls per second.
    #[must_use]
    pub const fn rate(mut self, calls_per_second: f64) -> Self {
        self.rate = Some(calls_per_second);
        self
    }

    /// The template of the input.
    #[must_use]
    pub fn input(mut self, template: impl Into<Json>) -> Self {
        self.input = template.into();
        self
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let wrong = |text: String| Err(Error::Invalid(text));
        if !(1..=MAX_CONCURRENCY).contains(&self.concurrency) {
            return wrong(format!(
                "concurrency is {}: it must be from 1 to {MAX_CONCURRENCY}",
                self.concurrency
            ));
        }
        if !(DURATION.0..=DURATION.1).contains(&self.duration) {
            return wrong(format!(
                "the duration is {} s: it must be from {} to {} s",
                self.duration.as_secs_f64(),
                DURATION.0.as_secs(),
                DURATION.1.as_secs()
            ));
        }
        match self.rate {
            Some(rate) if !(rate > 0.0 && rate <= MAX_RATE) => wrong(format!(
                "the rate is {rate}: it must be above 0 and at most {MAX_RATE} calls per second"
            )),
            _ => Ok(()),
        }
    }

    /// Estimates the calls and the cost, if each call is like `one`, the platform has at most
    /// `max_instances`, and the machine has `processors`.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number of calls is an estimate; the cost of that number is exact"
    )]
    pub(crate) fn estimate(
        &self,
        one: &Estimate,
        max_instances: usize,
        processors: usize,
    ) -> LoadEstimate {
        // Every call has some overhead; without it, a function with zero duration would give an
        // infinite rate.
        const OVERHEAD: Duration = Duration::from_micros(50);
        // A longer function is assumed to wait mostly. A shorter one computes, so the processors
        // limit how many run at once.
        const COMPUTES: Duration = Duration::from_millis(20);
        let instances = if one.duration < COMPUTES {
            max_instances.min(processors)
        } else {
            max_instances
        };
        let at_once = f64::from(self.concurrency).min(instances as f64);
        let possible = at_once / (one.duration + OVERHEAD).as_secs_f64();
        let rate = self.rate.map_or(possible, |rate| rate.min(possible));
        let requests = (rate * self.duration.as_secs_f64()).ceil().max(1.0) as u64;
        // Each instance is assumed to start cold at most once.
        let cold = requests.min(at_once as u64);
        let warm = one.cost.total() - one.cost.cold_start;
        let times = |each: NanoDollars, count: u64| {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            NanoDollars::new(each.get().saturating_mul(count))
        };
        LoadEstimate {
            requests,
            duration: one.duration,
            basis: one.basis,
            total: times(warm, requests) + times(one.cost.cold_start, cold),
            low: times(one.low, requests),
            high: times(one.high, requests),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{PriceBook, estimate};
    use crate::model::Tier;

    fn requests(duration: Duration, concurrency: u32, rate: Option<f64>) -> u64 {
        let one = estimate(Tier::Basic, 0, Some(duration), &[], &PriceBook::default());
        let new = NewLoadTest {
            concurrency,
            rate,
            duration: Duration::from_secs(10),
            ..NewLoadTest::new(FunctionId::from_u128(1))
        };
        let estimate = new.estimate(&one, 10, 2);
        assert!(estimate.low <= estimate.total && estimate.total <= estimate.high);
        estimate.requests
    }

    #[test]
    fn waiting_functions_use_all_instances_and_computing_functions_all_processors() {
        let second = Duration::from_secs(1);
        assert_eq!(requests(second, 20, None), 100);
        assert_eq!(requests(second, 4, None), 40);
        assert_eq!(requests(Duration::from_micros(950), 20, None), 20_000);
        assert_eq!(requests(Duration::from_micros(950), 1, None), 10_000);
    }

    #[test]
    fn a_rate_is_limited_to_what_is_possible() {
        let second = Duration::from_secs(1);
        assert_eq!(requests(second, 20, Some(2.0)), 20);
        assert_eq!(requests(second, 20, Some(5_000.0)), 100);
    }
}
