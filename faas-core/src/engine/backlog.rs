//! The backlog: accepted executions that are in the store and not in the queue, because they or their
//! retry are not due yet or because an earlier platform left them unfinished.
//!
//! It holds only ids and times; the executions are read from the store when they are due. Times are
//! on the monotonic clock, so that setting the wall clock neither delays nor hastens a retry. A time
//! that another platform stored is wall-clock time: it is waited for, but for no longer than the
//! execution was made to wait.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Engine;
use super::in_flight::InFlightGuard;
use super::job::Job;
use super::parked;
use super::record::{Record, Stored};
use super::registry::Found;
use super::retry::intended_wait;
use super::settle::interrupted;
use crate::error::Error;
use crate::model::{Execution, ExecutionId, Failure, FailureKind, Status};
use crate::store::{Page, Stage};

/// How many unfinished executions recovery reads at a time.
const PAGE: usize = 256;
/// How long to wait before the store is tried again.
const PAUSE: Duration = Duration::from_millis(500);

/// Executions that wait for their time. An entry is 48 bytes, and there are no more entries than
/// accepted executions in the store.
#[derive(Default)]
pub(super) struct Backlog {
    due: Mutex<BTreeMap<(Duration, ExecutionId), Scheduled>>,
    changed: Notify,
}

struct Scheduled {
    guard: InFlightGuard,
    after: After,
}

/// What an execution waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// For the back-off after the claim with this number. It is due then, whatever the wall clock
    /// says, unless another platform has brought it on meanwhile.
    Attempt(u32),
    /// For its time, or for the store or the platform to be ready. When it is due, its record says.
    Record,
}

impl Backlog {
    /// Has an execution taken up at `due` on the monotonic clock.
    pub(super) fn schedule(&self, guard: InFlightGuard, due: Duration, after: After) {
        guard.settle();
        let key = (due, guard.id());
        self.due.lock().insert(key, Scheduled { guard, after });
        self.changed.notify_one();
    }

    pub(super) fn len(&self) -> usize {
        self.due.lock().len()
    }

    /// Removes an execution that was cancelled. Looks at all entries.
    pub(super) fn remove(&self, id: ExecutionId) {
        self.due.lock().retain(|(_, other), _| *other != id);
    }

    fn pop_due(&self, now: Duration) -> Option<Scheduled> {
        let mut due = self.due.lock();
        let first = due.first_entry().filter(|first| first.key().0 <= now)?;
        Some(first.remove())
    }

    /// Waits until the earliest is due; returns at once after each change.
    async fn wait(&self, engine: &Engine) {
        let first = self.due.lock().keys().next().copied();
        let Some((due, _)) = first else {
            return self.changed.notified().await;
        };
        tokio::select! {
            () = engine.0.clock.sleep_until(due) => {}
            () = self.changed.notified() => {}
        }
    }
}

/// The task that queues what falls due.
pub(super) async fn feed(engine: Engine) {
    loop {
        engine.0.backlog.wait(&engine).await;
        while let Some(scheduled) = engine.0.backlog.pop_due(engine.0.clock.monotonic()) {
            let Scheduled { guard, after } = scheduled;
            take_up_pending(&engine, guard, after).await;
        }
    }
}

/// Takes up an execution if it is still pending in the store.
pub(super) async fn take_up_pending(engine: &Engine, guard: InFlightGuard, after: After) {
    let id = guard.id();
    match engine.0.store.execution(id).await {
        Ok(Some(execution)) if execution.status == Status::Pending => {
            if after == After::Attempt(execution.attempt) {
                queue(engine, execution, guard).await;
            } else {
                take_up(engine, execution, guard).await;
            }
        }
        // It was cancelled, or another platform was faster.
        Ok(Some(_)) => {}
        Ok(None) => tracing::warn!(execution_id = %id, "an execution that was due is gone"),
        Err(error) => postpone(engine, guard, after, &error).await,
    }
}

