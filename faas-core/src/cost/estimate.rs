//! Cost estimates for executions.

use std::time::Duration;

use super::price::units;
use super::{PriceBook, Usage, price};
use crate::model::{Basis, Cost, KvUsage, NanoDollars, Tier};

/// An estimate of the next execution's cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// The assumed duration.
    pub duration: Duration,
    /// The origin of that duration.
    pub basis: Basis,
    /// The price of one attempt with a cold start and the input's bytes.
    pub cost: Cost,
    /// The price at the 5th percentile of the recent durations, warm.
    pub low: NanoDollars,
    /// The price at the 95th percentile, cold.
    pub high: NanoDollars,
}

/// Estimates the cost of an execution in `tier` with an input of `bytes` bytes. The duration is
/// `given`, or else the median of the function's `recent` durations, which may be in any order.
pub fn estimate(
    tier: Tier,
    bytes: u64,
    given: Option<Duration>,
    recent: &[Duration],
    book: &PriceBook,
) -> Estimate {
    const UNKNOWN: Duration = Duration::from_secs(1);
    let mut sorted = recent.to_vec();
    sorted.sort_unstable();
    let (duration, basis) = match (given, percentile(&sorted, 50)) {
        (Some(given), _) => (given, Basis::Given),
        (None, Some(median)) => (median, Basis::History),
        (None, None) => (UNKNOWN, Basis::Default),
    };
    let at = |duration, cold_starts| {
        price(
            &Usage {
                tier,
                units: units(duration),
                cold_starts,
                retries: 0,
                bytes,
                // A call that waits for nothing uses the processor all the time.
                cpu_nanos: u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX),
                // How often the code uses keys and values is not known beforehand.
                kv: KvUsage::default(),
            },
            book,
        )
    };
    let cost = at(duration, 1);
    let low = at(percentile(&sorted, 5).unwrap_or(duration).min(duration), 0).total();
    let high = at(percentile(&sorted, 95).unwrap_or(duration).max(duration), 1).total();
    Estimate {
        duration,
        basis,
        cost,
        low,
        high,
    }
}

/// Returns the nearest-rank percentile of `sorted`.
pub(crate) fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_function_without_history_is_assumed_to_run_for_one_second() {
        let estimate = estimate(Tier::Basic, 0, None, &[], &PriceBook::default());
        assert_eq!(estimate.duration, Duration::from_secs(1));
        assert_eq!(estimate.basis, Basis::Default);
        // Ten started units and a cold start; `low` has no cold start.
        assert_eq!(estimate.cost.total().to_string(), "0.00105");
        assert_eq!(estimate.high, estimate.cost.total());
        assert_eq!(estimate.low.to_string(), "0.001");
    }

    #[test]
    fn a_given_duration_takes_precedence_over_history_and_history_over_the_default() {
        let book = PriceBook::default();
        let recent = [millis(900), millis(100), millis(300)];
        let history = estimate(Tier::Basic, 0, None, &recent, &book);
        assert_eq!(history.basis, Basis::History);
        assert_eq!(history.duration, millis(300), "the median");
        let given = estimate(Tier::Basic, 0, Some(millis(50)), &recent, &book);
        assert_eq!((given.basis, given.duration), (Basis::Given, millis(50)));
    }

    #[test]
    fn percentiles_use_the_nearest_rank() {
        let sorted: Vec<_> = (1..=100).map(millis).collect();
        assert_eq!(percentile(&sorted, 5), Some(millis(5)));
        assert_eq!(percentile(&sorted, 50), Some(millis(50)));
        assert_eq!(percentile(&sorted, 95), Some(millis(95)));
        assert_eq!(percentile(&sorted[..1], 95), Some(millis(1)));
        assert_eq!(percentile(&[], 50), None);
    }

    proptest! {
        #[test]
        fn the_price_is_between_low_and_high(
            tier in proptest::sample::select(Tier::ALL.to_vec()),
            bytes in 0_u64..10_000_000,
            given in proptest::option::of(0_u64..1_000_000),
            recent in proptest::collection::vec(0_u64..1_000_000, 0..40),
        ) {
            let recent: Vec<_> = recent.into_iter().map(millis).collect();
            let book = PriceBook::default();
            let estimate = estimate(tier, bytes, given.map(millis), &recent, &book);
            prop_assert!(estimate.low <= estimate.cost.total());
            prop_assert!(estimate.cost.total() <= estimate.high);
            if given.is_none() && !recent.is_empty() {
                // The median: at least half are at or below it, and at least half at or above it.
                let at_or_below = recent.iter().filter(|d| **d <= estimate.duration).count();
                let at_or_above = recent.iter().filter(|d| **d >= estimate.duration).count();
                prop_assert!(2 * at_or_below >= recent.len());
                prop_assert!(2 * at_or_above >= recent.len());
            }
        }
    }
}
