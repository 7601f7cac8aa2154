//! What an attempt makes of its execution: completed, failed, or pending again until its retry is
//! due; and how much of the attempt's time is billed.

use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use super::execute::illegal;
use super::http;
use super::instances::Running;
use super::job::Job;
use super::record::{Record, Stored};
use super::retry::RetryPolicy;
use crate::model::{
    Attempt, CodeHash, Execution, Failure, FailureKind, FunctionConfig, IllegalTransition, Json,
    KvUsage, LONGEST_RETRY_WAIT, RetryAdvice, RetryConfig, Timestamp,
};
use crate::runtime::{Outcome, StopReason};
use crate::store::Stage;

/// After so many attempts that the platform failed, the next one is the last.
const MAX_PLATFORM_FAILURES: u32 = 5;

/// The outcome of an attempt that did not run.
pub(super) fn not_run(failure: Failure) -> Outcome {
    Outcome {
        result: Err(failure),
        logs: Vec::new(),
        cold_start: false,
        cpu_time: Duration::ZERO,
    }
}

/// Decides what the outcome of an attempt makes of its execution, and hands it to the recorder.
pub(super) async fn settle(engine: Engine, running: Running, mut outcome: Outcome) {
    let engine = &engine;
    let timeout = running.job.timeout();
    let time = running.time(engine);
    if running.cancelled
        && let Err(failure) = &mut outcome.result
    {
        // It may have failed by itself just before, but it must not be tried again.
        *failure = StopReason::Cancelled.failure(timeout);
    } else if let Err(failure) = &mut outcome.result
        && failure.kind == FailureKind::Timeout
        && time.paused > Duration::ZERO
        && time.active < timeout
    {
        *failure = Failure::new(
            FailureKind::Platform,
            "interrupted: the server was paused while it ran",
        );
    }
    let Running {
        job,
        started,
        host_calls,
        ..
    } = running;
    let Job {
        function,
        mut execution,
        guard,
        answer,
        mut place,
        exchange,
        ..
    } = job;
    let from = Stage::of(&execution);
    let span = Span {
        started,
        // The time that it takes to stop a call is the platform's.
        duration: time.active.min(timeout),
        waited: time.waited,
        now: engine.0.clock.now(),
    };
    let mut cut = None;
    if let Some(exchange) = exchange {
        outcome.result = http::result(&exchange, outcome.result);
        cut = exchange.record();
    }
    let ended = Arc::make_mut(&mut execution);
    let kv = host_calls.move_to(ended);
    let config = &function.function.config;
    let used = (kv, function.script);
    match settled(
        engine,
        ended,
        config,
        guard.is_some(),
        (outcome, used),
        span,
    ) {
        Ok(retry_after) => {
            if cut.is_some() {
                // The function has failed after it began to send its response.
                Arc::make_mut(&mut execution).output = cut;
            }
            let output = execution.output.as_ref().map_or(0, Json::len);
            place.add_output(output).await;
            let stored = guard.map(|guard| Stored::held(from, guard));
            let record = Record::ended(engine, execution, stored, answer, retry_after);
            engine.0.recorder.send(record.keeping(place)).await;
        }
        Err(error) => {
            tracing::error!(%error, "cannot settle an execution");
            if let Some(answer) = answer {
                // A caller that has gone away does not need the answer.
                let _ = answer.send(Err(illegal(error)));
            }
        }
    }
}

/// When an attempt ran.
struct Span {
    started: Timestamp,
    /// What is billed.
    duration: Duration,
    /// For how long it waited for instances meanwhile.
    waited: Duration,
    now: Timestamp,
}

/// The step that an outcome makes. Returns how long until the next attempt is due, if there is one.
fn settled(
    engine: &Engine,
    execution: &mut Execution,
    config: &FunctionConfig,
    stored: bool,
    (outcome, (kv, code)): (Outcome, (KvUsage, Option<CodeHash>)),
    span: Span,
) -> Result<Option<Duration>, IllegalTransition> {
    let ended = span.started + span.duration + span.waited;
    let mut result = outcome.result;
    let advice = match &mut result {
        Err(failure) => std::mem::take(&mut failure.retry),
        Ok(_) => RetryAdvice::Policy,
    };
    let failure = result.as_ref().err().cloned();
    execution.logs.extend(outcome.logs);
    execution.end_attempt(Attempt {
        start_time: span.started,
        duration: span.duration,
        failure,
        instance_id: execution.instance_id.clone(),
        cold_start: outcome.cold_start,
        cpu_time: outcome.cpu_time,
        kv,
        code,
    })?;
    let failure = match result {
        Ok(output) => return execution.complete(output, ended).map(|()| None),
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
        | FailureKind::StackOverflow => {
            let policy = RetryPolicy::of_function(&engine.0.options, config);
            let (retry, most) = (execution.retry_count + 1, execution.max_retries);
            let is_wanted = |retry: &RetryConfig| retry.retries_on(failure.kind);
            let wait = policy.next(retry, most, fastrand::f64());
            let wait = wait.filter(|_| config.retry.as_deref().is_none_or(is_wanted));
            match advice {
                RetryAdvice::Policy => wait,
                RetryAdvice::Never => None,
                RetryAdvice::After(time) => wait.map(|_| time.min(LONGEST_RETRY_WAIT)),
            }
        }
    };
    match wait {
        Some(wait) => execution.retry(span.now + wait).map(|()| Some(wait)),
        None => execution.fail(failure, ended).map(|()| None),
    }
}

/// Settles an attempt that was interrupted: `execution` is running in the store, and no platform runs
/// it. Whether the attempt had begun is not known; it counts as if it had.
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
        // The policies of functions are for their own failures.
        &FunctionConfig::default(),
        true,
        (outcome, (KvUsage::default(), None)),
        Span {
            started: now,
            duration: Duration::ZERO,
            waited: Duration::ZERO,
            now,
        },
    )?;
    // It has waited long enough.
    execution.due_at = execution.due_at.map(|_| now);
    Ok(())
}
