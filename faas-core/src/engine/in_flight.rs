//! The executions in flight: accepted executions that this platform has taken up, until their end
//! is stored.
//!
//! An execution in flight is not taken up again. On a shared store, the lease of its claimed
//! attempt is renewed. Only the platform on which an execution is in flight knows whether its
//! claimed attempt has begun to run.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::model::{ExecutionId, Timestamp};

/// All executions in flight. The number is bounded by the number of jobs and waiting retries.
#[derive(Default)]
pub(super) struct InFlight {
    held: Mutex<HashMap<ExecutionId, Held>>,
}

/// The progress of the next attempt.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    claimed: Option<Claimed>,
    began: Option<Timestamp>,
}

/// An attempt that is claimed in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claimed {
    pub(super) id: ExecutionId,
    pub(super) attempt: u32,
    /// The length of its lease.
    pub(super) lasts: Duration,
}

/// An execution in flight. The guard moves with the work; when it is dropped, the execution is no
/// longer in flight.
pub(super) struct InFlightGuard {
    in_flight: Arc<InFlight>,
    id: ExecutionId,
}

impl InFlight {
    /// Adds an execution; `None` if it is already in flight.
    pub(super) fn take(self: &Arc<Self>, id: ExecutionId) -> Option<InFlightGuard> {
        let mut held = self.held.lock();
        if held.contains_key(&id) {
            return None;
        }
        held.insert(id, Held::default());
        Some(InFlightGuard {
            in_flight: self.clone(),
            id,
        })
    }

    pub(super) fn has(&self, id: ExecutionId) -> bool {
        self.held.lock().contains_key(&id)
    }

    /// Returns when the claimed attempt began to run, if it has; the outer `None` means that the
    /// execution is not in flight.
    pub(super) fn began(&self, id: ExecutionId) -> Option<Option<Timestamp>> {
        self.held.lock().get(&id).map(|held| held.began)
    }

    /// Returns the number of claimed attempts that have not begun to run.
    pub(super) fn not_begun(&self) -> usize {
        let held = self.held.lock();
        let not_begun = |held: &&Held| held.claimed.is_some() && held.began.is_none();
        held.values().filter(not_begun).count()
    }

    /// Returns all claimed attempts that are not settled.
    pub(super) fn claimed(&self) -> Vec<Claimed> {
        let held = self.held.lock();
        held.values().filter_map(|held| held.claimed).collect()
    }

    fn set(&self, id: ExecutionId, now: Held) {
        self.held.lock().insert(id, now);
    }
}

impl InFlightGuard {
    pub(super) const fn id(&self) -> ExecutionId {
        self.id
    }

    /// Records that the next attempt was claimed, with a lease of this length.
    pub(super) fn claim(&self, attempt: u32, lasts: Duration) {
        let claimed = Claimed {
            id: self.id,
            attempt,
            lasts,
        };
        let held = Held {
            claimed: Some(claimed),
            began: None,
        };
        self.in_flight.set(self.id, held);
    }

    /// Records that the claimed attempt begins to run.
    pub(super) fn begin(&self, at: Timestamp) {
        if let Some(held) = self.in_flight.held.lock().get_mut(&self.id) {
            held.began = Some(at);
        }
    }

    /// Records that the attempt was settled and another will follow. The execution stays in flight
    /// until then, so that this platform does not take it up before it is due.
    pub(super) fn settle(&self) {
        self.in_flight.set(self.id, Held::default());
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.in_flight.held.lock().remove(&self.id);
    }
}
