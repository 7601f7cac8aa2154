//! Stopping a call from outside.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::model::{Failure, FailureKind};

/// Why a call is stopped from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum StopReason {
    /// The timeout has passed.
    Timeout = 1,
    /// The execution was cancelled.
    Cancelled = 2,
    /// The platform shuts down.
    Shutdown = 3,
    /// Another platform has taken over the execution.
    TakenOver = 4,
}

impl StopReason {
    /// Returns the reason with this number; 0 means no reason.
    pub(crate) const fn numbered(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Timeout),
            2 => Some(Self::Cancelled),
            3 => Some(Self::Shutdown),
            4 => Some(Self::TakenOver),
            _ => None,
        }
    }

    /// Returns the failure of a call that was stopped for this reason.
    pub fn failure(self, timeout: Duration) -> Failure {
        match self {
            Self::Timeout => Failure::new(
                FailureKind::Timeout,
                format!("timed out after {} ms", timeout.as_millis()),
            ),
            Self::Cancelled => Failure::new(FailureKind::Cancelled, "cancelled"),
            Self::Shutdown => {
                Failure::new(FailureKind::Platform, "interrupted: the platform shut down")
            }
            Self::TakenOver => Failure::new(
                FailureKind::Platform,
                "interrupted: another platform took over the execution",
            ),
        }
    }
}

/// Stops a running call. Only the first reason counts.
#[derive(Default)]
pub struct StopSignal {
    reason: AtomicU8,
    stopped: Notify,
}

impl StopSignal {
    /// Stops the call.
    pub fn stop(&self, reason: StopReason) {
        let first =
            self.reason
                .compare_exchange(0, reason as u8, Ordering::Release, Ordering::Relaxed);
        if first.is_ok() {
            self.stopped.notify_waiters();
        }
    }

    /// Returns why the call must stop; `None` if it may continue. Costs one load.
    pub fn reason(&self) -> Option<StopReason> {
        StopReason::numbered(self.reason.load(Ordering::Acquire))
    }

    /// Waits until the call is stopped; returns at once if it has been stopped already.
    pub async fn stopped(&self) -> StopReason {
        loop {
            let notified = self.stopped.notified();
            tokio::pin!(notified);
            // From here on a notification counts, so that none is missed after the check.
            notified.as_mut().enable();
            if let Some(reason) = self.reason() {
                return reason;
            }
            notified.await;
        }
    }
}

impl fmt::Debug for StopSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopSignal")
            .field("reason", &self.reason())
            .finish_non_exhaustive()
    }
}
