//! How much run time each function has used, as a measure of whose turn it is.
//!
//! Start-time fair queueing: a function's *used* time grows while its calls run, and the function
//! with the least goes next. A function that begins to wait starts at the virtual time, which is the
//! used time of whoever took the last turn. It therefore neither saves up credit while it is idle
//! nor waits behind everything that others have ever used.
//!
//! Old use counts for less: a second of run time counts half as much a minute later. Decaying every
//! sum would cost time for each function. Instead, new charges weigh more as time goes on, which
//! gives the same order.

use std::cmp::Ordering;
use std::time::Duration;

/// After this time, a second of run time counts half.
const HALF_LIFE: Duration = Duration::from_secs(60);
/// Past this many half-lives all sums are scaled down, long before a double overflows.
const MOST_HALF_LIVES: f64 = 256.0;

/// Weighted run time. Only differences between two sums mean something.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Used(f64);

impl PartialEq for Used {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Used {}

impl PartialOrd for Used {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Used {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Used {
    /// This sum after [`VirtualTime::rescale`] returned `factor`.
    #[must_use]
    pub(super) fn scaled(self, factor: f64) -> Self {
        Self(self.0 * factor)
    }
}

/// The virtual time, and what a second of run time weighs.
#[derive(Debug, Default)]
pub(super) struct VirtualTime {
    now: Used,
    /// When a second weighed 1.
    epoch: Duration,
}

impl VirtualTime {
    /// Where a function that begins to wait starts.
    pub(super) const fn now(&self) -> Used {
        self.now
    }

    /// A function whose sum is `used` takes a turn.
    pub(super) fn advance(&mut self, used: Used) {
        self.now = self.now.max(used);
    }

    /// `used` after `calls` calls have run from `since` until `until`.
    pub(super) fn charge(
        &self,
        used: Used,
        calls: usize,
        since: Duration,
        until: Duration,
    ) -> Used {
        let ran = until.saturating_sub(since);
        if calls == 0 || ran.is_zero() {
            return used;
        }
        let middle = since + ran / 2;
        Used(used.0 + calls as f64 * ran.as_secs_f64() * self.weight(middle).exp2())
    }

    /// By how many seconds of run time, as they weigh at `at`, `used` is ahead of the virtual time.
    pub(super) fn lead(&self, used: Used, at: Duration) -> f64 {
        (used.0 - self.now.0).max(0.0) / self.weight(at).exp2()
    }

    /// When weights have become large: begins a new epoch and returns the factor that every other
    /// sum must be scaled by.
    pub(super) fn rescale(&mut self, at: Duration) -> Option<f64> {
        let half_lives = self.weight(at);
        if half_lives < MOST_HALF_LIVES {
            return None;
        }
        let factor = (-half_lives).exp2();
        self.epoch = at;
        self.now = self.now.scaled(factor);
        Some(factor)
    }

    /// The weight of a second at `at`, as a power of two.
    fn weight(&self, at: Duration) -> f64 {
        at.saturating_sub(self.epoch).as_secs_f64() / HALF_LIFE.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn run_time_counts_for_each_call_and_half_as_much_after_a_half_life() {
        let time = VirtualTime::default();
        let one = time.charge(Used::default(), 1, SECOND, 2 * SECOND);
        let three = time.charge(Used::default(), 3, SECOND, 2 * SECOND);
        assert!((time.lead(three, SECOND) / time.lead(one, SECOND) - 3.0).abs() < 1e-9);
        let later = time.lead(one, SECOND + HALF_LIFE);
        assert!((time.lead(one, SECOND) / later - 2.0).abs() < 1e-9);
    }

    #[test]
    fn rescaling_keeps_the_order_and_the_lead() {
        let mut time = VirtualTime::default();
        let at = HALF_LIFE * 300;
        let first = time.charge(Used::default(), 1, at - 2 * SECOND, at);
        time.advance(first);
        let second = time.charge(first, 1, at, at + SECOND);
        let lead = time.lead(second, at + SECOND);
        let factor = time.rescale(at + SECOND).unwrap();
        assert!((time.lead(second.scaled(factor), at + SECOND) / lead - 1.0).abs() < 1e-6);
        assert!(second.scaled(factor) > first.scaled(factor));
        assert_eq!(time.rescale(at + 2 * SECOND), None);
    }
}
