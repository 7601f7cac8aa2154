//! One attempt of an execution: what an instance's thread does with a job.
//!
//! An attempt *begins* once the instance has an isolate for it. What happens before that (a job that
//! is cancelled or whose platform shuts down) is no attempt: it is not counted and costs nothing.
//! What an attempt makes of its execution is decided in `settle.rs`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::Engine;
use super::execute::{cancelled, store_unavailable};
use super::instances::Slot;
use super::job::Job;
use super::record::{Record, Stored};
use super::settle::{not_run, settle};
use crate::error::RuntimeError;
use crate::events::EventKind;
use crate::model::{Failure, FailureKind};
use crate::runtime::{Call, CallContext, Instance, StopReason};
use crate::store::Stage;

/// What an instance is after an attempt.
pub(super) enum Ran {
    /// Free for another.
    Free,
    /// Abandoned meanwhile: another instance has taken its place.
    GivenUp,
}

/// Runs one attempt of `job` on the instance's thread.
pub(super) fn attempt(
    engine: &Engine,
    slot: &Slot,
    instance: &mut Option<Box<dyn Instance>>,
    job: Job,
) -> Ran {
    if job.is_direct() && !engine.0.recorder.is_healthy() {
        // Its result could not be stored.
        if let Some(answer) = job.answer {
            // A caller that has gone away does not need the answer.
            let _ = answer.send(Err(store_unavailable()));
        }
        return Ran::Free;
    }
    let function = job.function.clone();
    let id = function.function.id;
    let input = job.execution.input.clone();
    let stop = job.stop.clone();
    let execution_id = job.execution.id;
    let attempt = number(&job);

    slot.take_on(job, engine);
    let version = (id, function.function.version);
    let prepared = match &function.environment {
        Ok(environment) if stop.reason().is_none() => {
            with_instance(engine, slot, instance, |instance| instance.prepare(version))
                .map(|()| environment)
        }
        Ok(environment) => Ok(environment),
        Err(failure) => Err(failure.clone()),
    };
    let environment = match prepared {
        Ok(environment) => environment,
        Err(failure) => {
            if let Some(running) = slot.finish() {
                settle(engine, running, not_run(failure));
            }
            return Ran::Free;
        }
    };
    let started = match slot.begin(engine) {
        Ok(started) => started,
        Err(reason) => {
            if let Some(running) = slot.finish() {
                give_back(engine, running.job, reason);
            }
            return Ran::Free;
        }
    };
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
    let call = Call {
        function: version,
        program: &function.program,
        environment,
        input: &input,
        context: &context,
        limits: &function.limits,
        stop: &stop,
    };
    let outcome = with_instance(engine, slot, instance, |instance| Ok(instance.run(&call)))
        .unwrap_or_else(not_run);
    match slot.finish() {
        Some(running) => {
            settle(engine, running, outcome);
            Ran::Free
        }
        None => Ran::GivenUp,
    }
}

/// The number of the next attempt, from 1, as user code sees it. Claims that were released before
/// they began are not counted; the number that the store knows counts them.
fn number(job: &Job) -> u32 {
    u32::try_from(job.execution.attempts.len())
        .unwrap_or(u32::MAX)
        .saturating_add(1)
}

/// Ends a job that was told to stop before it began.
fn give_back(engine: &Engine, job: Job, reason: StopReason) {
    if reason != StopReason::Cancelled {
        return engine.release(vec![job]);
    }
    let from = Stage::of(&job.execution);
    let stored = job.guard.map(|guard| Stored::held(from, guard));
    let mut execution = job.execution;
    let ended = Arc::make_mut(&mut execution).fail(cancelled(), engine.0.clock.now());
    if let Err(error) = ended {
        tracing::error!(%error, "cannot cancel an execution");
        return;
    }
    let record = Record::ended(engine, execution, stored, job.answer, None);
    engine.0.recorder.send_blocking(record);
}

/// Has the instance do something, and makes one first if there is none. One that panicked is not
/// used again.
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
        Err(_) => "the runtime panicked".to_owned(),
    };
    tracing::error!(instance = %slot.id, failure, "the runtime could not run a call");
    Err(Failure::new(FailureKind::Platform, failure))
}
