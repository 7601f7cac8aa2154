//! A sliding window over the latest values, in bounded memory.

use std::collections::VecDeque;
use std::time::Duration;

/// The maximum number of buckets of a window.
const MAX_BUCKETS: u32 = 600;
/// The minimum width of a bucket.
const MIN_WIDTH: Duration = Duration::from_millis(1);

/// Sums values in buckets of equal width and drops buckets older than its length.
#[derive(Debug, Clone)]
pub(super) struct Window {
    width: Duration,
    keep: u128,
    /// Oldest first.
    buckets: VecDeque<Bucket>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    index: u128,
    sum: u128,
    count: u64,
    max: usize,
}

impl Window {
    /// Creates a window over the last `length`, with buckets of `resolution` or as fine as the
    /// memory bound permits.
    pub(super) fn new(length: Duration, resolution: Duration) -> Self {
        let width = resolution.max(length / MAX_BUCKETS).max(MIN_WIDTH);
        Self {
            width,
            keep: buckets_in(length, width),
            buckets: VecDeque::new(),
        }
    }

    /// Adds `value` at the time `at`, which must not be before the previous one.
    pub(super) fn record(&mut self, at: Duration, value: usize) {
        let index = at.as_nanos() / self.width.as_nanos();
        match self.buckets.back_mut() {
            Some(last) if last.index >= index => {
                last.sum += value as u128;
                last.count += 1;
                last.max = last.max.max(value);
            }
            _ => self.buckets.push_back(Bucket {
                index,
                sum: value as u128,
                count: 1,
                max: value,
            }),
        }
        let oldest = index.saturating_sub(self.keep - 1);
        while self.buckets.front().is_some_and(|b| b.index < oldest) {
            self.buckets.pop_front();
        }
    }

    /// Returns the mean of the values of the last `span`; zero when there are none.
    pub(super) fn mean(&self, span: Duration) -> f64 {
        let (sum, count) = self
            .last(span)
            .fold((0, 0), |(sum, count), b| (sum + b.sum, count + b.count));
        if count == 0 {
            return 0.0;
        }
        sum as f64 / count as f64
    }

    /// Returns the largest value of the last `span`; zero when there are none.
    pub(super) fn max(&self, span: Duration) -> usize {
        self.last(span).map(|b| b.max).max().unwrap_or(0)
    }

    fn last(&self, span: Duration) -> impl Iterator<Item = &Bucket> {
        let newest = self.buckets.back().map_or(0, |b| b.index);
        let oldest = newest.saturating_sub(buckets_in(span, self.width) - 1);
        self.buckets
            .iter()
            .rev()
            .take_while(move |b| b.index >= oldest)
    }
}

fn buckets_in(span: Duration, width: Duration) -> u128 {
    span.as_nanos().div_ceil(width.as_nanos()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn mean_and_maximum_cover_only_the_last_span() {
        let mut window = Window::new(10 * SECOND, SECOND);
        for second in 0..20 {
            window.record(second * SECOND, second as usize);
        }
        let near = |mean: f64, expected: f64| assert!((mean - expected).abs() < 1e-9, "{mean}");
        near(window.mean(4 * SECOND), 17.5);
        near(window.mean(60 * SECOND), 14.5);
        assert_eq!(window.max(SECOND), 19);
        window.record(25 * SECOND, 1);
        assert_eq!(window.max(10 * SECOND), 19);
        assert_eq!(window.max(5 * SECOND), 1);
    }

    #[test]
    fn memory_is_bounded_for_any_window_length_and_number_of_values() {
        let mut window = Window::new(24 * 3600 * SECOND, Duration::ZERO);
        for step in 0..1_000_000 {
            window.record(step * SECOND, 1);
        }
        assert!(window.buckets.len() <= MAX_BUCKETS as usize);
        assert_eq!(window.max(24 * 3600 * SECOND), 1);
    }
}
