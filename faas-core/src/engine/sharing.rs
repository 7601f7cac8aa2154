//! Several platforms on one store: a platform renews the leases of what it has claimed, and takes up
//! executions that no platform holds any more.
//!
//! A lease lasts for the function's timeout and a margin, so that even a platform that cannot reach
//! the store for a while has finished before another takes its work over. An execution that waits in
//! a queue has no lease: the platform that claims it first runs it, so a platform that has room takes
//! up what waits elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::Engine;
use super::backlog::take_up;
use super::execute::cancelled;
use super::far_ahead::FarAhead;
use super::in_flight::{Claimed, InFlightGuard};
use super::record::Stored;
use crate::error::StoreError;
use crate::model::{Execution, ExecutionId, FunctionId, Status, Timestamp};
use crate::runtime::StopReason;
use crate::store::{Lease, Overdue, OverdueQuery, Renewed, SharedStore, Stage};

/// How often leases are renewed, and requests to cancel are read.
const RENEW: Duration = Duration::from_secs(1);
/// How often to look for executions that no platform holds.
const SWEEP: Duration = Duration::from_millis(500);
/// How often while there is more than there was room for.
const SOON: Duration = Duration::from_millis(10);
/// An execution that has waited so long in one platform's queue may be taken up by another.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many executions to look at, at a time.
pub(super) const PAGE: usize = 256;
/// How many jobs from other platforms may wait for each instance: enough for scaling policies to see
/// a long queue.
const QUEUED_PER_INSTANCE: usize = 16;

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
    let mut alike = BTreeMap::<Duration, Vec<(ExecutionId, u32)>>::new();
    for Claimed { id, attempt, lasts } in engine.0.in_flight.claimed() {
        alike.entry(lasts).or_default().push((id, attempt));
    }
    let mut done = Ok(());
    for (length, attempts) in alike {
        match shared.renew(&attempts, &engine.lease(length)).await {
            Ok(renewed) => {
                for ((id, attempt), renewed) in attempts.into_iter().zip(renewed) {
                    heed(engine, id, attempt, renewed);
                }
            }
            // The other groups may be renewed all the same.
            Err(error) => done = Err(error),
        }
    }
    done
}

/// Acts on the result of a renewal.
fn heed(engine: &Engine, id: ExecutionId, attempt: u32, renewed: Renewed) {
    match renewed {
        Renewed::Held => {}
        Renewed::CancelRequested => {
            if !engine.stop(id) {
                // It has not begun. The platform that asked reads the result in the store.
                let engine = engine.clone();
                tokio::spawn(async move { drop(engine.cancel(id).await) });
            }
        }
        // Unless it has just been settled, its result will be refused.
        Renewed::Lost => {
            let wanted = |execution: &Execution| (execution.id, execution.attempt) == (id, attempt);
            let instances = &engine.0.instances;
            if !instances.stop(engine, StopReason::TakenOver, wanted) {
                // It has not begun, and need not.
                drop(engine.0.queue.remove(wanted));
            }
        }
    }
}

/// The task that takes up executions that no platform holds.
pub(super) async fn sweep(engine: Engine) {
    let Some(shared) = engine.0.store.as_shared() else {
        return;
    };
    let clock = &engine.0.clock;
    let margin = engine.0.options.lease_margin;
    // While the store is unavailable no platform can renew its leases, so all are given time to do so
    // afterwards. The store may have been unavailable before this platform started.
    let mut leases_at = clock.monotonic() + margin;
    let mut looked_at = clock.monotonic();
    let mut far_ahead = FarAhead::new(&engine);
    loop {
        let now = clock.monotonic();
        // A slow answer, or a pause of this platform, may have hit the others as well.
        if now.saturating_sub(looked_at) > SWEEP + margin / 2 {
            leases_at = now + margin;
        }
        looked_at = now;
        if now >= leases_at {
            let ended = clock.now();
            leases_at = match take_up_all(&engine, shared, Status::Running, ended).await {
                Ok(_) => now + SWEEP,
                Err(error) => {
                    tracing::debug!(%error, "cannot look for leases that have ended");
                    clock.monotonic() + margin
                }
            };
        }
        if let Err(error) = far_ahead.look(&engine, shared).await {
            tracing::debug!(%error, "cannot look for times that lie too far ahead");
        }
        let due = clock.now() - PATIENCE;
        let wait = match take_up_all(&engine, shared, Status::Pending, due).await {
            Ok(Left::More) => SOON,
            Ok(Left::Nothing) => SWEEP,
            Err(error) => {
                tracing::debug!(%error, "cannot look for what waits elsewhere");
                leases_at = clock.monotonic() + margin;
                SWEEP
            }
        };
        clock.sleep(wait).await;
        while wait == SOON
            && TakeUpLimit::of(&engine).jobs == 0
            && clock.monotonic() < looked_at + SWEEP
        {
            clock.sleep(SOON).await;
        }
    }
}

