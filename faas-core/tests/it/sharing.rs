//! What holds when several platforms use one store.

use std::sync::Arc;
use std::time::Duration;

use faas_core::Error;
use faas_core::model::{
    Execution, ExecutionId, FailureKind, FunctionConfig, FunctionId, FunctionStatus, Status,
};
use faas_core::platform::{CallOptions, FunctionUpdate};
use faas_core::store::MemoryStore;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::platform::{World, settle};

const SECOND: Duration = Duration::from_secs(1);
/// Ten seconds more than the timeout of the functions here.
const LEASE: Duration = Duration::from_secs(40);

/// A platform that lives beside the test's own, and can die.
struct Other {
    world: World,
    threads: Option<Runtime>,
}

/// It dies: nothing of it moves any more, and nothing is written.
impl Drop for Other {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}

impl Other {
    /// One with a single instance, on the store and the clock of `world`.
    async fn beside(world: &World) -> Self {
        let threads = Runtime::new().expect("threads");
        let (clock, store) = (world.clock.clone(), world.store.clone());
        let started = threads.spawn(async move {
            World::at(clock, store, |options| options.max_instances = 1).await
        });
        let world = started.await.expect("a platform");
        let threads = Some(threads);
        Self { world, threads }
    }

    async fn execute(&self, function: FunctionId) -> ExecutionId {
        let accepted = self.world.platform.execute(function, json!(1)).await;
        accepted.expect("it is accepted").id
    }

    /// Executes it and waits until it runs.
    async fn run(&self, function: FunctionId) -> ExecutionId {
        let id = self.execute(function).await;
        let started = |execution: &Execution| execution.start_time.is_some();
        self.world.until(id, started).await;
        id
    }
}

async fn world() -> World {
    World::on(Arc::new(MemoryStore::new().shared()), |_| {}).await
}

/// Moves the time on by `time`, a second at once.
async fn pass(world: &World, time: Duration) {
    for _ in 0..time.as_secs() {
        world.advance(SECOND).await;
    }
}

fn kinds(execution: &Execution) -> Vec<Option<FailureKind>> {
    let failures = execution.attempts.iter().map(|attempt| &attempt.failure);
    failures
        .map(|failure| failure.as_ref().map(|failure| failure.kind))
        .collect()
}

#[tokio::test]
async fn what_a_platform_ran_when_it_died_is_taken_over_when_its_lease_ends_and_not_before() {
    let world = world().await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let other = Other::beside(&world).await;
    let id = other.run(wait.id).await;
    drop(other);
    world.runtime.open();
    pass(&world, LEASE - 2 * SECOND).await;
    let execution = world.get(id).await;
    assert_eq!((execution.status, execution.attempt), (Status::Running, 1));
    pass(&world, 5 * SECOND).await;
    let execution = world.ended(id).await;
    assert_eq!(
        (execution.status, execution.attempt, execution.retry_count),
        (Status::Completed, 2, 0)
    );
    assert_eq!(kinds(&execution), [Some(FailureKind::Platform), None]);
}

#[tokio::test]
async fn what_a_living_platform_has_claimed_is_never_taken_over() {
    let world = world().await;
    let config = FunctionConfig {
        retry_count: 0,
        ..FunctionConfig::default()
    };
    let wait = world.function("wait", config).await;
    let other = Other::beside(&world).await;
    let first = other.run(wait.id).await;
    let mut claimed = Vec::new();
    for _ in 0..2 {
        claimed.push(other.execute(wait.id).await);
    }
    let executions = other.world.platform.executions();
    executions.cancel(first).await.unwrap();
    settle().await;
    // Both are claimed now. The second waits until the first has timed out.
    for id in &claimed {
        let execution = world.store.execution(*id).await.unwrap().unwrap();
        assert_eq!(execution.status, Status::Running);
    }
    pass(&world, 2 * LEASE).await;
    for id in claimed {
        let execution = world.ended(id).await;
        assert_eq!(kinds(&execution), [Some(FailureKind::Timeout)]);
    }
}