/// The task that takes up what an earlier platform left unfinished, up to the execution `newest`.
pub(super) async fn recover(engine: Engine, newest: ExecutionId) {
    let (mut after, mut count) = (None, 0_usize);
    loop {
        let page = match engine.0.store.unfinished(after, PAGE).await {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(%error, "recovery waits for the store");
                engine.0.clock.sleep(PAUSE).await;
                continue;
            }
        };
        let Page { items, next } = page;
        for execution in items {
            if execution.id > newest {
                break;
            }
            if let Some(guard) = engine.0.in_flight.take(execution.id) {
                count += 1;
                take_up(&engine, execution, guard).await;
            }
        }
        match next {
            Some(next) if next <= newest => after = Some(next),
            _ => break,
        }
    }
    if count > 0 {
        tracing::info!(count, "took up unfinished executions");
    }
}

/// Takes up an accepted execution that no platform runs, as the store has it. One that is still
/// marked as running was interrupted.
pub(super) async fn take_up(engine: &Engine, mut execution: Execution, guard: InFlightGuard) {
    match execution.status {
        Status::Pending => {}
        Status::Running => {
            let from = Stage::of(&execution);
            if let Err(error) = interrupted(engine, &mut execution) {
                tracing::error!(%error, "cannot take up an execution");
                return;
            }
            let retry_after = (!execution.status.is_terminal()).then_some(Duration::ZERO);
            let (execution, stored) = (Arc::new(execution), Some(Stored::held(from, guard)));
            let record = Record::ended(engine, execution, stored, None, retry_after);
            // Once that is stored, it comes back here as pending.
            engine.0.recorder.send(record).await;
            return;
        }
        Status::Completed | Status::Failed => return,
    }
    let now = engine.0.clock.now();
    let wait = execution
        .due_at
        .map_or(Duration::ZERO, |due| due.since(now));
    if wait.is_zero() {
        return queue(engine, execution, guard).await;
    }
    // A time further away was stored while a clock was ahead.
    let due = engine.0.clock.monotonic() + wait.min(intended_wait(&execution));
    let after = After::Attempt(execution.attempt);
    engine.0.backlog.schedule(guard, due, after);
}

/// Queues a pending execution that is due, with the version of its function that it was accepted
/// with. Parks it instead if its function has filled its share of the queue.
async fn queue(engine: &Engine, execution: Execution, guard: InFlightGuard) {
    let (function, version) = (execution.function_id, execution.function_version);
    let failure = match engine.0.registry.load_version(function, version).await {
        Ok(Found::Ready(function)) => {
            let Some((place, guard)) = parked::reserve_or_park(engine, &execution, guard).await
            else {
                return;
            };
            let job = Job::accepted(place, function, Arc::new(execution), guard);
            // If the queue was closed meanwhile, the execution stays pending in the store.
            let _ = engine.enqueue(job);
            return;
        }
        Ok(Found::NoFunction) => Failure::new(FailureKind::Platform, "the function was deleted"),
        Ok(Found::NoVersion) => Failure::new(
            FailureKind::Platform,
            format!(
                "version {version} of the function, which the execution was accepted with, is no \
                 longer stored: execute the function again to run its current version"
            ),
        ),
        Err(Error::Compile(error)) if !error.temporary => {
            Failure::new(FailureKind::UserError, error.to_string())
        }
        Err(error) => return postpone(engine, guard, After::Record, &error).await,
    };
    let stored = Stored::held(Stage::of(&execution), guard);
    engine
        .fail(Arc::new(execution), failure, None, Some(stored))
        .await;
}

/// Tries again later, at a pace that an unavailable store can bear.
async fn postpone(
    engine: &Engine,
    guard: InFlightGuard,
    after: After,
    error: &(dyn std::error::Error + Sync),
) {
    tracing::warn!(execution_id = %guard.id(), %error, "cannot take up an execution now");
    engine.0.clock.sleep(PAUSE).await;
    let due = engine.0.clock.monotonic() + PAUSE;
    engine.0.backlog.schedule(guard, due, after);
}
