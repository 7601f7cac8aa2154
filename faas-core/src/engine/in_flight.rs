//! The accepted executions that this platform has in hand, from when it takes one up until the store
//! has its end.
//!
//! An execution that is in hand is not taken up a second time. While one of its attempts is claimed
//! in a store that other platforms use too, the lease is renewed. And only the platform that has an
//! execution in hand knows whether a claimed attempt has begun to run.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::model::{ExecutionId, Timestamp};

/// All executions in hand. There are as many as there are jobs and waiting retries.
#[derive(Default)]
pub(super) struct InFlight {
    held: Mutex<HashMap<ExecutionId, Held>>,
}

/// How far the next attempt of an execution in hand has come.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    claimed: Option<Claimed>,
    began: Option<Timestamp>,
}

/// An attempt that was claimed in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claimed {
    pub(super) id: ExecutionId,
    pub(super) attempt: u32,
    /// How long its lease lasts.
    pub(super) lasts: Duration,
}

/// One execution in hand. It travels with the work; dropping it gives the execution up.
pub(super) struct InFlightGuard {
    in_flight: Arc<InFlight>,
    id: ExecutionId,
}

impl InFlight {
    /// Takes an execution in hand; `None` if it already is.
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

    /// Of an execution in hand: when its claimed attempt began to run, if it has.
    pub(super) fn began(&self, id: ExecutionId) -> Option<Option<Timestamp>> {
        self.held.lock().get(&id).map(|held| held.began)
    }

    /// How many claimed attempts have not begun to run.
    pub(super) fn not_begun(&self) -> usize {
        let held = self.held.lock();
        let not_begun = |held: &&Held| held.claimed.is_some() && held.began.is_none();
        held.values().filter(not_begun).count()
    }

    /// All attempts in hand that are claimed and not settled.
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

    /// Its next attempt was claimed, with a lease of this length.
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

    /// The claimed attempt begins to run.
    pub(super) fn begin(&self, at: Timestamp) {
        if let Some(held) = self.in_flight.held.lock().get_mut(&self.id) {
            held.began = Some(at);
        }
    }

    /// Its attempt was settled, and another will follow. The execution stays in hand until then, so
    /// that nothing here takes it up before it is due.
    pub(super) fn settle(&self) {
        self.in_flight.set(self.id, Held::default());
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.in_flight.held.lock().remove(&self.id);
    }
}
