//! Whether a transfer moves: at least so many bytes within each window of time while it waits for
//! the other side.

use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

/// The slowest transfer that is tolerated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MinRate {
    /// The length of a window; zero tolerates everything.
    pub(crate) window: Duration,
    /// How many bytes must be transferred within a window.
    pub(crate) bytes: u64,
}

impl MinRate {
    /// At least `per_second` bytes a second on average over each `window`, and at least one byte.
    pub(crate) fn new(window: Duration, per_second: usize) -> Self {
        let per_second = u64::try_from(per_second).unwrap_or(u64::MAX);
        let millis = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
        let bytes = per_second.saturating_mul(millis) / 1_000;
        Self {
            window,
            bytes: bytes.max(1),
        }
    }
}

/// The progress of one transfer. It costs a timer only while the transfer waits.
pub(crate) struct Progress {
    rate: MinRate,
    window: Option<Window>,
}

struct Window {
    ticks: Interval,
    transferred: u64,
}

impl Progress {
    /// Nothing waits yet.
    pub(crate) const fn new(rate: MinRate) -> Self {
        Self { rate, window: None }
    }

    /// Counts bytes that were transferred.
    pub(crate) fn count(&mut self, bytes: u64) {
        if let Some(window) = &mut self.window {
            window.transferred = window.transferred.saturating_add(bytes);
        }
    }

    /// Nothing waits any more.
    pub(crate) fn finish(&mut self) {
        self.window = None;
    }

    /// Called whenever the transfer has to wait; is ready when it is too slow.
    pub(crate) fn poll_too_slow(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.rate.window.is_zero() {
            return Poll::Pending;
        }
        let window = self.window.get_or_insert_with(|| {
            let mut ticks = interval(self.rate.window);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            // The first tick would be now.
            ticks.reset();
            Window {
                ticks,
                transferred: 0,
            }
        });
        while window.ticks.poll_tick(cx).is_ready() {
            if window.transferred < self.rate.bytes {
                return Poll::Ready(());
            }
            window.transferred = 0;
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_a_window_follow_from_its_length_and_are_never_none() {
        let bytes = |millis, rate| MinRate::new(Duration::from_millis(millis), rate).bytes;
        assert_eq!(bytes(10_000, 1 << 10), 10 << 10);
        assert_eq!(bytes(100, 1 << 10), 102);
        assert_eq!(bytes(100, 0), 1);
        assert_eq!(
            MinRate::new(Duration::MAX, usize::MAX).bytes,
            u64::MAX / 1_000
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_transfer_is_too_slow_once_a_window_passes_with_too_few_bytes() {
        let rate = MinRate::new(Duration::from_secs(10), 10);
        let mut progress = Progress::new(rate);
        let mut windows = 0;
        std::future::poll_fn(|cx| {
            let polled = progress.poll_too_slow(cx);
            // 100 bytes are enough for a window, and 99 are not.
            progress.count(if windows < 3 { 100 } else { 99 });
            windows += 1;
            polled
        })
        .await;
        assert_eq!(windows, 5);
        progress.finish();
        let mut off = Progress::new(MinRate::new(Duration::ZERO, 10));
        let polled = std::future::poll_fn(|cx| Poll::Ready(off.poll_too_slow(cx))).await;
        assert!(polled.is_pending());
    }
}
