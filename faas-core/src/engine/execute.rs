//! The life of one execution, from admission to the stored record.
//!
//! 1. **admit** ([`Engine::admit`]): the function is loaded, the input's size and the function's
//!    state are checked, room in the queue is taken. What is refused leaves no trace.
//! 2. **accept** ([`Engine::execute`]): an asynchronous execution is stored as pending before
//!    anybody is told of it. A direct one ([`Engine::invoke`]) is stored only when it has ended,
//!    and nobody is answered before.
//! 3. **queue** ([`super::queue`]): it waits for its turn and for an instance.
//! 4. **claim** ([`super::recorder`]): the store marks the attempt of an accepted one as running,
//!    under the attempt's number.
//! 5. **prepare, start, run** ([`attempt`]): on the instance's own thread. Its time begins once it
//!    has what it runs in.
//! 6. **settle** ([`settle`]): it has completed, or failed, or will be tried again.
//! 7. **record, answer** ([`super::recorder`]): what has ended is priced; the store commits it with
//!    whatever else gathered meanwhile; then its caller is answered, and everybody else told.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::Engine;
use super::instances::{Running, Slot};
use super::job::{Answer, Job, Loaded};
use super::queue::Room;
use super::recorder::{Record, Stored};
use crate::cost::Cost;
use crate::events::EventKind;
use crate::model::{
    Attempt, Execution, ExecutionId, Failure, FailureKind, FunctionId, FunctionStatus,
    IllegalTransition, Json, Timestamp,
};
use crate::platform::{Accepted, Error};
use crate::runtime::{Call, CallContext, Instance, Outcome, RuntimeError, StopReason};
use crate::store::{Stage, Written};

