//! Tests of how functions share the instances and the queue.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use faas_core::clock::ManualClock;
use faas_core::error::QueueBound;
use faas_core::events::{EventKind, Received};
use faas_core::model::{ExecutionId, Function, FunctionConfig, Status, Timestamp};
use faas_core::scaling::{Decision, ScalingPolicy, Snapshot};
use faas_core::store::memory::MemoryStore;
use faas_core::{Error, Platform};
use serde_json::json;

use crate::platform::World;
use crate::scripted::Scripted;

/// A bound that only a hang reaches.
const ENOUGH: Duration = Duration::from_secs(60);
const TICK: Duration = Duration::from_millis(20);

fn patient() -> FunctionConfig {
    FunctionConfig {
        timeout: Duration::from_secs(900),
        ..FunctionConfig::default()
    }
}

/// Advances the time until `future` is done.
pub(crate) async fn as_time_passes<T>(world: &World, future: impl Future<Output = T>) -> T {
    let passing = async {
        loop {
            world.advance(TICK).await;
        }
    };
    let done = async {
        tokio::select! {
            done = future => done,
            () = passing => unreachable!("this loop does not end"),
        }
    };
    tokio::time::timeout(ENOUGH, done)
        .await
        .expect("the future did not end")
}

/// Makes `count` concurrent calls without waiting for them.
fn call(world: &World, function: &Function, count: usize) {
    for _ in 0..count {
        let (platform, id) = (world.platform.clone(), function.id);
        tokio::spawn(async move { platform.invoke(id, json!({})).await });
    }
}

