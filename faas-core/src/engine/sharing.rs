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

use tokio::task::JoinSet;

use super::Engine;
use super::backlog::take_up;
use super::execute::cancelled;
use super::in_flight::{Claimed, InFlightGuard};
use super::record::Stored;
use crate::model::{Execution, ExecutionId, FunctionId, Status, Timestamp};
use crate::runtime::StopReason;
use crate::store::{Lease, Overdue, OverdueQuery, Renewed, SharedStore, Stage, StoreError};

/// How often leases are renewed, and requests to cancel heard.
const RENEW: Duration = Duration::from_secs(1);
/// How often to look for what nobody holds.
const SWEEP: Duration = Duration::from_millis(500);
/// How often while there is more than there was room for.
const SOON: Duration = Duration::from_millis(10);
/// What has waited so long in the queue that it was accepted to may be taken up elsewhere.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many executions to look at, at a time.
const PAGE: usize = 256;
/// How many jobs of others may wait for each instance. More than one instance is brought before
/// policies find the queue long.
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
            // Others may be luckier.
            Err(error) => done = Err(error),
        }
    }
    done
}

/// Does what follows from a renewal.
fn heed(engine: &Engine, id: ExecutionId, attempt: u32, renewed: Renewed) {
    match renewed {
        Renewed::Held => {}
        Renewed::CancelRequested => {
            if !engine.stop(id) {
                // It has not begun. What becomes of it, whoever asked reads in the store.
                let engine = engine.clone();
                tokio::spawn(async move { drop(engine.cancel(id).await) });
            }
        }
        // Unless it has just been settled, it runs for nothing.
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

/// The task that takes up what nobody holds.
pub(super) async fn sweep(engine: Engine) {
    let Some(shared) = engine.0.store.as_shared() else {
        return;
    };
    let clock = &engine.0.clock;
    let margin = engine.0.options.lease_margin;
    // While the store is away nobody can renew anything: when it is back, others are given time to.
    // Whether it was away before this platform started, nobody knows.
    let mut leases_at = clock.monotonic() + margin;
    let mut looked_at = clock.monotonic();
    loop {
        let now = clock.monotonic();
        // An answer that was long in coming, or a platform that stood still: the others may have too.
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
            && QueuePermit::of(&engine).jobs == 0
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
struct QueuePermit {
    /// So many jobs: none, until half of those that were taken is gone.
    jobs: usize,
    /// None of these functions: what is here keeps them as busy as they may be.
    except: Vec<FunctionId>,
}

impl QueuePermit {
    fn of(engine: &Engine) -> Self {
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
        Status::Running => QueuePermit::to_settle(),
        _ => QueuePermit::of(engine),
    };
    if room.jobs == 0 {
        return Ok(Left::More);
    }
    let query = OverdueQuery {
        status,
        before,
        except: room.except,
        limit: PAGE,
    };
    let mut found = shared.overdue(&query).await?;
    found.retain(|overdue| !engine.0.in_flight.has(overdue.id));
    let left = if found.len() > room.jobs {
        // So that those who look at the same time do not all take the same.
        fastrand::shuffle(&mut found);
        Left::More
    } else {
        Left::Nothing
    };
    let mut reads = JoinSet::new();
    for overdue in found.into_iter().take(room.jobs) {
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
            // Somebody else was faster.
            Ok(_) => {}
            Err(error) if error.is_retryable() => return Err(error),
            // The others can be read, maybe.
            Err(error) => tracing::error!(%error, execution_id = %overdue.id, "cannot be taken up"),
        }
    }
    Ok(left)
}

async fn take_over(engine: &Engine, execution: Execution, overdue: Overdue, guard: InFlightGuard) {
    if overdue.stage.status == Status::Running {
        let (execution_id, attempt) = (execution.id, execution.attempt);
        tracing::info!(%execution_id, attempt, "takes over: the lease has ended");
    }
    if overdue.cancel_requested {
        let stored = Some(Stored::held(overdue.stage, guard));
        let execution = Arc::new(execution);
        engine.fail(execution, cancelled(), None, stored).await;
    } else {
        take_up(engine, execution, guard).await;
    }
}
