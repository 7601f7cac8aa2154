//! Tests of load tests, on functions with known durations.

use std::sync::Arc;
use std::time::Duration;

use faas_core::Error;
use faas_core::events::{EventKind, Received};
use faas_core::load_test::NewLoadTest;
use faas_core::model::{Basis, Function, FunctionConfig, LoadTestId, NanoDollars};
use faas_core::model::{LoadTest, LoadTestStatus};
use faas_core::platform::FunctionUpdate;
use faas_core::store::{ExecutionQuery, LoadTestQuery, MemoryStore};
use serde_json::json;

use crate::platform::{World, everything, settle};

const SECOND: Duration = Duration::from_secs(1);

/// Advances the time until the load test has ended.
async fn ended(world: &World, id: LoadTestId) -> LoadTest {
    for _ in 0..200 {
        let test = world.platform.load_tests().get(id).await.unwrap();
        if test.status.is_terminal() {
            return test;
        }
        world.advance(Duration::from_millis(250)).await;
    }
    panic!("the load test did not end");
}

/// Returns the total cost and the number of the executions in the store.
async fn stored(world: &World) -> (NanoDollars, usize) {
    let query = ExecutionQuery {
        limit: usize::MAX,
        ..ExecutionQuery::default()
    };
    let all = world.store.executions(&query).await.unwrap();
    let total = all.iter().map(|one| one.cost.total().get()).sum();
    (NanoDollars::new(total), all.len())
}

fn short(function: &Function) -> NewLoadTest {
    NewLoadTest::new(function.id)
        .concurrency(4)
        .duration(2 * SECOND)
}

/// Creates a waiting function that has run before, so that a load test makes no probes.
async fn with_history(world: &World) -> Function {
    let wait = world.function("wait", FunctionConfig::default()).await;
    world.runtime.open();
    world.platform.invoke(wait.id, json!({})).await.unwrap();
    world.runtime.shut();
    wait
}

#[tokio::test]
async fn a_load_test_costs_what_its_executions_cost_and_publishes_progress_each_second() {
    let world = World::new(|_| {}).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let mut events = world.platform.events().subscribe(None);
    let new = short(&echo).input(json!({"n": "{{i}}"}));
    let test = world.platform.load_tests().start(new).await.unwrap();
    assert_eq!(test.status, LoadTestStatus::Running);
    let test = ended(&world, test.id).await;
    assert_eq!(test.status, LoadTestStatus::Completed);
    let (cost, count) = stored(&world).await;
    assert!(count >= 8, "{count}");
    assert_eq!(test.result.sums.total(), cost);
    assert_eq!(test.result.total(), count as u64);
    let seconds = &test.result.timeline;
    let cost = seconds.iter().map(|second| second.cost.get()).sum::<i64>();
    assert_eq!(cost, test.result.sums.total().get());
    assert!(seconds.len() >= 2, "{seconds:?}");
    assert!(test.estimate.low <= test.estimate.total);
    assert!(test.estimate.total <= test.estimate.high);
    let (mut progress, mut finished) = (0, 0);
    while let Some(Received::Events(some)) = events.try_next(1_000) {
        for event in some {
            match &event.kind {
                EventKind::LoadTestProgress(_) => progress += 1,
                EventKind::LoadTestFinished(published) => {
                    finished += 1;
                    assert_eq!(**published, test);
                }
                _ => {}
            }
        }
    }
    assert!(progress >= 1);
    assert_eq!(finished, 1);
}

#[tokio::test]
async fn a_load_test_of_a_function_without_history_starts_with_probes_and_estimates_from_them() {
    let world = World::new(|_| {}).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let tests = world.platform.load_tests();
    let new = short(&echo)
        .concurrency(2)
        .rate(4.0)
        .input(json!({"n": "{{i}}"}));
    let test = tests.start(new.clone()).await.unwrap();
    assert_eq!(test.estimate.basis, Basis::Default);
    assert_eq!(test.estimate.duration, SECOND);
    let test = ended(&world, test.id).await;
    assert_eq!(test.estimate.basis, Basis::Probe);
    assert!(test.estimate.duration < SECOND, "{:?}", test.estimate);
    // Three probes and the calls of the rate, each with its own number.
    let (cost, count) = stored(&world).await;
    assert_eq!((count, test.result.total()), (11, 11));
    assert_eq!(test.result.sums.total(), cost);
    let all = world.store.executions(&everything(99)).await.unwrap();
    let mut inputs: Vec<_> = all
        .iter()
        .map(|one| one.input.as_str().to_owned())
        .collect();
    inputs.sort_by_key(|input| input.len());
    inputs.dedup();
    assert_eq!(inputs.len(), 11);
    // The second test has the first as its history and makes no probes.
    let test = tests.start(new).await.unwrap();
    assert_eq!(test.estimate.basis, Basis::History);
    assert_eq!(ended(&world, test.id).await.result.total(), 8);
}

#[tokio::test]
async fn a_load_test_can_be_stopped_while_its_probes_run() {
    let world = World::new(|_| {}).await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let tests = world.platform.load_tests();
    let test = tests.start(short(&wait)).await.unwrap();
    while world.platform.counters().running == 0 {
        settle().await;
    }
    tests.stop(test.id).await.unwrap();
    world.runtime.open();
    let test = ended(&world, test.id).await;
    assert_eq!(test.status, LoadTestStatus::Stopped);
    assert_eq!(test.result.total(), 1);
}

