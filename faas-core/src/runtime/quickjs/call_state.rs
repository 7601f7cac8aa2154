//! What the host side of an isolate knows of the call that it is running.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::console::{Console, LineRecorder};
use crate::clock::Clock;
use crate::model::LogLevel;
use crate::runtime::{Call, StopReason};

/// One call: its deadline, its console, and whether it was told to stop. Once it was, it stays so:
/// user code that swallows the interruption is interrupted again.
#[derive(Debug)]
pub(super) struct CallState {
    clock: Arc<dyn Clock>,
    deadline: Duration,
    stopped: AtomicU8,
    pub(super) console: Mutex<Console>,
}

impl CallState {
    /// The state of a call that starts now, told when the call is stopped from outside.
    pub(super) fn start(
        call: &Call<'_>,
        clock: &Arc<dyn Clock>,
        recorder: Option<Arc<dyn LineRecorder>>,
    ) -> Arc<Self> {
        let state = Arc::new(Self {
            clock: clock.clone(),
            deadline: clock.monotonic().saturating_add(call.limits.timeout),
            stopped: AtomicU8::new(0),
            console: Mutex::new(Console::new(call.limits, recorder)),
        });
        let told = state.clone();
        call.stop.on_stop(move |reason| told.stop(reason));
        state
    }

    fn stop(&self, reason: StopReason) {
        // The first reason stays.
        let _ =
            self.stopped
                .compare_exchange(0, reason as u8, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Why the call is to end now, if it is.
    pub(super) fn stopped(&self) -> Option<StopReason> {
        if self.stopped.load(Ordering::Relaxed) == 0 && self.clock.monotonic() >= self.deadline {
            self.stop(StopReason::Timeout);
        }
        StopReason::numbered(self.stopped.load(Ordering::Relaxed))
    }

    /// Whether it was found stopped before: user code may have been interrupted anywhere.
    pub(super) fn was_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) != 0
    }

    /// The time left.
    pub(super) fn left(&self) -> Duration {
        self.deadline.saturating_sub(self.clock.monotonic())
    }

    /// Milliseconds on the clock that timers go by.
    pub(super) fn now_ms(&self) -> f64 {
        self.clock.monotonic().as_secs_f64() * 1000.0
    }

    /// Writes a line to the console and says whether the next one will be dropped.
    pub(super) fn log(&self, level: LogLevel, message: String) -> bool {
        let mut console = self.console.lock();
        console.write(level, message, self.clock.now());
        console.is_full()
    }
}

/// The call that an isolate is running, for its interrupt handler and its host functions.
#[derive(Debug, Default)]
pub(super) struct Current(Mutex<Option<Arc<CallState>>>);

/// Where an isolate's `Math.random` comes from. QuickJS's own is seeded with the time when the
/// context is made: anybody can guess it, and isolates forked from one would all draw the same.
#[derive(Debug, Default)]
pub(super) struct Dice(Mutex<fastrand::Rng>);

impl Dice {
    /// From 0 up to 1, without 1.
    pub(super) fn throw(&self) -> f64 {
        self.0.lock().f64()
    }

    /// Begins anew with `seed`.
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

    /// The current call; `None` while the isolate is made.
    pub(super) fn get(&self) -> Option<Arc<CallState>> {
        self.0.lock().clone()
    }
}

/// A call is current as long as this lives.
pub(super) struct Entered<'a>(&'a Current);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        *self.0.0.lock() = None;
    }
}
