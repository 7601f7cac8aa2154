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
        let bytes = per_second.saturating_mul(window.as_secs().max(1));
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
    pub(crate) fn count(&mut self, bytes: usize) {
        if let Some(window) = &mut self.window {
            window.transferred = window.transferred.saturating_add(bytes as u64);
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
