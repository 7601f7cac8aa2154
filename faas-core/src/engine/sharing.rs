//! What a platform does for others that use the same store: it renews the leases of what it has
//! claimed, and takes up what nobody holds any more.
//!
//! A lease lasts for the function's timeout and a margin, so that even a platform that cannot reach
//! the store for a while has finished before anybody takes its work over. What waits in a queue is
//! held by nobody: whoever claims it first runs it, so a platform that has room takes up what waits
//! elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use super::backlog::take_up;
use super::execute::cancelled;
use super::holds::Claimed;
use super::recorder::Stored;
use crate::model::{ExecutionId, Status, Timestamp};
use crate::runtime::StopReason;
use crate::store::{Lease, Overdue, OverdueQuery, Renewed, SharedStore, Stage, StoreError};

/// How often leases are renewed, and requests to cancel heard.
const RENEW: Duration = Duration::from_secs(1);
/// How often to look for what nobody holds.
const SWEEP: Duration = Duration::from_millis(500);
/// What has waited so long in the queue that it was accepted to may be taken up elsewhere.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many executions to look at, at a time.
const PAGE: usize = 256;
/// Work is taken from others while fewer jobs wait for each instance.
const QUEUED_PER_INSTANCE: usize = 8;

impl Engine {
    /// The lease of something that is claimed or renewed now.
    pub(super) fn lease(&self, length: Duration) -> Lease {
        Lease {
            owner: self.0.owner.clone(),
            until: self.0.clock.now() + length,
        }
    }

    /// For how long an attempt with this timeout is claimed.
    pub(super) fn lease_length(&self, timeout: Duration) -> Duration {
        timeout + self.0.options.lease_margin
    }
}

/// The task that renews leases.
pub(super) async fn renew(engine: Engine) {
    let Some(shared) = engine.0.store.as_shared() else {
        return;
    };
    loop {
        engine.0.clock.sleep(RENEW).await;
        if let Err(error) = renew_all(&engine, shared).await {
            tracing::warn!(%error, "leases were not renewed");
        }
    }
}

async fn renew_all(engine: &Engine, shared: &dyn SharedStore) -> Result<(), StoreError> {
    let mut by_length = BTreeMap::<Duration, Vec<(ExecutionId, u32)>>::new();
    for Claimed { id, attempt, lease } in engine.0.holds.claimed() {
        by_length.entry(lease).or_default().push((id, attempt));
    }
    for (length, attempts) in by_length {
        let renewed = shared.renew(&attempts, &engine.lease(length)).await?;
        for ((id, _), renewed) in attempts.into_iter().zip(renewed) {
            match renewed {
                Renewed::Held => {}
                Renewed::CancelRequested => {
                    let engine = engine.clone();
                    // What becomes of it, whoever asked reads in the store.
                    tokio::spawn(async move { drop(engine.cancel(id).await) });
                }
                // Unless it has just been settled, it runs for nothing.
                Renewed::Lost => {
                    engine.0.instances.stop(engine, id, StopReason::TakenOver);
                }
            }
        }
    }
    Ok(())
}

/// The task that takes up what nobody holds.
pub(super) async fn sweep(engine: Engine) {
    let Some(shared) = engine.0.store.as_shared() else {
        return;
    };
    let clock = &engine.0.clock;
    let margin = engine.0.options.lease_margin;
    // While the store is away nobody can renew anything: when it is back, others are given time to.
    // Whether it was away before this platform started, nobody knows.
    let mut leave_leases_until = clock.monotonic() + margin;
    loop {
        let now = clock.now();
        let leases_may_have_ended = clock.monotonic() >= leave_leases_until;
        let query = OverdueQuery {
            due_before: now - PATIENCE,
            leases_before: if leases_may_have_ended {
                now
            } else {
                Timestamp::from_micros(0)
            },
            limit: PAGE,
        };
        match shared.overdue(&query).await {
            Ok(found) => take_up_all(&engine, found).await,
            Err(error) => {
                tracing::debug!(%error, "cannot look for what nobody holds");
                leave_leases_until = clock.monotonic() + margin;
            }
        }
        clock.sleep(SWEEP).await;
    }
}

/// Takes up as much as there is room for, one at least.
async fn take_up_all(engine: &Engine, found: Vec<Overdue>) {
    let depth = engine.depth();
    let room = (QUEUED_PER_INSTANCE * depth.instances).saturating_sub(depth.queued);
    let free = found.into_iter().filter_map(|overdue| {
        let hold = engine.0.holds.take(overdue.execution.id)?;
        Some((overdue, hold))
    });
    for (overdue, hold) in free.take(room.max(1)) {
        let Overdue {
            execution,
            cancel_requested,
        } = overdue;
        if execution.status == Status::Running {
            tracing::info!(execution_id = %execution.id, attempt = execution.attempt, "took over: its lease has ended");
            if cancel_requested {
                let stored = Stored::held(Stage::of(&execution), hold);
                let execution = Arc::new(execution);
                engine
                    .fail(execution, cancelled(), None, Some(stored))
                    .await;
                continue;
            }
        }
        take_up(engine, execution, hold).await;
    }
}
