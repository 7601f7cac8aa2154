//! The life of one execution, from admission to the stored record.
//!
//! 1. **admit** ([`Engine::admit`]): the function is loaded, the input's size and the function's
//!    state are checked, a place in the queue is reserved. What is refused leaves no trace.
//! 2. **accept** ([`Engine::execute`]): an asynchronous execution is stored as pending before
//!    anybody is told of it. A direct one ([`Engine::invoke`]) is stored only when it has ended,
//!    and nobody is answered before.
//! 3. **queue** ([`super::queue`]): it waits for its turn and for an instance.
//! 4. **claim** ([`super::recorder`]): the store marks the attempt of an accepted one as running,
//!    under the attempt's number.
//! 5. **prepare, start, run** ([`super::attempt`]): on the instance's own thread. Its time begins
//!    once it has what it runs in.
//! 6. **settle** ([`super::attempt`]): it has completed, or failed, or will be tried again.
//! 7. **record, answer** ([`super::recorder`]): what has ended is priced; the store commits it with
//!    whatever else gathered meanwhile; then its caller is answered, and everybody else told.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::Engine;
use super::job::{Answer, Job, Loaded};
use super::queue::QueuePermit;
use super::record::{Record, Stored};
use crate::error::{Error, Resource};
use crate::model::Cost;
use crate::model::{
    Execution, ExecutionId, Failure, FailureKind, FunctionId, FunctionStatus, IllegalTransition,
    Json,
};
use crate::store::Written;

/// An execution that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// Its id.
    pub id: ExecutionId,
    /// Whether it was accepted earlier, with the same idempotency key.
    pub duplicate: bool,
}

/// What an execution is asked for with.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) input: Json,
    pub(crate) max_retries: u32,
    pub(crate) retry_of: Option<ExecutionId>,
    pub(crate) idempotency_key: Option<Arc<str>>,
}

impl Engine {
    /// Runs a function once and waits for its end, which is stored.
    pub(crate) async fn invoke(
        &self,
        function: FunctionId,
        input: Json,
    ) -> Result<Arc<Execution>, Error> {
        let (function, permit) = self.admit(function, &input).await?;
        let request = Request {
            input,
            max_retries: 0,
            retry_of: None,
            idempotency_key: None,
        };
        let mut execution = self.accepted(&function, request);
        execution.claim().map_err(illegal)?;
        let (answer, ended) = oneshot::channel();
        self.0
            .queue
            .push(permit, Job::direct(function, Arc::new(execution), answer))
            .map_err(|_| shutting_down())?;
        ended.await.unwrap_or_else(|_| Err(shutting_down()))
    }

    /// Stores an execution as pending, then queues it.
    pub(crate) async fn execute(
        &self,
        function: FunctionId,
        request: Request,
    ) -> Result<Accepted, Error> {
        let (function, permit) = self.admit(function, &request.input).await?;
        let execution = Arc::new(self.accepted(&function, request));
        let id = execution.id;
        self.accept(permit, function, execution)
            .await
            .map(|duplicate| match duplicate {
                None => Accepted {
                    id,
                    duplicate: false,
                },
                Some(id) => Accepted {
                    id,
                    duplicate: true,
                },
            })
    }

    /// Stores an execution as pending, queues it and waits for its end; that of the first one when
    /// the idempotency key was used before.
    pub(crate) async fn execute_and_wait(
        &self,
        function: FunctionId,
        request: Request,
    ) -> Result<Arc<Execution>, Error> {
        let (function, permit) = self.admit(function, &request.input).await?;
        let execution = Arc::new(self.accepted(&function, request));
        let id = execution.id;
        let ended = self.0.waiters.wait_for(id);
        match self.accept(permit, function, execution).await {
            Ok(None) => ended.ended(self).await,
            Ok(Some(first)) => self.wait(first).await,
            Err(error) => Err(error),
        }
    }

