//! Fires schedules.
//!
//! The task sleeps until the earliest schedule is due, so idle schedules cost nothing. A change on this
//! platform wakes it. On a shared store it asks once a second when the earliest one is due, because
//! another platform may have changed one. While there are schedules, it compares the clock once a
//! second, so that it notices a wall clock that was set.
//!
//! Accepting the execution of a firing and moving the schedule on to its next time is one write
//! ([`Write::Fire`]), under the revision of the schedule that was read. So each planned time has exactly
//! one execution, however many platforms try, and wherever a process ends.
//!
//! If the queue is full, the execution waits in the backlog. If that is full too, or calls of the
//! function do not stop, the firing is tried again after a second, until it counts as missed. If it
//! cannot be accepted at all, for example because the function is inactive, the schedule goes on to its
//! next time. Either is shown as the schedule's failure.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Notify;

use super::Engine;
use super::backlog::After;
use super::execute::Request;
use crate::error::{Error, Resource, StoreError};
use crate::model::{CallerLabel, ExecutionId, Firing, FiringFailure, Schedule, Timestamp};
use crate::store::ScheduleStore;
#[cfg(doc)]
use crate::store::Write;

/// How many schedules are fired at a time.
const PAGE: usize = 256;
/// How often the clock is compared, and how long a firing that was refused waits.
const LOOK: Duration = Duration::from_secs(1);

/// The way to the task that fires schedules.
#[derive(Default)]
pub(crate) struct Schedules {
    changed: Notify,
}

impl Schedules {
    /// A schedule was added or changed on this platform.
    pub(crate) fn changed(&self) {
        self.changed.notify_one();
    }
}

/// The task that fires schedules.
pub(super) async fn fire(engine: Engine) {
    let Some(store) = engine.0.store.as_schedules() else {
        return;
    };
    loop {
        match fire_due(&engine, store).await {
            Ok(next) => wait(&engine, next).await,
            Err(error) => {
                tracing::warn!(%error, "schedules cannot be fired now");
                engine.0.clock.sleep(LOOK).await;
            }
        }
    }
}

/// Waits until `next`, or until a schedule may have changed.
async fn wait(engine: &Engine, next: Option<Timestamp>) {
    let clock = &engine.0.clock;
    let is_shared = engine.0.store.as_shared().is_some();
    let changed = &engine.0.schedules.changed;
    loop {
        // First, so that a clock that is advanced by hand is not missed.
        let monotonic = clock.monotonic();
        let left = match next {
            Some(next) => next.since(clock.now()).min(LOOK),
            None if is_shared => LOOK,
            None => return changed.notified().await,
        };
        if left.is_zero() {
            return;
        }
        tokio::select! {
            () = clock.sleep_until(monotonic + left) => if is_shared { return },
            () = changed.notified() => return,
        }
    }
}

/// Fires what is due. Returns when the next one is.
async fn fire_due(engine: &Engine, store: &dyn ScheduleStore) -> Result<Option<Timestamp>, Error> {
    loop {
        let now = engine.0.clock.now();
        let due = store.due_schedules(now, PAGE).await?;
        if due.is_empty() {
            let next = store.next_schedule().await?;
            // What is due and not listed cannot be read.
            return Ok(next.map(|next| if next > now { next } else { now + LOOK }));
        }
        let fired = join_all(due.iter().map(|one| fire_one(engine, store, one))).await;
        fired.into_iter().collect::<Result<(), Error>>()?;
    }
}

async fn fire_one(
    engine: &Engine,
    store: &dyn ScheduleStore,
    schedule: &Schedule,
) -> Result<(), Error> {
    let now = engine.0.clock.now();
    let Some(plan) = schedule.plan(now) else {
        return Ok(());
    };
    let mut after = Schedule {
        next: plan.next,
        retry_at: None,
        revision: schedule.revision + 1,
        ..schedule.clone()
    };
    let refusal = match plan.fire {
        None => "it was missed, and missed firings are skipped".to_owned(),
        Some(scheduled) => match accept(engine, &mut after, scheduled).await {
            Ok(()) => return Ok(()),
            Err(Error::NotFound(Resource::Function)) => {
                store.delete_schedule(schedule.id).await?;
                return Ok(());
            }
            Err(error @ (Error::Unavailable(_) | Error::Internal(_))) => return Err(error),
            Err(error) => {
                if error.is_retryable() {
                    after.next = schedule.next;
                    after.retry_at = Some(now + LOOK);
                }
                error.to_string()
            }
        },
    };
    let scheduled = plan.fire.or(schedule.next).unwrap_or(now);
    after.last = schedule.last;
    after.failure = Some(FiringFailure {
        scheduled,
        at: now,
        reason: refusal,
    });
    match store.replace_schedule(&after).await {
        // Another platform has fired or changed it.
        Ok(()) | Err(StoreError::Stale) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Accepts the execution of a firing, and stores the schedule `after` it.
async fn accept(engine: &Engine, after: &mut Schedule, scheduled: Timestamp) -> Result<(), Error> {
    let caller = CallerLabel::new(format!("schedule:{}", after.id)).named(&*after.name);
    let mut request = Request {
        alias: after.alias.as_deref().map(Arc::from),
        retry: true,
        ..Request::once(after.input_at(scheduled), Some(caller))
    };
    let mut admitted = engine.admit_waiting(after.function_id, &request).await;
    if let Err(Error::Overloaded { .. }) = admitted {
        request.due_at = Some(engine.0.clock.now());
        admitted = engine.admit_waiting(after.function_id, &request).await;
    }
    let (function, waiting) = admitted?;
    let mut new = engine.accepting(waiting, function, request)?;
    let execution = new.execution.id;
    after.last = Some(Firing {
        scheduled,
        execution,
    });
    after.failure = None;
    new.schedule = Some(Arc::new(after.clone()));
    let accepted = engine.accept(vec![new]).await;
    if accepted.is_err() {
        take_up_if_stored(engine, execution);
    }
    // If it was refused as stale, another platform has fired it.
    accepted.map(drop)
}

/// Takes an execution up if the store has it although it gave no answer.
fn take_up_if_stored(engine: &Engine, id: ExecutionId) {
    if let Some(guard) = engine.0.in_flight.take(id) {
        let due = engine.0.clock.monotonic() + LOOK;
        engine.0.backlog.schedule(guard, due, After::Record);
    }
}