#[tokio::test]
async fn what_waits_elsewhere_is_taken_up_by_a_platform_that_has_room_and_runs_once() {
    let world = world().await;
    world.runtime.open();
    let wait = world.function("wait", FunctionConfig::default()).await;
    let config = FunctionConfig {
        concurrency: Some(1),
        ..FunctionConfig::default()
    };
    let one_by_one = world.function("wait", config).await;
    let other = Other::beside(&world).await;
    let mut ids = vec![other.run(one_by_one.id).await];
    for _ in 0..20 {
        ids.push(other.execute(one_by_one.id).await);
    }
    ids.push(other.execute(wait.id).await);
    pass(&world, 4 * SECOND).await;
    for id in &ids[1..21] {
        assert_eq!(world.ended(*id).await.status, Status::Completed);
    }
    other.world.runtime.open();
    for id in ids {
        let execution = world.ended(id).await;
        assert_eq!(
            (execution.status, execution.attempt),
            (Status::Completed, 1)
        );
    }
}

#[tokio::test]
async fn what_a_platform_had_accepted_when_it_died_is_run_by_another() {
    let world = world().await;
    let fail = world.function("fail 1", FunctionConfig::default()).await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let other = Other::beside(&world).await;
    let retried = other.execute(fail.id).await;
    other
        .world
        .until(retried, |execution| execution.retry_count == 1)
        .await;
    other.run(wait.id).await;
    let queued = other.execute(wait.id).await;
    drop(other);
    world.runtime.open();
    pass(&world, 5 * SECOND).await;
    for id in [retried, queued] {
        assert_eq!(world.ended(id).await.status, Status::Completed);
    }
}

#[tokio::test]
async fn what_many_wait_for_elsewhere_is_taken_up_as_fast_as_it_is_done() {
    const COUNT: usize = 400;
    let world = world().await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let other = Other::beside(&world).await;
    other.run(wait.id).await;
    let mut ids = Vec::new();
    for _ in 0..COUNT {
        ids.push(other.execute(echo.id).await);
    }
    drop(other);
    pass(&world, 2 * SECOND).await;
    for _ in 0..50 {
        world.advance(SECOND / 50).await;
    }
    let mut left = 0;
    for id in ids {
        let execution = world.get(id).await;
        left += usize::from(execution.status == Status::Pending);
    }
    // What it had claimed waits for its lease to end.
    assert!(left == 0, "{left} of {COUNT} still wait");
}

#[tokio::test]
async fn a_function_that_may_run_no_more_often_keeps_nothing_else_from_being_taken_up() {
    let world = world().await;
    let config = FunctionConfig {
        concurrency: Some(1),
        ..FunctionConfig::default()
    };
    let one_by_one = world.function("wait", config).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let other = Other::beside(&world).await;
    for _ in 0..400 {
        other.execute(one_by_one.id).await;
    }
    let echoed = other.execute(echo.id).await;
    // Whatever it has done meanwhile was only to accept.
    drop(other);
    pass(&world, 5 * SECOND).await;
    assert_eq!(world.ended(echoed).await.status, Status::Completed);
}

#[tokio::test]
async fn a_pause_of_all_platforms_neither_ends_leases_nor_times_out_what_runs() {
    let world = world().await;
    let config = FunctionConfig {
        retry_count: 0,
        ..FunctionConfig::default()
    };
    let wait = world.function("wait", config).await;
    let other = Other::beside(&world).await;
    pass(&world, 15 * SECOND).await;
    let id = other.run(wait.id).await;
    pass(&world, 2 * SECOND).await;
    world.advance(2 * LEASE).await;
    pass(&world, 20 * SECOND).await;
    let execution = other.world.get(id).await;
    assert_eq!((execution.status, execution.attempt), (Status::Running, 1));
    pass(&world, 10 * SECOND).await;
    let execution = world.ended(id).await;
    assert_eq!(kinds(&execution), [Some(FailureKind::Timeout)]);
}

