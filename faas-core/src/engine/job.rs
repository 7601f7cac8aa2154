//! What travels through the engine: one execution on its way, with what it needs to run.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::admission::Place;
use super::exchange::Exchange;
use super::in_flight::InFlightGuard;
use super::lanes::Queued;
use super::line::{Key, Rank, Ranked};
use super::runtimes::NamedRuntime;
use super::session::SessionIsolate;
use crate::egress::HostSecrets;
use crate::error::Error;
use crate::kv::Kv;
use crate::model::{CodeHash, Execution, Failure, Function, FunctionId};
use crate::runtime::{BindingNames, Limits, OpenEnvironment, Program, StopSignal};

/// A function that is ready to run.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) function: Function,
    pub(crate) program: Program,
    /// The runtime that has compiled the program.
    pub(crate) runtime: Arc<NamedRuntime>,
    pub(crate) limits: Limits,
    /// The bindings that the function has.
    pub(crate) bindings: Arc<[BindingNames]>,
    /// The namespaces that its code has, by the names under which it finds them.
    pub(crate) namespaces: Vec<(Arc<str>, Kv)>,
    /// The secrets that the network puts into headers. Its code does not get them.
    pub(crate) egress_secrets: Arc<HostSecrets>,
    /// The environment of its code, or the failure of each of its executions.
    pub(crate) environment: Result<Arc<OpenEnvironment>, Failure>,
    /// The hash of its code, if that runs once and is not stored: it gets an isolate of its own.
    pub(crate) script: Option<CodeHash>,
    /// The isolate that it shares with the other runs of its session, in place of one of its own.
    pub(crate) session: Option<Arc<SessionIsolate>>,
}

/// Where the end of an execution is sent.
pub(crate) type Answer = oneshot::Sender<Result<Arc<Execution>, Error>>;

/// One execution on its way through the engine.
pub(crate) struct Job {
    pub(super) function: Arc<Loaded>,
    /// Shared with readers while it is under way; changed in place when there are none.
    pub(super) execution: Arc<Execution>,
    /// Of an accepted execution: it is in the store, so that its end updates a record instead of
    /// inserting one.
    pub(super) guard: Option<InFlightGuard>,
    /// Whether its next attempt must be claimed in the store first.
    pub(super) needs_claim: bool,
    /// The caller of a direct invocation.
    pub(super) answer: Option<Answer>,
    /// The HTTP request that it answers, if there is one.
    pub(super) exchange: Option<Arc<Exchange>>,
    pub(super) stop: Arc<StopSignal>,
    /// What it takes up of the queue's bounds.
    pub(super) place: Box<Place>,
    /// When it was queued, on the monotonic clock.
    pub(super) queued_at: Duration,
    /// How many jobs were queued before it.
    pub(super) serial: u64,
}

impl Job {
    /// An execution that is not in the store yet: it is inserted when it has ended.
    pub(super) fn direct(
        place: Place,
        function: Arc<Loaded>,
        execution: Arc<Execution>,
        answer: Answer,
    ) -> Self {
        Self {
            function,
            execution,
            guard: None,
            needs_claim: false,
            answer: Some(answer),
            exchange: None,
            stop: Arc::default(),
            place: Box::new(place),
            queued_at: Duration::ZERO,
            serial: 0,
        }
    }

    /// An execution that is pending in the store.
    pub(super) fn accepted(
        place: Place,
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
            exchange: None,
            stop: Arc::default(),
            place: Box::new(place),
            queued_at: Duration::ZERO,
            serial: 0,
        }
    }

    /// Answers an HTTP request.
    pub(super) fn exchanging(mut self, exchange: Arc<Exchange>) -> Self {
        self.exchange = Some(exchange);
        self
    }

    /// How long its attempt may run.
    pub(super) fn timeout(&self) -> Duration {
        super::http::limit(self.exchange.as_ref(), &self.function)
    }

    /// Whether it is a direct invocation, which is not in the store before its end.
    pub(super) const fn is_direct(&self) -> bool {
        self.guard.is_none()
    }
}

impl Ranked for Job {
    fn rank(&self) -> Rank {
        Rank {
            priority: Reverse(self.execution.queueing.priority),
            serial: self.serial,
        }
    }

    fn key(&self) -> Option<(&Key, usize)> {
        let limit = self.function.function.config.concurrency_per_key;
        let limit = limit.map_or(1, |limit| limit as usize);
        Some((self.execution.queueing.concurrency_key.as_ref()?, limit))
    }
}

impl Queued for Job {
    fn function(&self) -> FunctionId {
        self.function.function.id
    }

    fn concurrency(&self) -> usize {
        self.function
            .function
            .config
            .concurrency
            .map_or(usize::MAX, |limit| limit as usize)
    }

    fn needs_claim(&self) -> bool {
        self.needs_claim
    }

    fn queued_at(&self) -> Duration {
        self.queued_at
    }
}