async fn until(world: &World, wanted: impl Fn() -> bool) {
    as_time_passes(world, async {
        while !wanted() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn is_answered(world: &World, function: &Function) {
    let called = world.platform.invoke(function.id, json!({}));
    let done = as_time_passes(world, called).await.expect("an answer");
    assert_eq!(done.status, Status::Completed);
}

#[tokio::test]
async fn a_call_is_answered_while_nine_functions_occupy_an_instance_each() {
    let world = World::new(|_| {}).await;
    let mut events = world.platform.events().subscribe(None);
    let echo = world.function("echo", FunctionConfig::default()).await;
    for _ in 0..9 {
        let wait = world.function("wait", patient()).await;
        call(&world, &wait, 1);
    }
    is_answered(&world, &echo).await;
    until(&world, || world.platform.counters().running == 9).await;
    is_answered(&world, &echo).await;
    let mut reasons = Vec::new();
    while let Some(Received::Events(batch)) = events.try_next(100) {
        for event in batch {
            if let EventKind::Scaling(scaling) = &event.kind {
                reasons.push(scaling.reason.clone());
            }
        }
    }
    let is_plain = |reason: &String| {
        reason.starts_with("oldest call waited ") && reason.contains(" ms > 100 ms: ")
    };
    assert!(reasons.iter().all(is_plain), "{reasons:?}");
    assert!((2..=9).contains(&reasons.len()), "{reasons:?}");
    world.runtime.open();
}

#[tokio::test]
async fn one_function_never_occupies_the_last_instance() {
    let world = World::new(|_| {}).await;
    let wait = world.function("wait", patient()).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    call(&world, &wait, 20);
    until(&world, || world.platform.counters().running == 9).await;
    for _ in 0..5 {
        is_answered(&world, &echo).await;
        until(&world, || world.platform.counters().running == 9).await;
    }
    assert_eq!(world.runtime.most_running.load(Ordering::SeqCst), 10);
    world.runtime.open();
}

#[tokio::test]
async fn three_greedy_functions_leave_an_instance_for_a_fourth_after_calls_end() {
    let world = World::new(|options| options.min_instances = 10).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let first = world.function("wait", patient()).await;
    let mut calls = Vec::new();
    for _ in 0..12 {
        let accepted = world.platform.execute(first.id, json!({})).await;
        calls.push(accepted.unwrap().id);
    }
    until(&world, || world.platform.counters().running == 9).await;
    // The second greedy function takes the instance that the first left free; the third waits.
    for count in [10, 10] {
        let greedy = world.function("wait", patient()).await;
        call(&world, &greedy, 12);
        until(&world, || world.platform.counters().running == count).await;
    }
    until(&world, || world.platform.counters().queued == 3 + 11 + 12).await;
    // The third function takes the instance of the first call that ends; the next one stays free.
    for running in [10, 9] {
        let id = calls.remove(0);
        as_time_passes(&world, world.platform.executions().cancel(id))
            .await
            .unwrap();
        until(&world, || world.platform.counters().running == running).await;
    }
    for _ in 0..3 {
        is_answered(&world, &echo).await;
    }
    world.runtime.open();
}

#[tokio::test]
async fn a_function_may_occupy_every_instance_if_configured() {
    let world = World::new(|options| {
        options.max_instances = 3;
        options.max_instances_per_function = Some(3);
    })
    .await;
    let wait = world.function("wait", patient()).await;
    call(&world, &wait, 5);
    until(&world, || world.platform.counters().running == 3).await;
    world.runtime.open();
}

fn bound<T: std::fmt::Debug>(result: Result<T, Error>) -> QueueBound {
    match result {
        Err(Error::Overloaded { bound, .. }) => bound,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn one_function_fills_at_most_half_of_the_queue_and_the_refusal_names_the_bound() {
    let world = World::new(|options| {
        options.queue_capacity = 4;
        options.max_instances = 1;
    })
    .await;
    let greedy = world.function("wait", patient()).await;
    call(&world, &greedy, 1);
    until(&world, || world.platform.counters().running == 1).await;
    let execute = |function: &Function| {
        let (platform, id) = (&world.platform, function.id);
        async move { platform.execute(id, json!({})).await }
    };
    for _ in 0..2 {
        execute(&greedy).await.unwrap();
    }
    let refused = execute(&greedy).await;
    let text = refused.as_ref().unwrap_err().to_string();
    assert!(
        text.starts_with("the queue of this function is full"),
        "{text}"
    );
    assert_eq!(bound(refused), QueueBound::FunctionJobs);
    let other = world.function("wait", patient()).await;
    for _ in 0..2 {
        execute(&other).await.unwrap();
    }
    let third = world.function("echo", FunctionConfig::default()).await;
    assert_eq!(bound(execute(&third).await), QueueBound::QueueJobs);
    world.runtime.open();
}

#[tokio::test]
async fn the_total_size_of_inputs_in_the_queue_is_bounded() {
    let world = World::new(|options| {
        options.queue_bytes = 3_000;
        options.max_input = 1_200;
        options.max_instances = 1;
    })
    .await;
    let input = json!("x".repeat(998));
    let wait = world.function("wait", patient()).await;
    let first = world.platform.execute(wait.id, input.clone()).await;
    let refused = world.platform.execute(wait.id, input.clone()).await;
    assert_eq!(bound(refused), QueueBound::FunctionBytes);
    let second = world.function("wait", patient()).await;
    let third = world.function("echo", FunctionConfig::default()).await;
    for other in [&second, &third] {
        let accepted = world.platform.execute(other.id, input.clone());
        accepted.await.unwrap();
    }
    let small = world.function("echo", FunctionConfig::default()).await;
    let refused = world.platform.invoke(small.id, input.clone()).await;
    assert_eq!(bound(refused), QueueBound::QueueBytes);
    world.runtime.open();
    world.ended(first.unwrap().id).await;
    let accepted = async {
        while world
            .platform
            .invoke(small.id, input.clone())
            .await
            .is_err()
        {
            tokio::task::yield_now().await;
        }
    };
    as_time_passes(&world, accepted).await;
}

#[tokio::test]
async fn after_a_restart_accepted_work_of_one_function_does_not_delay_another_function() {
    let store = Arc::new(MemoryStore::new());
    let before = World::on(store.clone(), |options| {
        options.max_instances = 1;
        options.shutdown_grace = Duration::ZERO;
    })
    .await;
    let greedy = before.function("wait", patient()).await;
    let echo = before.function("echo", FunctionConfig::default()).await;
    let execute = |function: &Function| {
        let (platform, id) = (&before.platform, function.id);
        async move { platform.execute(id, json!({})).await.unwrap().id }
    };
    let mut waiting = Vec::<ExecutionId>::new();
    for _ in 0..30 {
        waiting.push(execute(&greedy).await);
    }
    let other = execute(&echo).await;
    as_time_passes(&before, before.platform.shutdown()).await;

    let world = World::on(store, |options| {
        options.queue_capacity = 8;
        options.max_instances = 2;
    })
    .await;
    as_time_passes(&world, world.ended(other)).await;
    assert!(world.platform.counters().waiting_retries >= 20);
    world.runtime.open();
    for id in waiting {
        as_time_passes(&world, world.ended(id)).await;
    }
}

/// Adds an instance whenever something waits; panics on request.
struct Fickle {
    panics: Arc<AtomicBool>,
}

impl ScalingPolicy for Fickle {
    fn decide(&mut self, snapshot: &Snapshot) -> Decision {
        assert!(!self.panics.load(Ordering::SeqCst), "requested by the test");
        match snapshot.queued {
            0 => Decision::Hold,
            _ => Decision::Scale {
                instances: snapshot.instances + 1,
                reason: "fickle".to_owned(),
            },
        }
    }
}

#[tokio::test]
async fn while_a_policy_panics_readiness_reports_it_and_the_default_policy_decides() {
    let panics = Arc::new(AtomicBool::new(true));
    let policy = Fickle {
        panics: panics.clone(),
    };
    let clock = ManualClock::new(Timestamp::from_millis(1_800_000_000_000));
    let (runtime, store) = (Scripted::default(), Arc::new(MemoryStore::new()));
    let platform = Platform::builder()
        .shared_store(store.clone())
        .runtime(runtime.clone())
        .clock(clock.clone())
        .scaling_policy(policy)
        .build()
        .await
        .unwrap();
    let world = World {
        platform,
        clock,
        runtime,
        store,
        neighbours: Arc::default(),
    };
    let mut events = world.platform.events().subscribe(None);
    let ready = async |wanted: bool| {
        as_time_passes(&world, async {
            while world.platform.ready().await.is_ok() != wanted {
                tokio::task::yield_now().await;
            }
        })
        .await;
    };
    ready(false).await;
    let error = world.platform.ready().await.unwrap_err().to_string();
    assert!(error.contains("scaling policy"), "{error}");
    let wait = world.function("wait", patient()).await;
    call(&world, &wait, 4);
    until(&world, || world.platform.counters().running == 4).await;

    panics.store(false, Ordering::SeqCst);
    ready(true).await;
    call(&world, &wait, 2);
    until(&world, || world.platform.counters().running == 6).await;
    let mut reasons = Vec::new();
    while let Some(Received::Events(batch)) = events.try_next(100) {
        for event in batch {
            if let EventKind::Scaling(scaling) = &event.kind {
                reasons.push(scaling.reason.clone());
            }
        }
    }
    let (first, last) = (reasons.first().unwrap(), reasons.last().unwrap());
    assert!(first.starts_with("oldest call waited"), "{reasons:?}");
    assert_eq!(last, "fickle");
    world.runtime.open();
}
