//! Tests of when attempts begin, what they are billed for, and which ones count.

use std::sync::Arc;
use std::time::Duration;

use faas_core::model::{Execution, ExecutionId, FailureKind, FunctionConfig, NanoDollars, Status};
use faas_core::store::{ExecutionQuery, MemoryStore, Store};
use serde_json::json;

use crate::platform::{World, everything, settle};

const MILLISECOND: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

fn once(timeout: Duration) -> FunctionConfig {
    FunctionConfig {
        timeout,
        retry_count: 0,
        ..FunctionConfig::default()
    }
}

async fn execute(world: &World, function: &faas_core::model::Function) -> ExecutionId {
    let accepted = world.platform.execute(function.id, json!({})).await;
    accepted.unwrap().id
}

async fn begun(world: &World, id: ExecutionId) -> Arc<Execution> {
    let began = |execution: &Execution| execution.status == Status::Running;
    world.until(id, began).await
}

async fn ids_with(world: &World, status: Status) -> Vec<ExecutionId> {
    let query = ExecutionQuery {
        status: Some(status),
        ..everything(100)
    };
    let listed = world.platform.executions().list(&query).await.unwrap();
    assert!(listed.iter().all(|execution| execution.status == status));
    listed.iter().map(|execution| execution.id).collect()
}

/// Waits until this many executions are running in the store.
async fn claimed(store: &dyn Store, count: u64) {
    for _ in 0..5_000 {
        if store.totals().await.unwrap().running == count {
            return;
        }
        settle().await;
    }
    panic!(
        "the executions were not claimed: {:?}",
        store.totals().await
    );
}

#[tokio::test]
async fn a_call_that_times_out_is_billed_for_exactly_its_timeout() {
    let world = World::new(|options| options.max_instances = 1).await;
    for script in ["wait", "hang"] {
        let function = world.function(script, once(100 * MILLISECOND)).await;
        let id = execute(&world, &function).await;
        begun(&world, id).await;
        for _ in 0..20 {
            world.advance(20 * MILLISECOND).await;
        }
        let failed = world.ended(id).await;
        assert_eq!(failed.failure.as_ref().unwrap().kind, FailureKind::Timeout);
        assert_eq!(failed.duration, 100 * MILLISECOND, "{script}");
        assert_eq!(failed.attempts[0].duration, 100 * MILLISECOND, "{script}");
        assert_eq!(failed.cost.base, NanoDollars::new(100_000), "{script}");
    }
    world.runtime.open();
}

#[tokio::test]
async fn an_execution_is_shown_as_pending_until_its_attempt_begins() {
    let world = World::new(|options| options.max_instances = 1).await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(execute(&world, &wait).await);
    }
    begun(&world, ids[0]).await;
    world.platform.executions().cancel(ids[0]).await.unwrap();
    // The freed instance claims all waiting executions and begins the first one.
    claimed(&*world.store, 4).await;
    let running = begun(&world, ids[1]).await;
    assert!(running.start_time.is_some());
    assert_eq!(ids_with(&world, Status::Running).await, [ids[1]]);
    let waiting = [ids[4], ids[3], ids[2]];
    assert_eq!(ids_with(&world, Status::Pending).await, waiting);
    for id in waiting {
        let shown = world.get(id).await;
        assert_eq!((shown.status, shown.start_time), (Status::Pending, None));
    }
    let all = world.platform.executions().list(&everything(3)).await;
    let shown: Vec<_> = all.unwrap().iter().map(|one| one.status).collect();
    assert_eq!(shown, [Status::Pending; 3]);
    world.runtime.open();
    for id in &ids[1..] {
        assert_eq!(world.ended(*id).await.status, Status::Completed);
    }
    assert_eq!(ids_with(&world, Status::Pending).await, []);
}

#[tokio::test]
async fn a_claim_released_by_a_shutdown_does_not_count_as_an_attempt() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let world = World::on(store.clone(), |options| {
        options.max_instances = 1;
        options.shutdown_grace = Duration::ZERO;
    })
    .await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let attempt = world.function("attempt", FunctionConfig::default()).await;
    let mut ids = Vec::new();
    for function in [&wait, &wait, &attempt, &attempt] {
        ids.push(execute(&world, function).await);
    }
    begun(&world, ids[0]).await;
    world.platform.executions().cancel(ids[0]).await.unwrap();
    let mut begun = None;
    for _ in 0..5_000 {
        begun = ids_with(&world, Status::Running).await.pop();
        if begun == Some(ids[1]) {
            break;
        }
        settle().await;
    }
    assert_eq!(begun, Some(ids[1]));
    let not_ended = store.totals().await.unwrap();
    let completed = not_ended.completed;
    let (platform, clock) = (world.platform.clone(), world.clock.clone());
    let stopping = tokio::spawn(async move { platform.shutdown().await });
    while !stopping.is_finished() {
        clock.advance(5 * MILLISECOND);
        settle().await;
    }
    let left = store.totals().await.unwrap();
    assert_eq!((left.running, left.completed), (0, completed));

    let next = World::on(store, |_| {}).await;
    next.runtime.open();
    next.advance(Duration::from_secs(3)).await;
    for id in &ids[2..] {
        let execution = next.ended(*id).await;
        assert_eq!(execution.attempts.len(), 1);
        assert_eq!(execution.output.as_ref().unwrap().as_str(), "1");
    }
    let interrupted = next.ended(ids[1]).await;
    assert_eq!(interrupted.attempts.len(), 2);
}

#[tokio::test]
async fn a_pause_of_the_process_is_not_billed_and_causes_no_timeout() {
    let world = World::new(|_| {}).await;
    let wait = world.function("wait", once(Duration::from_secs(30))).await;
    let id = execute(&world, &wait).await;
    begun(&world, id).await;
    world.advance(40 * MILLISECOND).await;
    world.advance(HOUR).await;
    assert_eq!(world.get(id).await.status, Status::Running);
    world.runtime.open();
    let completed = world.ended(id).await;
    assert_eq!(completed.status, Status::Completed);
    assert!(completed.duration <= 100 * MILLISECOND, "{completed:?}");
    assert_eq!(completed.cost.base, NanoDollars::new(100_000));
}

#[tokio::test]
async fn a_timeout_caused_by_a_pause_of_the_process_is_a_free_platform_failure() {
    let world = World::new(|_| {}).await;
    let late = world.function("late", once(Duration::from_secs(30))).await;
    let platform = world.platform.clone();
    let call = tokio::spawn(async move { platform.invoke(late.id, json!({})).await });
    for _ in 0..5_000 {
        if !ids_with(&world, Status::Running).await.is_empty() {
            break;
        }
        settle().await;
    }
    world.clock.advance(HOUR);
    // The runtime's own timer fires because of the pause.
    world.runtime.open();
    let failed = call.await.unwrap().unwrap();
    let failure = failed.failure.as_ref().unwrap();
    assert_eq!(failure.kind, FailureKind::Platform);
    assert!(failure.message.contains("paused"), "{failure:?}");
    assert_eq!(failed.cost.total(), NanoDollars::ZERO);
}
