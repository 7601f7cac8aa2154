//! The backlog: accepted executions that are in the store and not in the queue, because their retry
//! is not due yet or because an earlier platform left them unfinished.
//!
//! Here they are only ids and times; what they are is read from the store when their turn comes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Engine;
use super::attempt::interrupted;
use super::in_flight::InFlightGuard;
use super::job::Job;
use super::record::{Record, Stored};
use crate::error::Error;
use crate::model::{Execution, ExecutionId, Failure, FailureKind, Status, Timestamp};
use crate::store::{Page, Stage};

/// How many unfinished executions recovery reads at a time.
const PAGE: usize = 256;
/// How long to wait before the store is asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// Executions that wait for their time. An entry is 40 bytes; that there are no more than accepted
/// executions in the store is its bound.
#[derive(Default)]
pub(super) struct Backlog {
    due: Mutex<BTreeMap<(Timestamp, ExecutionId), InFlightGuard>>,
    changed: Notify,
}

impl Backlog {
    pub(super) fn schedule(&self, guard: InFlightGuard, due: Timestamp) {
        guard.settle();
        self.due.lock().insert((due, guard.id()), guard);
        self.changed.notify_one();
    }

    pub(super) fn len(&self) -> usize {
        self.due.lock().len()
    }

    fn pop_due(&self, now: Timestamp) -> Option<InFlightGuard> {
        let mut due = self.due.lock();
        let first = due.first_entry().filter(|first| first.key().0 <= now)?;
        Some(first.remove())
    }

    /// Waits until the earliest is due; returns at once after each change.
    async fn wait(&self, engine: &Engine) {
        let first = self.due.lock().keys().next().copied();
        let Some((at, _)) = first else {
            return self.changed.notified().await;
        };
        let wait = at.since(engine.0.clock.now());
        tokio::select! {
            () = engine.0.clock.sleep(wait.max(Duration::from_millis(1))) => {}
            () = self.changed.notified() => {}
        }
    }
}

/// The task that queues what falls due.
pub(super) async fn feed(engine: Engine) {
    loop {
        engine.0.backlog.wait(&engine).await;
        while let Some(guard) = engine.0.backlog.pop_due(engine.0.clock.now()) {
            let id = guard.id();
            match engine.0.store.execution(id).await {
                Ok(Some(execution)) if execution.status == Status::Pending => {
                    take_up(&engine, execution, guard).await;
                }
                // It was cancelled, or another platform was faster.
                Ok(Some(_)) => {}
                Ok(None) => tracing::warn!(execution_id = %id, "an execution that was due is gone"),
                Err(error) => postpone(&engine, guard, &error).await,
            }
        }
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

/// Takes up an accepted execution that nobody runs, as the store has it. One that is still marked as
/// running was interrupted.
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
    if let Some(due) = execution.due_at.filter(|due| *due > engine.0.clock.now()) {
        engine.0.backlog.schedule(guard, due);
        return;
    }
    let failure = match engine.0.registry.load(execution.function_id).await {
        Ok(Some(function)) => {
            let permit = engine.0.queue.reserve().await;
            let job = Job::accepted(function, Arc::new(execution), guard);
            // A queue that was closed meanwhile leaves it pending in the store.
            let _ = engine.0.queue.push(permit, job);
            return;
        }
        Ok(None) => Failure::new(FailureKind::Platform, "the function was deleted"),
        Err(Error::Compile(error)) => Failure::new(FailureKind::UserError, error.to_string()),
        Err(error) => return postpone(engine, guard, &error).await,
    };
    let stored = Stored::held(Stage::of(&execution), guard);
    engine
        .fail(Arc::new(execution), failure, None, Some(stored))
        .await;
}

/// Tries again later, at a pace that a store which is away can bear.
async fn postpone(engine: &Engine, guard: InFlightGuard, error: &(dyn std::error::Error + Sync)) {
    tracing::warn!(execution_id = %guard.id(), %error, "cannot take up an execution now");
    engine.0.clock.sleep(PAUSE).await;
    engine
        .0
        .backlog
        .schedule(guard, engine.0.clock.now() + PAUSE);
}
