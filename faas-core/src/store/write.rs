//! Writes of executions and scaling events, and their outcomes.

use std::sync::Arc;

#[cfg(doc)]
use super::IDEMPOTENCY_WINDOW;
use super::Lease;
use crate::model::{Execution, ExecutionId, ScalingEvent, Schedule, Status};

/// One write of an execution or scaling event.
#[derive(Debug, Clone)]
pub enum Write {
    /// A new execution: a pending one that was accepted, or one that has ended already. The former
    /// is answered [`Written::Duplicate`] when its idempotency key was used for the same function
    /// within [`IDEMPOTENCY_WINDOW`] before its `created_at`.
    Insert(Arc<Execution>),
    /// Marks a pending execution as running with attempt number `attempt`. [`Written::Stale`]
    /// unless it is pending and `attempt` is one more than the stored number.
    Claim {
        /// The execution.
        id: ExecutionId,
        /// The number of the claimed attempt; the first is 1.
        attempt: u32,
        /// Who claims it, and until when. Only a shared store keeps it.
        lease: Lease,
    },
    /// Replaces the execution after its latest attempt: it has ended, or is pending again.
    /// [`Written::Stale`] unless the stored execution still is at the stage `from`.
    Settle {
        /// The execution as it is now.
        execution: Arc<Execution>,
        /// The stage it was at before: pending or running.
        from: Stage,
    },
    /// The firing of a schedule: inserts a pending execution without an idempotency key, and replaces
    /// the schedule, whose [`last`](Schedule::last) names the time of the firing and the execution; both
    /// or neither, even if the process ends meanwhile. [`Written::Stale`] unless the revision of the
    /// stored schedule is one less than that of `schedule`.
    ///
    /// A store without transactions may finish the firing of another platform instead, under the id
    /// that the other one chose; the answer is [`Written::Stale`] then. In no case does it insert two
    /// executions for the same time of a schedule.
    Fire {
        /// The execution.
        execution: Arc<Execution>,
        /// The schedule after the firing.
        schedule: Arc<Schedule>,
    },
    /// A scaling event.
    Scaling(ScalingEvent),
}

/// How far an execution has come. Of several writers that settle it from the same stage, the store
/// lets one succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stage {
    /// Pending, running, or ended.
    pub status: Status,
    /// How many attempts have been claimed.
    pub attempt: u32,
}

impl Stage {
    /// The stage of `execution`.
    pub const fn of(execution: &Execution) -> Self {
        Self {
            status: execution.status,
            attempt: execution.attempt,
        }
    }
}

/// The outcome of a [`Write`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is stored.
    Done,
    /// It was refused: another writer was faster. The caller then forgets the execution, so a write of
    /// its own that was made before must not be answered with this.
    Stale,
    /// It was refused: this execution was accepted before with the same idempotency key.
    Duplicate(ExecutionId),
}