/// How many attempts that the platform failed are followed by another.
const MAX_PLATFORM_FAILURES: u32 = 5;

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
        let (function, room) = self.admit(function, &input).await?;
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
            .push(room, Job::direct(function, Arc::new(execution), answer))
            .map_err(|_| shutting_down())?;
        ended.await.unwrap_or_else(|_| Err(shutting_down()))
    }

    /// Stores an execution as pending, then queues it.
    pub(crate) async fn execute(
        &self,
        function: FunctionId,
        request: Request,
    ) -> Result<Accepted, Error> {
        let (function, room) = self.admit(function, &request.input).await?;
        let execution = Arc::new(self.accepted(&function, request));
        let id = execution.id;
        self.accept(room, function, execution)
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
        let (function, room) = self.admit(function, &request.input).await?;
        let execution = Arc::new(self.accepted(&function, request));
        let id = execution.id;
        let ended = self.0.waiters.wait_for(id);
        match self.accept(room, function, execution).await {
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
            None => Err(Error::NotFound("execution")),
        }
    }

    /// Checks whether an execution may be taken, and takes room for it in the queue.
    async fn admit(
        &self,
        function: FunctionId,
        input: &Json,
    ) -> Result<(Arc<Loaded>, Room), Error> {
        let engine = &self.0;
        if engine.stopping.is_cancelled() {
            return Err(shutting_down());
        }
        if !engine.recorder.is_healthy() {
            return Err(Error::Unavailable("the store is unavailable".to_owned()));
        }
        let loaded = engine
            .registry
            .load(function)
            .await?
            .ok_or(Error::NotFound("function"))?;
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
            Ok(room) => Ok((loaded, room)),
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
        let free = Cost::zero(function.function.tier(), &self.0.price_book);
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
        room: Room,
        function: Arc<Loaded>,
        execution: Arc<Execution>,
    ) -> Result<Option<ExecutionId>, Error> {
        let (done, stored) = oneshot::channel();
        let hold = self.0.holds.take(execution.id).ok_or_else(|| {
            Error::Internal("the id of a new execution is in use already".to_owned())
        })?;
        let job = Job::accepted(function, execution, hold);
        self.0
            .recorder
            .send(Record::Accept { job, room, done })
            .await;
        match stored.await.unwrap_or_else(|_| Err(shutting_down()))? {
            Written::Done => Ok(None),
            Written::Duplicate(first) => Ok(Some(first)),
            Written::Stale => Err(Error::Internal(
                "a new execution was refused as stale".to_owned(),
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

/// What an instance is after an attempt.
pub(super) enum Ran {
    /// Free for another.
    Free,
    /// Given up meanwhile: another has its place.
    GivenUp,
}

/// Runs one attempt of `job` on the instance's thread.
pub(super) fn attempt(
    engine: &Engine,
    slot: &Slot,
    instance: &mut Option<Box<dyn Instance>>,
    mut job: Job,
) -> Ran {
    let clock = &*engine.0.clock;
    let function = job.function.clone();
    let id = function.function.id;
    let input = job.execution.input.clone();
    let stop = job.stop.clone();
    let (execution_id, attempt) = (job.execution.id, job.execution.attempt);

    let execution = Arc::make_mut(&mut job.execution);
    execution.instance_id = Some(slot.id.clone());
    execution.function_version = function.function.version;
    slot.take_on(job, clock);
    let version = (id, function.function.version);
    let prepared = with_instance(engine, slot, instance, |instance| instance.prepare(version));

    let started = slot.begin(clock);
    engine.0.events.publish(
        started,
        [EventKind::Started {
            execution_id,
            function_id: id,
        }],
    );

    let context = CallContext {
        execution_id,
        function_id: id,
        function_name: function.function.name.clone(),
        attempt,
        deadline: started + function.limits.timeout,
        instance_id: slot.id.clone(),
    };
    let call = |environment| Call {
        function: version,
        program: &function.program,
        environment,
        input: &input,
        context: &context,
        limits: &function.limits,
        stop: &stop,
    };
    let outcome = match (stop.reason(), prepared, &function.environment) {
        (Some(reason), ..) => Err(reason.failure(function.limits.timeout)),
        (None, Err(failure), _) => Err(failure),
        (None, _, Err(failure)) => Err(failure.clone()),
        (None, Ok(()), Ok(environment)) => with_instance(engine, slot, instance, |instance| {
            Ok(instance.run(&call(environment)))
        }),
    };
    let outcome = outcome.unwrap_or_else(not_run);

    let Some(running) = slot.finish() else {
        return Ran::GivenUp;
    };
    let ended = clock.monotonic().saturating_sub(running.since);
    settle(engine, running, outcome, ended);
    Ran::Free
}

/// Has the instance do something; a new one if there is none. One that panicked is not used again.
fn with_instance<T>(
    engine: &Engine,
    slot: &Slot,
    instance: &mut Option<Box<dyn Instance>>,
    act: impl FnOnce(&mut dyn Instance) -> Result<T, RuntimeError>,
) -> Result<T, Failure> {
    let acted = catch_unwind(AssertUnwindSafe(|| {
        let mut made = match instance.take() {
            Some(made) => made,
            None => engine.0.runtime.instance(&slot.id)?,
        };
        let acted = act(&mut *made);
        *instance = Some(made);
        acted
    }));
    let failure = match acted {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the runtime failed".to_owned(),
    };
    tracing::error!(instance = %slot.id, failure, "the runtime could not run a call");
    Err(Failure::new(FailureKind::Platform, failure))
}

fn not_run(failure: Failure) -> Outcome {
    Outcome {
        result: Err(failure),
        logs: Vec::new(),
        cold_start: false,
    }
}

/// Decides what the outcome of an attempt makes of its execution, and hands it to the recorder.
pub(super) fn settle(engine: &Engine, running: Running, mut outcome: Outcome, duration: Duration) {
    let Running {
        job,
        started,
        cancelled,
        ..
    } = running;
    let longest = job.function.limits.timeout + engine.0.options.abandon_grace;
    if cancelled && let Err(failure) = &mut outcome.result {
        // It may have failed by itself just before: all the same it is not tried again.
        *failure = StopReason::Cancelled.failure(job.function.limits.timeout);
    }
    let Job {
        mut execution,
        hold,
        answer,
        ..
    } = job;
    // Past that it was the platform that stood still, and nobody pays for it.
    let duration = duration.min(longest);
    let now = started + duration;
    let from = Stage::of(&execution);
    match settled(
        engine,
        Arc::make_mut(&mut execution),
        hold.is_some(),
        outcome,
        Span {
            started,
            duration,
            now,
        },
    ) {
        Ok(retry_after) => {
            let stored = hold.map(|hold| Stored::held(from, hold));
            let record = Record::ended(engine, execution, stored, answer, retry_after);
            engine.0.recorder.send_blocking(record);
        }
        Err(error) => {
            tracing::error!(%error, "cannot settle an execution");
            if let Some(answer) = answer {
                // Whoever does not listen any more does not miss it.
                let _ = answer.send(Err(illegal(error)));
            }
        }
    }
}

/// When an attempt ran.
struct Span {
    started: Timestamp,
    duration: Duration,
    now: Timestamp,
}

/// The step that an outcome makes: to completed, to failed, or back to pending after some time.
fn settled(
    engine: &Engine,
    execution: &mut Execution,
    stored: bool,
    outcome: Outcome,
    span: Span,
) -> Result<Option<Duration>, IllegalTransition> {
    let failure = outcome.result.as_ref().err().cloned();
    execution.logs.extend(outcome.logs);
    execution.end_attempt(Attempt {
        start_time: span.started,
        duration: span.duration,
        failure,
        instance_id: execution.instance_id.clone(),
        cold_start: outcome.cold_start,
    })?;
    let failure = match outcome.result {
        Ok(output) => return execution.complete(output, span.now).map(|()| None),
        Err(failure) => failure,
    };
    let wait = match failure.kind {
        FailureKind::Cancelled => None,
        FailureKind::Platform => {
            let failures = execution
                .attempts
                .iter()
                .filter_map(|attempt| attempt.failure.as_ref());
            let platform = failures
                .filter(|failure| failure.kind == FailureKind::Platform)
                .count();
            let platform = u32::try_from(platform).unwrap_or(u32::MAX);
            let wait = engine
                .0
                .retry_policy
                .next(platform, MAX_PLATFORM_FAILURES, fastrand::f64());
            wait.filter(|_| stored)
        }
        FailureKind::UserError
        | FailureKind::Timeout
        | FailureKind::OutOfMemory
        | FailureKind::StackOverflow => engine.0.retry_policy.next(
            execution.retry_count + 1,
            execution.max_retries,
            fastrand::f64(),
        ),
    };
    match wait {
        Some(wait) => execution.retry(span.now + wait).map(|()| Some(wait)),
        None => execution.fail(failure, span.now).map(|()| None),
    }
}

/// What becomes of an attempt that was interrupted: `execution` is running in the store, and nobody
/// runs it.
pub(super) fn interrupted(
    engine: &Engine,
    execution: &mut Execution,
) -> Result<(), IllegalTransition> {
    let now = engine.0.clock.now();
    execution.instance_id = None;
    let outcome = not_run(Failure::new(
        FailureKind::Platform,
        "interrupted: the platform stopped while it ran",
    ));
    settled(
        engine,
        execution,
        true,
        outcome,
        Span {
            started: now,
            duration: Duration::ZERO,
            now,
        },
    )?;
    // It has waited long enough.
    execution.due_at = execution.due_at.map(|_| now);
    Ok(())
}

/// What an execution that somebody cancelled fails with.
pub(super) fn cancelled() -> Failure {
    Failure::new(FailureKind::Cancelled, "cancelled")
}

pub(super) fn shutting_down() -> Error {
    Error::Unavailable("the platform is shutting down".to_owned())
}

fn illegal(error: IllegalTransition) -> Error {
    Error::Internal(error.to_string())
}
