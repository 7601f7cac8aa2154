//! Time, injected.
//!
//! Only this module calls the system's clocks and timers. All other code takes a [`Clock`], so that
//! tests can set the time and need not wait.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::model::Timestamp;

/// The future that [`Clock::sleep`] returns.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where the platform takes the time from.
///
/// A clock that is a day ahead of the system's:
///
/// ```
/// use std::time::Duration;
/// use faas_core::clock::{Clock, Sleep, SystemClock};
/// use faas_core::model::Timestamp;
///
/// #[derive(Debug)]
/// struct Tomorrow(SystemClock);
///
/// impl Clock for Tomorrow {
///     fn now(&self) -> Timestamp {
///         self.0.now() + Duration::from_secs(24 * 3600)
///     }
///
///     fn monotonic(&self) -> Duration {
///         self.0.monotonic()
///     }
///
///     fn sleep(&self, duration: Duration) -> Sleep {
///         self.0.sleep(duration)
///     }
/// }
///
/// let clock = Tomorrow(SystemClock::new());
/// assert!(clock.now() > clock.0.now());
/// ```
pub trait Clock: Debug + Send + Sync + 'static {
    /// Returns the wall-clock time in UTC. It can jump when the system's clock is set.
    fn now(&self) -> Timestamp;

    /// Returns the time since a fixed moment. It never goes back: use it to measure durations.
    fn monotonic(&self) -> Duration;

    /// Resolves after `duration`.
    fn sleep(&self, duration: Duration) -> Sleep;

    /// Resolves when [`monotonic`](Clock::monotonic) has reached `moment`.
    ///
    /// The default asks for the time, then sleeps; override it for a clock that is advanced by hand.
    fn sleep_until(&self, moment: Duration) -> Sleep {
        self.sleep(moment.saturating_sub(self.monotonic()))
    }
}

/// The system's clock, with tokio's timers.
#[derive(Debug, Clone)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// Creates a clock whose monotonic origin is now.
    #[expect(
        clippy::disallowed_methods,
        reason = "the only place that reads the system clock"
    )]
    pub fn new() -> Self {
        Self {
            origin: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the only place that reads the system clock"
    )]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the only place that uses tokio's timers"
    )]
    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock that a test advances. Clones share the time.
#[derive(Debug, Clone)]
pub struct ManualClock {
    state: Arc<Mutex<ManualState>>,
}

#[derive(Debug)]
struct ManualState {
    start: Timestamp,
    elapsed: Duration,
    serial: u64,
    sleepers: BTreeMap<(Duration, u64), oneshot::Sender<()>>,
}

impl ManualState {
    fn sleep(&mut self, duration: Duration) -> Sleep {
        if duration.is_zero() {
            return Box::pin(std::future::ready(()));
        }
        let (wake, woken) = oneshot::channel();
        self.serial += 1;
        let key = (self.elapsed + duration, self.serial);
        self.sleepers.insert(key, wake);
        Box::pin(async move {
            // The sender is dropped only with the clock; then the time cannot advance any more.
            if woken.await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

impl ManualClock {
    /// Creates a clock that shows `start`.
    pub fn new(start: Timestamp) -> Self {
        let state = ManualState {
            start,
            elapsed: Duration::ZERO,
            serial: 0,
            sleepers: BTreeMap::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Advances the time by `step` and wakes the sleepers that are due.
    pub fn advance(&self, step: Duration) {
        let mut state = self.state.lock();
        state.elapsed += step;
        let after = state.elapsed + Duration::from_nanos(1);
        let later = state.sleepers.split_off(&(after, 0));
        let due = std::mem::replace(&mut state.sleepers, later);
        drop(state);
        for (_, sleeper) in due {
            // The sleeper may have been dropped.
            let _ = sleeper.send(());
        }
    }

    /// Sets only the wall clock, as an administrator or NTP does. Monotonic time is unaffected.
    pub fn set_now(&self, now: Timestamp) {
        let mut state = self.state.lock();
        state.start = now - state.elapsed;
    }

    /// Returns the number of pending sleeps.
    pub fn sleepers(&self) -> usize {
        self.state
            .lock()
            .sleepers
            .values()
            .filter(|sleeper| !sleeper.is_closed())
            .count()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let state = self.state.lock();
        state.start + state.elapsed
    }

    fn monotonic(&self) -> Duration {
        self.state.lock().elapsed
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.state.lock().sleep(duration)
    }

    fn sleep_until(&self, moment: Duration) -> Sleep {
        let mut state = self.state.lock();
        let duration = moment.saturating_sub(state.elapsed);
        state.sleep(duration)
    }
}