/// Whether there was more to take up than there was room for.
enum Left {
    Nothing,
    More,
}

/// What may be taken up.
pub(super) struct TakeUpLimit {
    /// The number of jobs; none until half of those taken before has left the queue.
    pub(super) jobs: usize,
    /// Not of these functions: they already run as often as they may.
    except: Vec<FunctionId>,
}

impl TakeUpLimit {
    pub(super) fn of(engine: &Engine) -> Self {
        let (except, stuck) = engine.0.queue.saturated();
        let depth = engine.depth();
        let most = QUEUED_PER_INSTANCE * depth.instances;
        let waiting = depth.queued.saturating_sub(stuck);
        let jobs = if waiting > most / 2 {
            0
        } else {
            let capacity = engine.0.options.queue_capacity;
            (most - waiting).min(capacity.saturating_sub(depth.queued))
        };
        Self { jobs, except }
    }

    /// What is to be settled needs next to none.
    fn to_settle() -> Self {
        Self {
            jobs: PAGE,
            except: Vec::new(),
        }
    }
}

/// Takes up what is overdue, as far as there is room.
async fn take_up_all(
    engine: &Engine,
    shared: &dyn SharedStore,
    status: Status,
    before: Timestamp,
) -> Result<Left, StoreError> {
    let room = match status {
        Status::Running => TakeUpLimit::to_settle(),
        _ => TakeUpLimit::of(engine),
    };
    if room.jobs == 0 {
        return Ok(Left::More);
    }
    let query = OverdueQuery {
        status,
        before,
        from: Timestamp::MIN,
        except: room.except,
        limit: PAGE,
    };
    let mut found = shared.overdue(&query).await?;
    found.retain(|overdue| !engine.0.in_flight.has(overdue.id));
    let left = if found.len() > room.jobs {
        // Platforms that look at the same time should not all take the same ones.
        fastrand::shuffle(&mut found);
        Left::More
    } else {
        Left::Nothing
    };
    found.truncate(room.jobs);
    take_up_found(engine, found).await?;
    Ok(left)
}

/// Takes up executions that no platform holds.
pub(super) async fn take_up_found(engine: &Engine, found: Vec<Overdue>) -> Result<(), StoreError> {
    let mut reads = JoinSet::new();
    for overdue in found {
        let Some(guard) = engine.0.in_flight.take(overdue.id) else {
            continue;
        };
        let store = engine.0.store.clone();
        reads.spawn(async move { (overdue, guard, store.execution(overdue.id).await) });
    }
    while let Some(read) = reads.join_next().await {
        let Ok((overdue, guard, execution)) = read else {
            continue;
        };
        match execution {
            Ok(Some(execution)) if Stage::of(&execution) == overdue.stage => {
                take_over(engine, execution, overdue, guard).await;
            }
            // Another platform was faster.
            Ok(_) => {}
            Err(error) if error.is_retryable() => return Err(error),
            // It may be possible to read the others.
            Err(error) => {
                tracing::error!(%error, execution_id = %overdue.id, "cannot take up an execution");
            }
        }
    }
    Ok(())
}

async fn take_over(engine: &Engine, execution: Execution, overdue: Overdue, guard: InFlightGuard) {
    if overdue.stage.status == Status::Running {
        let (execution_id, attempt) = (execution.id, execution.attempt);
        tracing::info!(%execution_id, attempt, "takes over an execution whose lease has ended");
    }
    if overdue.cancel_requested {
        let stored = Some(Stored::held(overdue.stage, guard));
        let execution = Arc::new(execution);
        engine.fail(execution, cancelled(), None, stored).await;
    } else {
        take_up(engine, execution, guard).await;
    }
}