#[tokio::test]
async fn a_function_runs_one_load_test_at_a_time_independently_of_other_functions() {
    let world = World::new(|_| {}).await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let other = world.function("wait", FunctionConfig::default()).await;
    let tests = world.platform.load_tests();
    let first = tests.start(short(&wait)).await.unwrap();
    let second = tests.start(short(&wait)).await;
    assert!(matches!(second, Err(Error::Conflict(_))), "{second:?}");
    let another = tests.start(short(&other)).await.unwrap();
    world.runtime.open();
    for id in [first.id, another.id] {
        ended(&world, id).await;
    }
    let again = tests.start(short(&wait)).await.unwrap();
    let query = LoadTestQuery {
        function: Some(wait.id),
        limit: 9,
    };
    let listed = tests.list(&query).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|test| test.id).collect();
    assert_eq!(ids, [again.id, first.id]);
}

#[tokio::test]
async fn a_stopped_load_test_lets_its_calls_end_and_starts_no_more() {
    let world = World::new(|_| {}).await;
    let wait = with_history(&world).await;
    let tests = world.platform.load_tests();
    let test = tests.start(short(&wait)).await.unwrap();
    settle().await;
    let stopping = tests.stop(test.id).await.unwrap();
    assert_eq!(stopping.status, LoadTestStatus::Stopping);
    // At once, and after the next periodic write.
    for _ in 0..2 {
        let stopping = tests.get(test.id).await.unwrap();
        assert_eq!(stopping.status, LoadTestStatus::Stopping);
        world.advance(SECOND).await;
    }
    world.runtime.open();
    let stopped = ended(&world, test.id).await;
    assert_eq!(stopped.status, LoadTestStatus::Stopped);
    assert_eq!((stopped.result.total(), stopped.result.failed()), (4, 0));
    let again = tests.stop(test.id).await;
    assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
}

#[tokio::test]
async fn in_an_open_loop_a_stall_counts_for_all_calls_that_it_delays() {
    let world = World::new(|options| options.max_instances = 1).await;
    let wait = with_history(&world).await;
    let new = short(&wait).concurrency(1).rate(10.0);
    let test = world.platform.load_tests().start(new).await.unwrap();
    settle().await;
    // The first call takes the whole time; nineteen more are due meanwhile.
    for _ in 0..8 {
        world.advance(Duration::from_millis(250)).await;
    }
    world.runtime.open();
    let test = ended(&world, test.id).await;
    assert_eq!(test.result.total(), 20);
    let times = test.result.response_time;
    // The calls waited for 2, 1.9, 1.8 … seconds.
    assert!(times.max >= 2 * SECOND, "{times:?}");
    assert!(times.p50 >= SECOND, "{times:?}");
    assert!(times.min <= SECOND / 2, "{times:?}");
}

#[tokio::test]
async fn failed_calls_are_grouped_by_reason() {
    let world = World::new(|_| {}).await;
    let fail = world.function("fail 9", FunctionConfig::default()).await;
    let tests = world.platform.load_tests();
    let new = short(&fail).duration(SECOND).rate(20.0);
    let test = tests.start(new).await.unwrap();
    let test = ended(&world, test.id).await;
    assert!(test.result.sums.failed > 0);
    assert_eq!(test.result.completed(), 0);
    let [group] = test.result.errors.as_slice() else {
        panic!("{:?}", test.result.errors)
    };
    assert_eq!(group.count, test.result.failed());
    assert_eq!(group.message, "failure 1");
}

#[tokio::test]
async fn an_invalid_request_is_refused_with_the_reason() {
    let world = World::new(|_| {}).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let tests = world.platform.load_tests();
    let wrong: [fn(&mut NewLoadTest); 6] = [
        |new| new.concurrency = 0,
        |new| new.concurrency = 101,
        |new| new.duration = Duration::from_millis(999),
        |new| new.duration = Duration::from_secs(301),
        |new| new.rate = Some(0.0),
        |new| new.rate = Some(f64::NAN),
    ];
    for change in wrong {
        let mut new = short(&echo);
        change(&mut new);
        let refused = tests.start(new.clone()).await;
        assert!(
            matches!(refused, Err(Error::Invalid(_))),
            "{new:?}: {refused:?}"
        );
    }
    let functions = world.platform.functions();
    let update = FunctionUpdate::default().status(faas_core::model::FunctionStatus::Inactive);
    functions.update(echo.id, update).await.unwrap();
    let refused = tests.start(short(&echo)).await;
    assert!(matches!(refused, Err(Error::Inactive)), "{refused:?}");
    functions.delete(echo.id).await.unwrap();
    let refused = tests.start(short(&echo)).await;
    assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
}

#[tokio::test]
async fn a_load_test_whose_platform_ended_is_marked_as_interrupted() {
    let store = Arc::new(MemoryStore::new());
    let world = World::on(store.clone(), |_| {}).await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let test = world
        .platform
        .load_tests()
        .start(short(&wait))
        .await
        .unwrap();
    world.platform.shutdown().await;
    let world = World::on(store, |_| {}).await;
    let found = world.platform.load_tests().get(test.id).await.unwrap();
    assert_eq!(found.status, LoadTestStatus::Interrupted);
    let stored = world.store.load_test(test.id).await.unwrap();
    assert_eq!(stored, Some(found));
    // The function can be load-tested again.
    world.runtime.open();
    let test = world
        .platform
        .load_tests()
        .start(short(&wait))
        .await
        .unwrap();
    let test = ended(&world, test.id).await;
    assert_eq!(test.result.sums.failed, 0);
    assert!(test.result.completed() > 0);
}
