//! Executions whose code waits: they hold no instance meanwhile.

use std::sync::atomic::Ordering;
use std::time::Duration;

use faas_core::clock::Clock;
use faas_core::model::{ExecutionId, FailureKind, FunctionConfig, Status};
use faas_core::options::PlatformOptions;
use serde_json::json;

use crate::platform::World;

const SECOND: Duration = Duration::from_secs(1);

async fn one_instance(change: impl FnOnce(&mut PlatformOptions)) -> World {
    World::new(|options| {
        options.max_instances = 1;
        change(options);
    })
    .await
}

/// Executes a function so many times, and waits until as many of them have begun.
async fn begun(world: &World, script: &str, count: usize) -> Vec<ExecutionId> {
    let function = world.function(script, FunctionConfig::default()).await;
    let mut ids = Vec::new();
    for n in 0..count {
        let accepted = world.platform.execute(function.id, json!(n)).await;
        ids.push(accepted.expect("it is accepted").id);
    }
    for id in &ids {
        let begun = world.until(*id, |execution| execution.start_time.is_some());
        begun.await;
    }
    world.settle().await;
    ids
}

/// Advances the time in steps that are no pauses of the process.
async fn pass(world: &World, time: Duration) {
    let until = world.clock.monotonic() + time;
    while world.clock.monotonic() < until {
        world.advance(SECOND / 2).await;
    }
}

#[tokio::test]
async fn one_instance_serves_hundreds_of_executions_that_wait() {
    let world = one_instance(|_| {}).await;
    let ids = begun(&world, "suspend", 500).await;
    let counters = world.platform.counters();
    assert_eq!((counters.running, counters.waiting), (0, 500));
    assert_eq!(world.runtime.running.load(Ordering::SeqCst), 500);
    let echo = world.function("echo", FunctionConfig::default()).await;
    let echoed = world.platform.invoke(echo.id, json!(1)).await.unwrap();
    assert_eq!(echoed.status, Status::Completed);
    world.runtime.open();
    for id in ids {
        assert_eq!(world.ended(id).await.status, Status::Completed);
    }
    let counters = world.platform.counters();
    assert_eq!((counters.running, counters.waiting), (0, 0));
}

#[tokio::test]
async fn past_the_most_that_may_wait_an_execution_keeps_its_instance_while_it_waits() {
    let world = one_instance(|options| options.max_waiting = 2).await;
    let ids = begun(&world, "suspend", 3).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let queued = world.platform.execute(echo.id, json!(1)).await.unwrap().id;
    world.settle().await;
    let counters = world.platform.counters();
    assert_eq!((counters.running, counters.waiting), (1, 2));
    assert_eq!(world.get(queued).await.status, Status::Pending);
    world.runtime.open();
    for id in ids.into_iter().chain([queued]) {
        assert_eq!(world.ended(id).await.status, Status::Completed);
    }
}

#[tokio::test]
async fn one_function_is_held_to_its_part_of_those_that_may_wait() {
    let world = World::new(|options| {
        options.min_instances = 2;
        options.max_instances = 2;
        options.max_instances_per_function = Some(1);
        options.max_waiting_per_function = Some(1);
    })
    .await;
    begun(&world, "suspend", 2).await;
    let counters = world.platform.counters();
    assert_eq!((counters.running, counters.waiting), (1, 1));
    begun(&world, "suspend", 1).await;
    let counters = world.platform.counters();
    assert_eq!((counters.running, counters.waiting), (1, 2));
}

#[tokio::test]
async fn waiting_is_billed_and_waiting_for_an_instance_is_not() {
    let world = one_instance(|_| {}).await;
    let suspended = begun(&world, "suspend", 1).await;
    pass(&world, 2 * SECOND).await;
    // The only instance is busy for three seconds when the code could go on.
    let hang = world.function("hang", FunctionConfig::default()).await;
    let busy = world.platform.execute(hang.id, json!(1)).await.unwrap().id;
    let begun = world.until(busy, |execution| execution.start_time.is_some());
    begun.await;
    world.runtime.may_resume.send_replace(true);
    world.settle().await;
    let counters = world.platform.counters();
    assert_eq!((counters.running, counters.waiting), (1, 1));
    pass(&world, 3 * SECOND).await;
    world.runtime.open();
    let ended = world.ended(suspended[0]).await;
    assert_eq!(ended.output.as_ref().unwrap().as_str(), "3000");
    assert_eq!(ended.duration, 2 * SECOND);
}

#[tokio::test]
async fn an_execution_that_waits_is_cancelled_and_times_out_like_any_other() {
    let world = one_instance(|_| {}).await;
    let ids = begun(&world, "suspend", 2).await;
    let cancelled = world.platform.executions().cancel(ids[0]).await.unwrap();
    assert_eq!(
        cancelled.failure.as_ref().unwrap().kind,
        FailureKind::Cancelled
    );
    let timeout = FunctionConfig::default().timeout;
    pass(&world, timeout + SECOND).await;
    let retried = world
        .until(ids[1], |execution| execution.retry_count == 1)
        .await;
    let failure = retried.attempts[0].failure.as_ref().unwrap();
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert_eq!(retried.attempts[0].duration, timeout);
    let counters = world.platform.counters();
    assert_eq!((counters.running, counters.waiting), (0, 0));
}

#[tokio::test]
async fn executions_that_wait_end_within_the_grace_of_a_shutdown() {
    let world = one_instance(|_| {}).await;
    let ids = begun(&world, "suspend", 3).await;
    let platform = world.platform.clone();
    let shutdown = tokio::spawn(async move { platform.shutdown().await });
    world.settle().await;
    world.runtime.open();
    while !shutdown.is_finished() {
        world.advance(Duration::from_millis(5)).await;
    }
    for id in ids {
        let stored = world.store.execution(id).await.unwrap().unwrap();
        assert_eq!(stored.status, Status::Completed);
    }
}
