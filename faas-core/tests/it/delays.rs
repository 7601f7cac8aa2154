//! Tests of executions that are due later, and of batches.

use std::sync::Arc;
use std::time::Duration;

use faas_core::Error;
use faas_core::clock::Clock as _;
use faas_core::error::QueueBound;
use faas_core::model::{FailureKind, FunctionConfig, Json, LONGEST_DELAY, Status};
use faas_core::platform::CallOptions;
use faas_core::store::{ExecutionQuery, MemoryStore, Store};
use serde_json::json;

use crate::clocks::stop;
use crate::platform::{World, settle};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

fn delayed(delay: Duration) -> CallOptions {
    CallOptions::default().delay(delay)
}

fn one(input: serde_json::Value) -> (Json, CallOptions) {
    (Json::from(input), CallOptions::default())
}

#[tokio::test]
async fn a_delayed_execution_is_pending_until_it_is_due_and_then_runs() {
    let world = World::new(|_| {}).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    for has_time in [false, true] {
        let options = if has_time {
            CallOptions::default().run_at(world.clock.now() + HOUR)
        } else {
            delayed(HOUR)
        };
        let accepted = world.platform.execute_with(echo.id, json!(1), options);
        let id = accepted.await.unwrap().id;
        world.advance(HOUR - SECOND).await;
        assert_eq!(world.get(id).await.status, Status::Pending);
        world.advance(SECOND).await;
        assert_eq!(world.ended(id).await.status, Status::Completed);
    }
    let past = CallOptions::default().run_at(world.clock.now() - HOUR);
    let accepted = world.platform.execute_with(echo.id, json!(1), past).await;
    world.ended(accepted.unwrap().id).await;
}

#[tokio::test]
async fn a_delayed_execution_can_be_cancelled_and_then_takes_up_no_memory() {
    let world = World::new(|_| {}).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let accepted = world
        .platform
        .execute_with(echo.id, json!(1), delayed(HOUR));
    let id = accepted.await.unwrap().id;
    assert_eq!(world.platform.counters().waiting_retries, 1);
    let cancelled = world.platform.executions().cancel(id).await.unwrap();
    let kind = cancelled.failure.as_ref().map(|failure| failure.kind);
    assert_eq!(kind, Some(FailureKind::Cancelled));
    assert_eq!(world.platform.counters().waiting_retries, 0);
    world.advance(HOUR).await;
    assert_eq!(world.get(id).await.attempt, 0);
}

#[tokio::test]
async fn a_delayed_execution_runs_at_its_time_after_a_restart() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let world = World::on(store.clone(), |_| {}).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let long = 30 * 24 * HOUR;
    let accepted = world
        .platform
        .execute_with(echo.id, json!(1), delayed(long));
    let id = accepted.await.unwrap().id;
    stop(&world).await;
    let due = world.get(id).await.due_at.unwrap();
    let next = World::at(world.clock.clone(), store, |_| {}).await;
    settle().await;
    next.advance(due.since(next.clock.now()) - SECOND).await;
    assert_eq!(next.get(id).await.status, Status::Pending);
    next.advance(SECOND).await;
    assert_eq!(next.ended(id).await.status, Status::Completed);
}

#[tokio::test]
async fn on_a_shared_store_any_server_runs_a_delayed_execution_at_its_time() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new().shared());
    let world = World::on(store.clone(), |_| {}).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let accepted = world
        .platform
        .execute_with(echo.id, json!(1), delayed(HOUR));
    let id = accepted.await.unwrap().id;
    stop(&world).await;
    let next = World::at(world.clock.clone(), store, |_| {}).await;
    next.advance(HOUR - SECOND).await;
    assert_eq!(next.get(id).await.status, Status::Pending);
    for _ in 0..4 {
        next.advance(SECOND).await;
    }
    assert_eq!(next.ended(id).await.status, Status::Completed);
}

