//! Tests of concurrent events and of callers that go away.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use faas_core::Error;
use faas_core::clock::Clock as _;
use faas_core::model::{FailureKind, FunctionConfig, Status};
use faas_core::store::ExecutionQuery;
use serde_json::json;

use crate::platform::{World, settle};

/// A bound that only a hang reaches.
const ENOUGH: Duration = Duration::from_secs(20);

#[tokio::test]
async fn an_execution_whose_caller_goes_away_during_acceptance_runs_and_leaks_no_queue_capacity() {
    let world = World::new(|options| options.queue_capacity = 1).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    for n in 0..3 {
        let mut call = Box::pin(world.platform.execute(echo.id, json!(n)));
        let polled = pin!(&mut call).poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
        drop(call);
        settle().await;
    }
    let all = ExecutionQuery {
        limit: 10,
        ..ExecutionQuery::default()
    };
    let stored = world.store.executions(&all).await.unwrap();
    assert_eq!(stored.len(), 3);
    for execution in stored {
        assert_eq!(world.ended(execution.id).await.status, Status::Completed);
    }
    world.platform.invoke(echo.id, json!(3)).await.unwrap();
}

#[tokio::test]
async fn waiting_for_an_isolate_is_not_billed_and_causes_no_timeout() {
    let world = World::new(|options| {
        options.max_instances = 2;
        options.max_instances_per_function = Some(2);
    })
    .await;
    let config = FunctionConfig {
        timeout: Duration::from_millis(100),
        ..FunctionConfig::default()
    };
    let echo = world.function("echo", config).await;
    let executions = world.platform.executions();
    world.runtime.is_full.send_replace(true);
    let mut ids = Vec::new();
    for n in 0..2 {
        let accepted = world.platform.execute(echo.id, json!(n)).await;
        ids.push(accepted.unwrap().id);
        world.advance(Duration::from_secs(5)).await;
    }
    let waiting = world.get(ids[0]).await;
    assert_eq!(
        (waiting.status, waiting.start_time),
        (Status::Pending, None)
    );
    let cancelled = executions.cancel(ids[1]);
    let (cancelled, ()) = tokio::join!(cancelled, async {
        world.advance(Duration::from_secs(1)).await;
        world.runtime.is_full.send_replace(false);
    });
    let cancelled = cancelled.unwrap();
    assert_eq!(
        cancelled.failure.as_ref().unwrap().kind,
        FailureKind::Cancelled
    );
    assert_eq!((cancelled.start_time, cancelled.attempts.len()), (None, 0));
    assert_eq!(cancelled.cost.total().get(), 0);
    let completed = world.ended(ids[0]).await;
    assert_eq!(completed.status, Status::Completed);
    assert_eq!(completed.start_time, Some(world.clock.now()));
    assert_eq!(completed.duration + cancelled.duration, Duration::ZERO);
    assert_eq!(world.platform.counters().abandoned, 0);
}

#[tokio::test]
async fn a_claimed_execution_that_waits_for_an_instance_can_be_cancelled() {
    let world = World::new(|options| options.max_instances = 1).await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let mut ids = Vec::new();
    for n in 0..4 {
        let accepted = world.platform.execute(wait.id, json!(n)).await;
        ids.push(accepted.unwrap().id);
        settle().await;
    }
    // The freed instance claims the others before it takes the next one.
    world.platform.executions().cancel(ids[0]).await.unwrap();
    settle().await;
    let claimed = world.store.execution(ids[3]).await.unwrap().unwrap();
    assert_eq!(
        (claimed.status, claimed.start_time),
        (Status::Running, None)
    );
    let executions = world.platform.executions();
    let cancelled = tokio::time::timeout(ENOUGH, executions.cancel(ids[3])).await;
    let cancelled = cancelled.expect("the cancellation did not end").unwrap();
    assert_eq!(
        cancelled.failure.as_ref().unwrap().kind,
        FailureKind::Cancelled
    );
    assert!(cancelled.attempts.is_empty());
    world.runtime.open();
    for id in [ids[1], ids[2]] {
        assert_eq!(world.ended(id).await.status, Status::Completed);
    }
}

#[tokio::test]
async fn an_execution_that_is_cancelled_just_after_its_timeout_is_not_retried() {
    let world = World::new(|options| options.max_instances = 1).await;
    let config = FunctionConfig {
        timeout: Duration::from_millis(100),
        ..FunctionConfig::default()
    };
    let hang = world.function("hang", config).await;
    let accepted = world.platform.execute(hang.id, json!({})).await;
    let id = accepted.unwrap().id;
    world
        .until(id, |execution| execution.start_time.is_some())
        .await;
    for _ in 0..6 {
        world.advance(Duration::from_millis(20)).await;
    }
    let executions = world.platform.executions();
    let moving = async {
        loop {
            world.advance(Duration::from_millis(20)).await;
        }
    };
    let cancelled = tokio::select! {
        cancelled = executions.cancel(id) => cancelled.unwrap(),
        () = moving => unreachable!("this loop does not end"),
    };
    assert_eq!((cancelled.attempts.len(), cancelled.retry_count), (1, 0));
    assert_eq!(
        cancelled.failure.as_ref().unwrap().kind,
        FailureKind::Cancelled
    );
    world.runtime.open();
}

#[tokio::test]
async fn a_call_that_returns_during_its_cancellation_is_not_reported_as_cancelled() {
    let world = World::new(|_| {}).await;
    let hang = world.function("hang", FunctionConfig::default()).await;
    let accepted = world.platform.execute(hang.id, json!({})).await;
    let id = accepted.unwrap().id;
    world
        .until(id, |execution| execution.start_time.is_some())
        .await;
    let executions = world.platform.executions();
    let opened = async {
        settle().await;
        world.runtime.open();
        world.ended(id).await
    };
    let (cancelled, ended) = tokio::join!(executions.cancel(id), opened);
    assert_eq!(ended.status, Status::Completed);
    assert!(
        matches!(cancelled, Err(Error::Conflict(_))),
        "{cancelled:?}"
    );
}
