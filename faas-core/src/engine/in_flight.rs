//! Which accepted executions this platform has in hand, from when it takes one up until the
//! store has its end.
//!
//! An execution that is in hand is not taken up a second time; and while an attempt of it is claimed
//! in a store that others use too, its lease is renewed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::model::ExecutionId;

/// All that is in hand. As many as there are jobs and retries that wait.
#[derive(Default)]
pub(super) struct InFlight {
    held: Mutex<HashMap<ExecutionId, Option<Claimed>>>,
}

/// An attempt that was claimed in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claimed {
    pub(super) id: ExecutionId,
    pub(super) attempt: u32,
    /// How long a lease of it lasts.
    pub(super) lasts: Duration,
}

/// One execution in hand. It travels with the work, and dropping it lets go.
pub(super) struct InFlightGuard {
    in_flight: Arc<InFlight>,
    id: ExecutionId,
}

impl InFlight {
    /// Takes an execution in hand; `None` when it is already.
    pub(super) fn take(self: &Arc<Self>, id: ExecutionId) -> Option<InFlightGuard> {
        let mut held = self.held.lock();
        if held.contains_key(&id) {
            return None;
        }
        held.insert(id, None);
        Some(InFlightGuard {
            in_flight: self.clone(),
            id,
        })
    }

    pub(super) fn has(&self, id: ExecutionId) -> bool {
        self.held.lock().contains_key(&id)
    }

    /// All attempts in hand that are claimed and not settled.
    pub(super) fn claimed(&self) -> Vec<Claimed> {
        self.held.lock().values().copied().flatten().collect()
    }
}

impl InFlightGuard {
    pub(super) const fn id(&self) -> ExecutionId {
        self.id
    }

    /// Its next attempt was claimed, by leases that last so long.
    pub(super) fn claim(&self, attempt: u32, lasts: Duration) {
        let claimed = Claimed {
            id: self.id,
            attempt,
            lasts,
        };
        self.in_flight.held.lock().insert(self.id, Some(claimed));
    }

    /// Its attempt was settled, and it is to be tried again. It stays in hand until then, so that
    /// nobody here takes it up before it is due.
    pub(super) fn settle(&self) {
        self.in_flight.held.lock().insert(self.id, None);
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.in_flight.held.lock().remove(&self.id);
    }
}