    /// Waits until an accepted execution has ended.
    pub(crate) async fn wait(&self, id: ExecutionId) -> Result<Arc<Execution>, Error> {
        let ended = self.0.waiters.wait_for(id);
        match self.0.store.execution(id).await? {
            Some(execution) if execution.status.is_terminal() => Ok(Arc::new(execution)),
            Some(_) => ended.ended(self).await,
            None => Err(Error::NotFound(Resource::Execution)),
        }
    }

    /// Checks whether an execution may be taken, and reserves a place for it in the queue.
    async fn admit(
        &self,
        function: FunctionId,
        input: &Json,
    ) -> Result<(Arc<Loaded>, QueuePermit), Error> {
        let engine = &self.0;
        if engine.stopping.is_cancelled() {
            return Err(shutting_down());
        }
        if !engine.recorder.is_healthy() {
            return Err(Error::Unavailable("the store is unavailable".into()));
        }
        let loaded = engine
            .registry
            .load(function)
            .await?
            .ok_or(Error::NotFound(Resource::Function))?;
        if loaded.function.status != FunctionStatus::Active {
            return Err(Error::Inactive);
        }
        if engine.instances.is_runaway(function) {
            return Err(Error::Runaway);
        }
        if input.len() > engine.options.max_input {
            let (size, limit) = (input.len(), engine.options.max_input);
            return Err(Error::TooLarge(format!(
                "the input has {size} bytes: at most {limit} are accepted"
            )));
        }
        match engine.queue.try_reserve() {
            Ok(permit) => Ok((loaded, permit)),
            Err(_) => {
                engine.counters.add(&engine.counters.rejected);
                Err(Error::Overloaded {
                    retry_after: Duration::from_secs(1),
                })
            }
        }
    }

    /// A new execution, as it is accepted.
    fn accepted(&self, function: &Loaded, request: Request) -> Execution {
        let now = self.0.clock.now();
        let free = Cost::zero(function.function.tier, &self.0.price_book);
        let (id, function_id) = (self.0.ids.execution(now), function.function.id);
        Execution {
            function_version: function.function.version,
            max_retries: request.max_retries,
            retry_of: request.retry_of,
            idempotency_key: request.idempotency_key,
            ..Execution::new(id, function_id, request.input, free, now)
        }
    }

    /// Has a pending execution stored and then queued; that is done even when the caller gives up
    /// waiting. Returns the first one's id when the idempotency key was used before.
    async fn accept(
        &self,
        permit: QueuePermit,
        function: Arc<Loaded>,
        execution: Arc<Execution>,
    ) -> Result<Option<ExecutionId>, Error> {
        let (done, stored) = oneshot::channel();
        let guard =
            self.0.in_flight.take(execution.id).ok_or_else(|| {
                Error::Internal("the id of a new execution is in use already".into())
            })?;
        let job = Job::accepted(function, execution, guard);
        self.0
            .recorder
            .send(Record::Accept { job, permit, done })
            .await;
        match stored.await.unwrap_or_else(|_| Err(shutting_down()))? {
            Written::Done => Ok(None),
            Written::Duplicate(first) => Ok(Some(first)),
            Written::Stale => Err(Error::Internal(
                "a new execution was refused as stale".into(),
            )),
        }
    }

    /// Ends an execution that does not run: it was cancelled, or its function is gone.
    pub(super) async fn fail(
        &self,
        mut execution: Arc<Execution>,
        failure: Failure,
        answer: Option<Answer>,
        stored: Option<Stored>,
    ) {
        let ended = Arc::make_mut(&mut execution);
        if let Err(error) = ended.fail(failure, self.0.clock.now()) {
            tracing::error!(%error, "cannot fail an execution");
            return;
        }
        let record = Record::ended(self, execution, stored, answer, None);
        self.0.recorder.send(record).await;
    }
}

/// What an execution that somebody cancelled fails with.
pub(super) fn cancelled() -> Failure {
    Failure::new(FailureKind::Cancelled, "cancelled")
}

pub(super) fn shutting_down() -> Error {
    Error::Unavailable("the platform is shutting down".into())
}

pub(super) fn illegal(error: IllegalTransition) -> Error {
    Error::Internal(error.to_string().into())
}
