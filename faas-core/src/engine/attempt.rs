//! One attempt of an execution.
//!
//! An attempt *begins* once the runtime has an isolate for it. What happens before that (a job that
//! is cancelled or whose platform shuts down) is no attempt: it is not counted and costs nothing.
//! What an attempt makes of its execution is decided in `settle.rs`.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;

use super::Engine;
use super::call_host::EngineHost;
use super::execute::{cancelled, store_unavailable};
use super::instances::Slot;
use super::job::Job;
use super::record::{Record, Stored};
use super::session::{SessionIsolate, Taken};
use super::settle::{not_run, settle};
use crate::events::EventKind;
use crate::model::Json;
use crate::model::{Failure, FailureKind};
use crate::runtime::{Call, CallContext, Instance, Limits, Outcome, StopReason};
use crate::store::Stage;

/// Runs one attempt of the job in `slot`, until it is settled or abandoned.
pub(super) async fn attempt(engine: &Engine, slot: &Arc<Slot>) {
    match begin(engine, slot).await {
        Ok((instance, call, session)) => {
            // Kept until the attempt is settled: if it is abandoned meanwhile, its end is noticed.
            let host = call.host.clone();
            let outcome = tokio::select! {
                outcome = guarded(slot, run(instance, call, session)) => {
                    outcome.unwrap_or_else(not_run)
                }
                () = slot.abandoned() => return,
            };
            let running = slot.finish();
            drop(host);
            if let Some(running) = running {
                settle(engine.clone(), running, outcome).await;
            }
        }
        Err(not_begun) => {
            let Some(running) = slot.finish() else { return };
            match not_begun {
                NotBegun::Failed(failure) => {
                    settle(engine.clone(), running, not_run(failure)).await;
                }
                NotBegun::Stopped(reason) => give_back(engine, running.job, reason).await,
                NotBegun::Refused => {
                    if let Some(answer) = running.job.answer {
                        // A caller that has gone away does not need the answer.
                        let _ = answer.send(Err(store_unavailable()));
                    }
                }
            }
        }
    }
}

/// Runs a call. The isolate of a session is kept for its next run.
async fn run(
    instance: Box<dyn Instance>,
    call: Call,
    session: Option<Arc<SessionIsolate>>,
) -> Outcome {
    let Some(session) = session else {
        return instance.run(call).await;
    };
    let (outcome, kept) = instance.run_and_keep(call).await;
    session.put(kept);
    outcome
}

/// Why an attempt does not begin.
enum NotBegun {
    /// The platform cannot run it.
    Failed(Failure),
    /// It was told to stop.
    Stopped(StopReason),
    /// Its result could not be stored.
    Refused,
}

/// Acquires an isolate for the job in `slot`, and begins the attempt.
async fn begin(
    engine: &Engine,
    slot: &Arc<Slot>,
) -> Result<(Box<dyn Instance>, Call, Option<Arc<SessionIsolate>>), NotBegun> {
    let taken = slot.with_running(|running| {
        let job = &running.job;
        (
            job.is_direct(),
            job.function.clone(),
            // Not the execution itself: it is changed in place while nobody shares it.
            (job.execution.id, input(job)),
            job.stop.clone(),
            number(job),
            running.host_calls.clone(),
            job.execution.caller.clone(),
            (job.exchange.is_some(), job.timeout()),
        )
    });
    let Some((
        is_direct,
        function,
        (execution_id, input),
        stop,
        attempt,
        host_calls,
        caller,
        (is_http, timeout),
    )) = taken
    else {
        return Err(NotBegun::Stopped(StopReason::Cancelled));
    };
    if is_direct && !engine.0.recorder.is_healthy() {
        return Err(NotBegun::Refused);
    }
    let id = function.function.id;
    let version = (id, function.function.version);
    let environment = match &function.environment {
        Ok(environment) => environment.clone(),
        Err(failure) => return Err(NotBegun::Failed(failure.clone())),
    };
    if let Some(reason) = stop.reason() {
        return Err(NotBegun::Stopped(reason));
    }
    let runtime = &function.runtime.runtime;
    let session = function.session.clone();
    let acquired = match (
        function.script,
        session.as_deref().map(SessionIsolate::take),
    ) {
        (_, Some(Taken::Isolate(instance))) => Ok(Ok(instance)),
        (_, Some(Taken::Gone)) => return Err(NotBegun::Stopped(StopReason::Cancelled)),
        (Some(_), _) => guarded(slot, runtime.acquire_fresh()).await,
        (None, _) => guarded(slot, runtime.acquire(version)).await,
    };
    let instance = match acquired {
        Ok(Ok(instance)) => instance,
        Ok(Err(error)) => return Err(NotBegun::Failed(failed(slot, &error.to_string()))),
        Err(failure) => return Err(NotBegun::Failed(failure)),
    };
    let started = slot.begin(engine).map_err(NotBegun::Stopped)?;
    engine.0.events.publish(
        started,
        [EventKind::Started {
            execution_id,
            function_id: id,
        }],
    );
    let context = Arc::new(CallContext {
        execution_id,
        function_id: id,
        function_name: function.function.name.clone(),
        attempt,
        deadline: started + timeout,
        instance_id: slot.id.clone(),
    });
    let host = EngineHost {
        engine: engine.clone(),
        slot: slot.clone(),
        host_calls,
        function: function.clone(),
        context: context.clone(),
        caller,
    };
    let call = Call {
        function: version,
        program: function.program.clone(),
        environment,
        bindings: function.bindings.clone(),
        input,
        is_http,
        context,
        limits: Limits {
            timeout,
            ..function.limits
        },
        stop,
        host: Arc::new(host),
    };
    Ok((instance, call, session))
}

/// The input of the call.
fn input(job: &Job) -> Json {
    let exchange = job.exchange.as_ref();
    exchange.map_or_else(
        || job.execution.input.clone(),
        |exchange| exchange.input.clone(),
    )
}

/// The number of the next attempt, from 1, as user code sees it. Claims that were released before
/// they began are not counted; the number that the store knows counts them.
fn number(job: &Job) -> u32 {
    u32::try_from(job.execution.attempts.len())
        .unwrap_or(u32::MAX)
        .saturating_add(1)
}

/// Ends a job that was told to stop before it began.
async fn give_back(engine: &Engine, job: Job, reason: StopReason) {
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
    engine.0.recorder.send(record).await;
}

/// Has the runtime do something. A panic is the platform's failure.
async fn guarded<T>(slot: &Slot, act: impl Future<Output = T>) -> Result<T, Failure> {
    let acted = AssertUnwindSafe(act).catch_unwind().await;
    acted.map_err(|_| failed(slot, "the runtime panicked"))
}

fn failed(slot: &Slot, failure: &str) -> Failure {
    tracing::error!(instance = %slot.id, failure, "the runtime could not run a call");
    Failure::new(FailureKind::Platform, failure)
}
