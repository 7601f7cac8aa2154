//! Tests of the order in which executions of one function run.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use faas_core::Error;
use faas_core::events::{EventKind, Received};
use faas_core::model::{Execution, ExecutionId, FunctionConfig, FunctionId, Queueing, Status};
use faas_core::platform::CallOptions;
use faas_core::store::memory::MemoryStore;
use serde_json::json;

use crate::fairness::as_time_passes;
use crate::platform::World;

fn keyed(key: &str) -> Queueing {
    Queueing::default().concurrency_key(key)
}

async fn execute(world: &World, function: FunctionId, queueing: Queueing) -> ExecutionId {
    let options = CallOptions::default().queueing(queueing);
    let accepted = world.platform.execute_with(function, json!({}), options);
    accepted.await.expect("it is accepted").id
}

fn has_begun(execution: &Execution) -> bool {
    execution.start_time.is_some()
}

#[tokio::test]
async fn executions_of_higher_priority_start_first() {
    let world = World::new(|options| options.max_instances = 1).await;
    let function = world.function("wait", FunctionConfig::default()).await.id;
    let first = execute(&world, function, Queueing::default()).await;
    world.until(first, has_begun).await;
    let mut events = world.platform.events().subscribe(None);
    let mut ids = vec![first];
    for priority in [0, 100, -100, 100, 7] {
        let queueing = Queueing::default().priority(priority);
        ids.push(execute(&world, function, queueing).await);
    }
    assert_eq!(world.get(ids[2]).await.queueing.priority, 100);
    world.runtime.open();
    let mut order = Vec::new();
    while order.len() < ids.len() {
        let Received::Events(batch) = events.next(16).await else {
            panic!("the platform has ended");
        };
        for event in batch {
            if let EventKind::Completed(done) = &event.kind {
                order.extend(ids.iter().position(|id| *id == done.id));
            }
        }
    }
    assert_eq!(order, [0, 2, 4, 5, 1, 3]);
    // To repeat an execution keeps its priority.
    let again = world.platform.executions().retry(ids[2]).await.unwrap();
    assert_eq!(world.ended(again.id).await.queueing.priority, 100);
}

#[tokio::test]
async fn executions_with_one_key_run_one_at_a_time_and_do_not_hold_up_others() {
    let store = Arc::new(MemoryStore::new());
    let before = World::on(store.clone(), |options| {
        options.min_instances = 5;
        options.shutdown_grace = Duration::ZERO;
    })
    .await;
    let function = before
        .function("suspend", FunctionConfig::default())
        .await
        .id;
    let mut ids = Vec::new();
    for key in ["a", "a", "a", "b"] {
        ids.push(execute(&before, function, keyed(key)).await);
    }
    for at in [0, 3] {
        before.until(ids[at], has_begun).await;
    }
    before.settle().await;
    assert_eq!(before.runtime.most_running.load(Ordering::SeqCst), 2);
    assert_eq!(before.get(ids[1]).await.status, Status::Pending);
    as_time_passes(&before, before.platform.shutdown()).await;

    // Also after a restart, and when they are cancelled.
    let world = World::on(store, |options| options.min_instances = 5).await;
    world.until(ids[1], has_begun).await;
    world.settle().await;
    assert_eq!(world.runtime.most_running.load(Ordering::SeqCst), 1);
    world.platform.executions().cancel(ids[1]).await.unwrap();
    world.until(ids[2], has_begun).await;
    assert_eq!(world.runtime.most_running.load(Ordering::SeqCst), 1);
    world.runtime.open();
    assert_eq!(world.ended(ids[2]).await.status, Status::Completed);
}

#[tokio::test]
async fn a_function_can_let_more_executions_with_one_key_run() {
    let world = World::new(|options| options.min_instances = 5).await;
    let config = FunctionConfig {
        concurrency_per_key: Some(2),
        ..FunctionConfig::default()
    };
    let function = world.function("wait", config).await.id;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(execute(&world, function, keyed("a")).await);
    }
    for id in &ids[..2] {
        world.until(*id, has_begun).await;
    }
    world.settle().await;
    world.runtime.open();
    for id in ids {
        assert_eq!(world.ended(id).await.status, Status::Completed);
    }
    assert_eq!(world.runtime.most_running.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn while_an_execution_with_a_singleton_key_has_not_ended_its_callers_get_it() {
    let world = World::new(|_| {}).await;
    let function = world.function("wait", FunctionConfig::default()).await.id;
    let options = || CallOptions::default().queueing(Queueing::default().singleton_key("sync"));
    let execute = async |input| {
        let accepted = world
            .platform
            .execute_with(function, json!(input), options());
        accepted.await.expect("it is accepted")
    };
    let first = execute(1).await;
    world.until(first.id, has_begun).await;
    // Its input does not matter.
    let second = execute(2).await;
    assert_eq!((second.id, second.duplicate), (first.id, true));
    assert_eq!(second.status, Status::Running);
    let other = world.platform.execute(function, json!(3)).await.unwrap();
    assert!(!other.duplicate);
    // A caller that waits gets its result.
    let platform = world.platform.clone();
    let waits = tokio::spawn(async move { platform.call(function, json!(4), options()).await });
    world.settle().await;
    world.runtime.open();
    let waited = waits.await.unwrap().unwrap();
    assert_eq!((waited.execution.id, waited.replayed), (first.id, true));
    let next = execute(5).await;
    assert!(!next.duplicate);
    world.ended(next.id).await;
}

#[tokio::test]
async fn wrong_priorities_and_keys_are_refused_with_what_is_expected() {
    let world = World::new(|_| {}).await;
    let function = world.function("echo", FunctionConfig::default()).await.id;
    let wrong = [
        (Queueing::default().priority(101), "from -100 to 100"),
        (keyed(""), "has 0 bytes: expected 1 to 255"),
        (keyed(&"k".repeat(256)), "has 256 bytes"),
    ];
    for (queueing, expected) in wrong {
        let options = CallOptions::default().queueing(queueing);
        let refused = world.platform.execute_with(function, json!({}), options);
        let Err(Error::Invalid(message)) = refused.await else {
            panic!("it was not refused");
        };
        assert!(message.contains(expected), "{message}");
    }
}
