//! What the host's side of an isolate knows of its current call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::console::Console;
use crate::clock::Clock;
use crate::model::{LogLevel, Timestamp};
use crate::runtime::step::LineRecorder;
use crate::runtime::{Call, StopReason, StopSignal, priority};

/// One call: its deadline, its console, and whether it was found stopped. That is remembered: user
/// code that swallows the interruption is interrupted again.
#[derive(Debug)]
pub(super) struct CallState {
    clock: Arc<dyn Clock>,
    /// On the monotonic clock.
    started: Duration,
    /// On the monotonic clock, in nanoseconds.
    deadline: AtomicU64,
    /// When the current step counts as long-running, as the deadline.
    long_at: AtomicU64,
    stop: Arc<StopSignal>,
    stopped: AtomicU8,
    /// The maximum size of the argument of a host call, in bytes.
    pub(super) host_bytes: usize,
    pub(super) console: Mutex<Console>,
}

impl CallState {
    /// Creates the state of a call that starts now.
    pub(super) fn start(
        call: &Call,
        clock: &Arc<dyn Clock>,
        recorder: Option<Arc<dyn LineRecorder>>,
    ) -> Arc<Self> {
        let now = clock.monotonic();
        let deadline = now.saturating_add(call.limits.timeout);
        Arc::new(Self {
            clock: clock.clone(),
            started: now,
            deadline: AtomicU64::new(nanoseconds(deadline)),
            long_at: AtomicU64::new(nanoseconds(now + priority::LONG)),
            stop: call.stop.clone(),
            stopped: AtomicU8::new(0),
            host_bytes: call.limits.host_bytes,
            console: Mutex::new(Console::new(&call.limits, recorder)),
        })
    }

    /// Another step begins. Extends the deadline by the time for which the call waited for an
    /// instance.
    pub(super) fn go_on(&self, paused: Duration) {
        let long_at = nanoseconds(self.clock.monotonic() + priority::LONG);
        self.long_at.store(long_at, Ordering::Relaxed);
        let deadline = self.deadline.load(Ordering::Relaxed);
        let later = deadline.saturating_add(nanoseconds(paused));
        self.deadline.store(later, Ordering::Relaxed);
    }

    /// The call has its result: what it has left behind may run for so much longer.
    pub(super) fn leave(&self, time: Duration) {
        let until = nanoseconds(self.clock.monotonic().saturating_add(time));
        self.deadline.fetch_min(until, Ordering::Relaxed);
    }

    /// Returns why the call must end now; `None` if it may continue.
    pub(super) fn stopped(&self) -> Option<StopReason> {
        if self.stopped.load(Ordering::Relaxed) == 0 {
            let reason = self.stop.reason().or_else(|| {
                let now = nanoseconds(self.clock.monotonic());
                if now >= self.long_at.load(Ordering::Relaxed) {
                    self.long_at.store(u64::MAX, Ordering::Relaxed);
                    priority::lower_this_thread();
                }
                (now >= self.deadline.load(Ordering::Relaxed)).then_some(StopReason::Timeout)
            })?;
            self.stopped.store(reason as u8, Ordering::Relaxed);
        }
        StopReason::numbered(self.stopped.load(Ordering::Relaxed))
    }

    /// Returns whether the call was found stopped before: user code may have been interrupted
    /// anywhere.
    pub(super) fn was_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) != 0
    }

    /// Returns the milliseconds on the clock of timers.
    pub(super) fn now_ms(&self) -> f64 {
        self.clock.monotonic().as_secs_f64() * 1000.0
    }

    /// Returns the monotonic time.
    pub(super) fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    /// Returns the start of the call, on the monotonic clock and by the wall clock.
    pub(super) fn started(&self) -> (Duration, Timestamp) {
        let since = self.clock.monotonic().saturating_sub(self.started);
        (self.started, self.clock.now() - since)
    }

    /// Writes a line to the console. Returns whether the next one will be dropped.
    pub(super) fn log(&self, level: LogLevel, message: String) -> bool {
        let mut console = self.console.lock();
        console.write(level, message, self.clock.now());
        console.is_full()
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The call of the step that an isolate runs, for its interrupt handler and its host functions.
#[derive(Debug, Default)]
pub(super) struct Current(Mutex<Option<Arc<CallState>>>);

/// The generator behind an isolate's `Math.random`. QuickJS seeds its own with the time when it
/// makes the context: that can be guessed, and forked isolates would all produce the same numbers.
#[derive(Debug, Default)]
pub(super) struct Dice(Mutex<fastrand::Rng>);

impl Dice {
    /// Returns a number from 0 up to 1, without 1.
    pub(super) fn throw(&self) -> f64 {
        self.0.lock().f64()
    }

    /// Restarts the generator with `seed`.
    #[cfg(target_os = "linux")]
    pub(super) fn seed(&self, seed: u64) {
        self.0.lock().seed(seed);
    }
}

impl Current {
    /// Makes `state` the current call until the guard is dropped.
    pub(super) fn enter(&self, state: &Arc<CallState>) -> Entered<'_> {
        *self.0.lock() = Some(state.clone());
        Entered(self)
    }

    /// Returns the current call; `None` outside of steps.
    pub(super) fn get(&self) -> Option<Arc<CallState>> {
        self.0.lock().clone()
    }
}

/// A call is current until this is dropped.
pub(super) struct Entered<'a>(&'a Current);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        *self.0.0.lock() = None;
    }
}
