//! What the next execution will probably cost.

use std::time::Duration;

use super::price::units;
use super::{Cost, PriceBook, Usage, price};
use crate::model::{NanoDollars, Tier};

/// Where an estimate's duration comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The function's own recent executions.
    History,
    /// The caller named it.
    Given,
    /// Nothing is known yet: one second.
    Default,
}

/// What the next execution will probably cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// The duration that it assumes.
    pub duration: Duration,
    /// Where that comes from.
    pub basis: Basis,
    /// The price: one attempt, one cold start, the input's bytes.
    pub cost: Cost,
    /// The price at the 5th percentile of the recent durations, warm.
    pub low: NanoDollars,
    /// The price at their 95th percentile, cold.
    pub high: NanoDollars,
}

/// Estimates an execution in `tier` with an input of `bytes` bytes, from the function's `recent`
/// durations in any order, or from `given` when the caller named one.
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

/// The nearest-rank percentile of `sorted`.
pub(crate) fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}
