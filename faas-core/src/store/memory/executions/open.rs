//! An execution that has not ended, and the state in which a reader finds any execution.

use std::sync::Arc;

use crate::model::{Execution, ListedExecution, Status, Timestamp};
use crate::store::{Lease, PageBudget, Stage};

/// An execution as it is now. It is copied after the lock is released.
#[derive(Debug)]
pub(in crate::store::memory) enum Snapshot {
    Ended(Arc<Execution>),
    Pending(Arc<Execution>),
    Running(Arc<Execution>, u32),
}

impl Snapshot {
    pub(in crate::store::memory) fn into_execution(self) -> Execution {
        match self {
            Self::Ended(execution) | Self::Pending(execution) => Arc::unwrap_or_clone(execution),
            Self::Running(execution, attempt) => Execution {
                status: Status::Running,
                attempt,
                due_at: None,
                ..Arc::unwrap_or_clone(execution)
            },
        }
    }

    fn listed(self, budget: &mut PageBudget) -> ListedExecution {
        match self {
            Self::Ended(execution) | Self::Pending(execution) => budget.bounded(execution.into()),
            running @ Self::Running(..) => budget.bounded(running.into_execution().into()),
        }
    }

    pub(super) fn execution(&self) -> &Execution {
        match self {
            Self::Ended(execution) | Self::Pending(execution) | Self::Running(execution, _) => {
                execution
            }
        }
    }

    pub(super) fn status(&self) -> Status {
        match self {
            Self::Ended(execution) => execution.status,
            Self::Pending(_) => Status::Pending,
            Self::Running(..) => Status::Running,
        }
    }
}

/// Copies a page, without the long parts that do not fit any more.
pub(in crate::store::memory) fn copy_out(
    found: Vec<Snapshot>,
    max_bytes: usize,
) -> Vec<ListedExecution> {
    let mut budget = PageBudget::new(max_bytes);
    let found = found.into_iter();
    found.map(|one| one.listed(&mut budget)).collect()
}

/// An execution that has not ended. A claim changes the fields beside the shared execution, so that it
/// need not be copied.
#[derive(Debug, Clone)]
pub(super) struct Open {
    pub(super) execution: Arc<Execution>,
    pub(super) running: bool,
    pub(super) attempt: u32,
    /// Of a running one.
    pub(super) lease: Option<Lease>,
    pub(super) cancel_requested: bool,
}

impl Open {
    pub(super) fn new(execution: &Arc<Execution>) -> Self {
        Self {
            execution: Arc::clone(execution),
            running: execution.status == Status::Running,
            attempt: execution.attempt,
            lease: None,
            cancel_requested: false,
        }
    }

    pub(super) fn stage(&self) -> Stage {
        Stage {
            status: self.status(),
            attempt: self.attempt,
        }
    }

    /// Since when it has waited to be taken up.
    pub(super) fn waits_since(&self) -> Timestamp {
        if self.running {
            let lease = self.lease.as_ref();
            return lease.map(|lease| lease.until).unwrap_or_default();
        }
        let execution = &self.execution;
        execution.due_at.unwrap_or(execution.created_at)
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let execution = Arc::clone(&self.execution);
        if self.running {
            Snapshot::Running(execution, self.attempt)
        } else {
            Snapshot::Pending(execution)
        }
    }

    pub(super) const fn status(&self) -> Status {
        if self.running {
            Status::Running
        } else {
            Status::Pending
        }
    }
}
