//! One attempt of an execution: what an instance's thread does with a job, and what comes of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use super::execute::illegal;
use super::instances::{Running, Slot};
use super::job::Job;
use super::record::{Record, Stored};
use crate::error::RuntimeError;
use crate::events::EventKind;
use crate::model::{Attempt, Execution, Failure, FailureKind, IllegalTransition, Timestamp};
use crate::runtime::{Call, CallContext, Instance, Outcome, StopReason};
use crate::store::Stage;

/// How many attempts that the platform failed are followed by another.
const MAX_PLATFORM_FAILURES: u32 = 5;

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
    let prepared = match &function.environment {
        Ok(_) if stop.reason().is_none() => {
            with_instance(engine, slot, instance, |instance| instance.prepare(version))
        }
        _ => Ok(()),
    };

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
        guard,
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
        guard.is_some(),
        outcome,
        Span {
            started,
            duration,
            now,
        },
    ) {
        Ok(retry_after) => {
            let stored = guard.map(|guard| Stored::held(from, guard));
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