#[tokio::test]
async fn an_execution_is_cancelled_wherever_it_runs() {
    let world = world().await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let other = Other::beside(&world).await;
    let id = other.run(wait.id).await;
    let executions = world.platform.executions();
    let cancelled = tokio::select! {
        cancelled = executions.cancel(id) => cancelled.unwrap(),
        () = pass(&world, 60 * SECOND) => panic!("it was not cancelled"),
    };
    assert_eq!(cancelled.status, Status::Failed);
    assert_eq!(kinds(&cancelled), [Some(FailureKind::Cancelled)]);
    assert_eq!(other.world.get(id).await, cancelled);

    // One whose platform has died is cancelled by whoever takes it over.
    let id = other.run(wait.id).await;
    drop(other);
    let cancelled = tokio::select! {
        cancelled = executions.cancel(id) => cancelled,
        () = pass(&world, 60 * SECOND) => panic!("it was not given up"),
    };
    assert!(
        matches!(cancelled, Err(Error::Conflict(_))),
        "{cancelled:?}"
    );
    pass(&world, LEASE + 2 * SECOND).await;
    let cancelled = world.ended(id).await;
    let failure = cancelled.failure.as_ref().map(|failure| failure.kind);
    assert_eq!(failure, Some(FailureKind::Cancelled));
}

#[tokio::test]
async fn what_still_waits_here_is_cancelled_where_it_runs() {
    let world = world().await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let other = Other::beside(&world).await;
    other.run(wait.id).await;
    let id = other.execute(wait.id).await;
    pass(&world, 3 * SECOND).await;
    let taken_up = |execution: &Execution| execution.start_time.is_some();
    world.until(id, taken_up).await;
    let executions = other.world.platform.executions();
    let cancelled = tokio::select! {
        cancelled = executions.cancel(id) => cancelled.unwrap(),
        () = pass(&world, 60 * SECOND) => panic!("it was not cancelled"),
    };
    assert_eq!(kinds(&cancelled), [Some(FailureKind::Cancelled)]);
}

#[tokio::test]
async fn whoever_waits_hears_of_an_end_elsewhere() {
    let world = world().await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let other = Other::beside(&world).await;
    let options = CallOptions::default().idempotency_key("once").retry(true);
    let accepted = other
        .world
        .platform
        .execute_with(wait.id, json!(1), options.clone())
        .await;
    let id = accepted.unwrap().id;
    other
        .world
        .until(id, |execution| execution.start_time.is_some())
        .await;
    let invoked = world.platform.invoke_with(wait.id, json!(1), options);
    let opened = async {
        settle().await;
        other.world.runtime.open();
        pass(&world, 60 * SECOND).await;
    };
    let ended = tokio::select! {
        ended = invoked => ended.unwrap(),
        () = opened => panic!("it was not told"),
    };
    assert_eq!((ended.id, ended.status), (id, Status::Completed));
}

#[tokio::test]
async fn a_function_that_was_changed_elsewhere_is_served_a_second_later() {
    let world = world().await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let other = Other::beside(&world).await;
    let platform = &world.platform;
    platform.invoke(echo.id, json!(7)).await.unwrap();
    let change = async |update| {
        let functions = other.world.platform.functions();
        functions.update(echo.id, update).await.unwrap();
        pass(&world, 2 * SECOND).await;
    };
    let update = FunctionUpdate::default().code("attempt");
    change(update).await;
    let done = platform.invoke(echo.id, json!(7)).await.unwrap();
    assert_eq!(
        done.output.as_ref().map(|output| output.as_str()),
        Some("1")
    );
    let update = FunctionUpdate::default().status(FunctionStatus::Inactive);
    change(update).await;
    let refused = platform.invoke(echo.id, json!(7)).await;
    assert!(matches!(refused, Err(Error::Inactive)), "{refused:?}");
    other
        .world
        .platform
        .functions()
        .delete(echo.id)
        .await
        .unwrap();
    pass(&world, 2 * SECOND).await;
    let refused = platform.invoke(echo.id, json!(7)).await;
    assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
}