#[tokio::test]
async fn a_delay_that_is_too_long_or_set_twice_or_waited_for_is_refused() {
    let world = World::new(|options| options.max_delayed = 1).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let refused = async |options| {
        let refused = world
            .platform
            .execute_with(echo.id, json!(1), options)
            .await;
        refused.unwrap_err()
    };
    let both = delayed(SECOND).run_at(world.clock.now());
    for options in [
        delayed(LONGEST_DELAY + SECOND),
        delayed(Duration::MAX),
        both.clone(),
    ] {
        assert!(matches!(refused(options).await, Error::Invalid(_)));
    }
    let waited = world
        .platform
        .invoke_with(echo.id, json!(1), delayed(SECOND));
    assert!(matches!(waited.await, Err(Error::Invalid(_))));

    let longest = world
        .platform
        .execute_with(echo.id, json!(1), delayed(LONGEST_DELAY));
    longest.await.unwrap();
    let Error::Overloaded { bound, .. } = refused(delayed(SECOND)).await else {
        panic!("not refused as overloaded");
    };
    assert_eq!(bound, QueueBound::Delayed);
}

#[tokio::test]
async fn a_batch_is_accepted_in_order_each_with_its_own_input_key_and_delay() {
    let world = World::new(|_| {}).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let keyed = CallOptions::default().idempotency_key("k");
    let first = world
        .platform
        .execute_with(echo.id, json!(2), keyed.clone());
    let first = first.await.unwrap().id;
    let batch = vec![
        one(json!(1)),
        (Json::from(json!(2)), keyed),
        (Json::from(json!(3)), delayed(HOUR)),
        (
            Json::from(json!(4)),
            CallOptions::default().idempotency_key("l"),
        ),
        (
            Json::from(json!(4)),
            CallOptions::default().idempotency_key("l"),
        ),
    ];
    let accepted = world.platform.execute_batch(echo.id, batch).await.unwrap();
    let duplicates: Vec<_> = accepted.iter().map(|one| one.duplicate).collect();
    assert_eq!(duplicates, [false, true, false, false, true]);
    assert_eq!((accepted[1].id, accepted[4].id), (first, accepted[3].id));
    for (place, output) in [(0, "1"), (1, "2"), (3, "4")] {
        let ended = world.ended(accepted[place].id).await;
        assert_eq!(ended.output.as_ref().unwrap().as_str(), output);
    }
    assert_eq!(world.get(accepted[2].id).await.status, Status::Pending);
    world.advance(HOUR).await;
    world.ended(accepted[2].id).await;
}

#[tokio::test]
async fn a_batch_with_an_execution_that_is_refused_is_refused_as_a_whole() {
    let world = World::new(|options| {
        options.queue_capacity = 8;
        options.max_input = 100;
    })
    .await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let keyed = CallOptions::default().idempotency_key("k");
    let used = world
        .platform
        .execute_with(echo.id, json!(1), keyed.clone());
    world.ended(used.await.unwrap().id).await;

    let long = one(json!("x".repeat(200)));
    let far = (Json::from(json!(1)), delayed(2 * LONGEST_DELAY));
    let reused = (Json::from(json!(2)), keyed);
    let twice = |input: u32| {
        let options = CallOptions::default().idempotency_key("twice");
        (Json::from(json!(input)), options)
    };
    for (batch, message) in [
        (vec![], "no executions"),
        (vec![one(json!(1)); 1_001], "at most 1000"),
        (vec![one(json!(1)); 9], "queue"),
        (vec![one(json!(1)), long], "executions[1]"),
        (vec![one(json!(1)), far], "executions[1]"),
        (vec![one(json!(1)), reused], "another input"),
        (vec![twice(1), twice(2)], "executions[1]"),
    ] {
        let refused = world.platform.execute_batch(echo.id, batch).await;
        let error = refused.unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    let all = world.store.executions(&ExecutionQuery::default()).await;
    assert_eq!(all.unwrap().len(), 1);
    // No place was kept.
    let batch = vec![one(json!(1)); 4];
    world.platform.execute_batch(echo.id, batch).await.unwrap();
}
