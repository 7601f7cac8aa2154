//! Tests that an execution runs the version of its function that was current at acceptance.

use std::sync::Arc;
use std::time::Duration;

use faas_core::model::{
    ExecutionId, FailureKind, Function, FunctionConfig, FunctionStatus, Status,
};
use faas_core::platform::FunctionUpdate;
use faas_core::store::{MemoryStore, Store, Write};
use serde_json::json;

use crate::platform::{World, settle};

const SECOND: Duration = Duration::from_secs(1);

async fn execute(world: &World, function: &Function) -> ExecutionId {
    let accepted = world.platform.execute(function.id, json!({})).await;
    accepted.unwrap().id
}

async fn update(world: &World, function: &Function, script: &str) {
    let update = FunctionUpdate::default().code(script.to_owned());
    let functions = world.platform.functions();
    functions.update(function.id, update).await.unwrap();
}

#[tokio::test]
async fn a_retry_runs_the_accepted_version_after_an_update() {
    let world = World::new(|_| {}).await;
    let function = world.function("fail 2", FunctionConfig::default()).await;
    let id = execute(&world, &function).await;
    world
        .until(id, |execution| execution.retry_count == 1)
        .await;
    update(&world, &function, "echo").await;
    world.advance(2 * SECOND).await;
    let failed = world
        .until(id, |execution| execution.retry_count == 2)
        .await;
    assert_eq!(failed.failure.as_ref().unwrap().message, "failure 2");
    world.advance(4 * SECOND).await;
    let ended = world.ended(id).await;
    assert_eq!(
        (ended.status, ended.function_version, ended.attempts.len()),
        (Status::Completed, 1, 3)
    );
    let now = world.platform.invoke(function.id, json!(7)).await.unwrap();
    assert_eq!(now.function_version, 2);
}

#[tokio::test]
async fn queued_calls_run_the_version_that_they_were_accepted_with() {
    let world = World::new(|options| options.max_instances = 1).await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let function = world.function("attempt", FunctionConfig::default()).await;
    let running = execute(&world, &wait).await;
    world
        .until(running, |execution| execution.start_time.is_some())
        .await;
    let platform = world.platform.clone();
    let direct = tokio::spawn(async move { platform.invoke(function.id, json!(9)).await });
    while world.platform.counters().queued == 0 {
        settle().await;
    }
    let accepted = execute(&world, &function).await;
    update(&world, &function, "echo").await;
    world.runtime.open();
    let direct = direct.await.unwrap().unwrap();
    for ended in [direct, world.ended(accepted).await] {
        assert_eq!(ended.function_version, 1);
        assert_eq!(ended.output.as_ref().unwrap().as_str(), "1");
    }
}

#[tokio::test]
async fn after_a_restart_and_on_other_platforms_the_accepted_version_runs() {
    for shared in [false, true] {
        let store = MemoryStore::new();
        let store: Arc<dyn Store> = Arc::new(if shared { store.shared() } else { store });
        let world = World::on(store.clone(), |options| {
            options.max_instances = 1;
            options.shutdown_grace = Duration::ZERO;
        })
        .await;
        let wait = world.function("wait", FunctionConfig::default()).await;
        let function = world.function("attempt", FunctionConfig::default()).await;
        let running = execute(&world, &wait).await;
        world
            .until(running, |execution| execution.start_time.is_some())
            .await;
        let id = execute(&world, &function).await;
        update(&world, &function, "echo").await;
        update(&world, &function, "fail 9").await;
        let (platform, clock) = (world.platform.clone(), world.clock.clone());
        let stopping = tokio::spawn(async move { platform.shutdown().await });
        while !stopping.is_finished() {
            clock.advance(Duration::from_millis(5));
            settle().await;
        }
        let next = World::at(clock, store, |_| {}).await;
        next.runtime.open();
        for _ in 0..5 {
            next.advance(SECOND).await;
        }
        let ended = next.ended(id).await;
        assert_eq!(ended.output.as_ref().unwrap().as_str(), "1", "{ended:?}");
        assert_eq!(ended.function_version, 1);
    }
}

/// Stores a pending execution of this version, as an import might.
async fn imported(world: &World, function: &Function, version: u32) -> ExecutionId {
    let done = world.platform.invoke(function.id, json!(1)).await.unwrap();
    let id = ExecutionId::from_u128(done.id.as_u128() + 1);
    let mut execution = faas_core::model::Execution::new(
        id,
        function.id,
        json!(1).into(),
        done.cost,
        done.created_at,
    );
    execution.function_version = version;
    let insert = Write::Insert(Arc::new(execution));
    world.store.commit(&[insert]).await.unwrap();
    id
}

#[tokio::test]
async fn an_execution_of_a_missing_version_fails_with_the_reason_and_one_without_a_version_runs_the_current()
 {
    let world = World::on(Arc::new(MemoryStore::new().shared()), |_| {}).await;
    let function = world.function("echo", FunctionConfig::default()).await;
    let gone = imported(&world, &function, 7).await;
    let without = imported(&world, &function, 0).await;
    for _ in 0..4 {
        world.advance(SECOND).await;
    }
    let failed = world.ended(gone).await;
    let failure = failed.failure.as_ref().unwrap();
    assert_eq!(failure.kind, FailureKind::Platform);
    assert!(failure.message.contains("version 7"), "{failure:?}");
    assert!(failed.attempts.is_empty() && failed.start_time.is_none());
    let ended = world.ended(without).await;
    assert_eq!(
        (ended.status, ended.function_version),
        (Status::Completed, 1)
    );
}

#[tokio::test]
async fn a_retry_runs_after_the_function_was_deactivated_and_fails_after_it_was_deleted() {
    let world = World::new(|_| {}).await;
    let functions = world.platform.functions();
    let function = world.function("fail 1", FunctionConfig::default()).await;
    let inactive = execute(&world, &function).await;
    world
        .until(inactive, |execution| execution.retry_count == 1)
        .await;
    let update = FunctionUpdate::default().status(FunctionStatus::Inactive);
    functions.update(function.id, update).await.unwrap();
    world.advance(2 * SECOND).await;
    assert_eq!(world.ended(inactive).await.status, Status::Completed);

    let function = world.function("fail 1", FunctionConfig::default()).await;
    let deleted = execute(&world, &function).await;
    let first = world
        .until(deleted, |execution| execution.retry_count == 1)
        .await;
    functions.delete(function.id).await.unwrap();
    world.advance(2 * SECOND).await;
    let failed = world.ended(deleted).await;
    assert_eq!(failed.failure.as_ref().unwrap().kind, FailureKind::Platform);
    assert_eq!(
        (failed.attempts.len(), failed.start_time),
        (1, first.start_time)
    );
}
