//! What travels through the engine: one execution on its way, with what it needs to run.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::in_flight::InFlightGuard;
use crate::model::{Execution, Failure, Function};
use crate::platform::Error;
use crate::runtime::{Limits, OpenEnvironment, Program, StopSignal};

/// A function that is ready to run.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) function: Function,
    pub(crate) program: Program,
    pub(crate) limits: Limits,
    /// What its code can read, or what each of its executions fails with.
    pub(crate) environment: Result<OpenEnvironment, Failure>,
}

/// How an execution ends for whoever waits for it.
pub(crate) type Answer = oneshot::Sender<Result<Arc<Execution>, Error>>;

/// One execution on its way through the engine.
pub(crate) struct Job {
    pub(super) function: Arc<Loaded>,
    /// Shared with whoever looks at it while it is under way; changed in place when nobody does.
    pub(super) execution: Arc<Execution>,
    /// Of an accepted execution, which the store knows already, so that its end is a settlement and
    /// no insert.
    pub(super) guard: Option<InFlightGuard>,
    /// Whether its next attempt must be claimed in the store first.
    pub(super) needs_claim: bool,
    /// Whoever waits for a direct invocation.
    pub(super) answer: Option<Answer>,
    pub(super) stop: Arc<StopSignal>,
}

impl Job {
    /// An execution that the store does not know: it is inserted when it has ended.
    pub(super) fn direct(function: Arc<Loaded>, execution: Arc<Execution>, answer: Answer) -> Self {
        Self {
            function,
            execution,
            guard: None,
            needs_claim: false,
            answer: Some(answer),
            stop: Arc::default(),
        }
    }

    /// An execution that the store knows as pending.
    pub(super) fn accepted(
        function: Arc<Loaded>,
        execution: Arc<Execution>,
        guard: InFlightGuard,
    ) -> Self {
        Self {
            function,
            execution,
            guard: Some(guard),
            needs_claim: true,
            answer: None,
            stop: Arc::default(),
        }
    }

    /// Whether nobody knows of the execution but who waits for it.
    pub(super) const fn is_direct(&self) -> bool {
        self.guard.is_none()
    }

    /// How many of its function may run at the same time.
    pub(super) fn concurrency(&self) -> usize {
        self.function
            .function
            .config
            .concurrency
            .map_or(usize::MAX, |limit| limit as usize)
    }
}
