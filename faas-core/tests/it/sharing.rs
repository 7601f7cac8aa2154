//! Tests of several platforms on one store.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use faas_core::Error;
use faas_core::model::{
    Execution, ExecutionId, FailureKind, FunctionConfig, FunctionId, FunctionStatus, Status,
};
use faas_core::platform::{AliasUpdate, CallOptions, FunctionUpdate};
use faas_core::store::MemoryStore;
use serde_json::json;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::platform::World;

const SECOND: Duration = Duration::from_secs(1);
/// The lease of the functions here: their timeout and ten seconds.
const LEASE: Duration = Duration::from_secs(40);

/// A second platform, on a tokio runtime and a thread of its own. It can die.
struct Other {
    world: World,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Simulates a crash: no task continues and nothing more is written.
impl Drop for Other {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the other platform's thread");
        }
    }
}

impl Other {
    /// Starts a platform with a single instance on the store and the clock of `world`.
    async fn beside(world: &World) -> Self {
        let (clock, store) = (world.clock.clone(), world.store.clone());
        let (end, ended) = oneshot::channel::<()>();
        let (tell, started) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let world = World::at(clock, store, |options| options.max_instances = 1).await;
                let _ = tell.send((world, Handle::current()));
                let _ = ended.await;
            });
        });
        let (other, handle) = started.await.expect("a platform");
        world.neighbours.lock().expect("a lock").push(handle);
        Self {
            world: other,
            end: Some(end),
            thread: Some(thread),
        }
    }

    async fn execute(&self, function: FunctionId) -> ExecutionId {
        let accepted = self.world.platform.execute(function, json!(1)).await;
        accepted.expect("it is accepted").id
    }

    /// Executes a function and waits until it runs.
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

/// Advances the time by `time`, one second at a time.
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
async fn executions_of_a_dead_platform_are_taken_over_when_the_lease_ends_and_not_before() {
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
async fn claimed_executions_of_a_living_platform_are_never_taken_over() {
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
    world.settle().await;
    // Both are claimed now. The second one waits until the first has timed out.
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
async fn waiting_executions_are_taken_up_by_a_platform_with_free_capacity_and_run_once() {
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
async fn executions_that_a_dead_platform_had_accepted_run_on_another() {
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
async fn many_waiting_executions_are_taken_up_as_fast_as_they_complete() {
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
    // Executions that the dead platform had claimed wait for the end of their lease.
    assert!(left == 0, "{left} of {COUNT} still wait");
}

#[tokio::test]
async fn a_function_at_its_concurrency_limit_does_not_keep_other_functions_from_being_taken_up() {
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
    // The other platform has only accepted the executions.
    drop(other);
    pass(&world, 5 * SECOND).await;
    assert_eq!(world.ended(echoed).await.status, Status::Completed);
}

#[tokio::test]
async fn a_pause_of_all_platforms_ends_no_leases_and_causes_no_timeouts() {
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
async fn an_execution_can_be_cancelled_from_any_platform() {
    let world = world().await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let other = Other::beside(&world).await;
    let id = other.run(wait.id).await;
    let executions = world.platform.executions();
    let cancelled = tokio::select! {
        cancelled = executions.cancel(id) => cancelled.unwrap(),
        () = pass(&world, 60 * SECOND) => panic!("the execution was not cancelled"),
    };
    assert_eq!(cancelled.status, Status::Failed);
    assert_eq!(kinds(&cancelled), [Some(FailureKind::Cancelled)]);
    assert_eq!(other.world.get(id).await, cancelled);

    // An execution of a dead platform is cancelled by the platform that takes it over.
    let id = other.run(wait.id).await;
    drop(other);
    let cancelled = tokio::select! {
        cancelled = executions.cancel(id) => cancelled,
        () = pass(&world, 60 * SECOND) => panic!("the cancellation did not time out"),
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
async fn a_queued_execution_that_another_platform_has_taken_up_is_cancelled_there() {
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
        () = pass(&world, 60 * SECOND) => panic!("the execution was not cancelled"),
    };
    assert_eq!(kinds(&cancelled), [Some(FailureKind::Cancelled)]);
}

#[tokio::test]
async fn a_waiting_caller_is_answered_when_the_execution_ends_on_another_platform() {
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
        world.settle().await;
        other.world.runtime.open();
        pass(&world, 60 * SECOND).await;
    };
    let ended = tokio::select! {
        ended = invoked => ended.unwrap(),
        () = opened => panic!("the caller was not answered"),
    };
    assert_eq!((ended.id, ended.status), (id, Status::Completed));
}

#[tokio::test]
async fn a_rollback_on_another_platform_applies_within_a_second() {
    let world = world().await;
    let function = world.function("echo", FunctionConfig::default()).await;
    let other = Other::beside(&world).await;
    let (platform, functions) = (&world.platform, other.world.platform.functions());
    let update = FunctionUpdate::default().code("attempt");
    functions.update(function.id, update).await.unwrap();
    pass(&world, 2 * SECOND).await;
    let called = async || {
        let done = platform.invoke(function.id, json!(7)).await.unwrap();
        done.function_version
    };
    assert_eq!(called().await, 2);
    let back = functions.set_alias(function.id, "live", AliasUpdate::to(1));
    back.await.unwrap();
    pass(&world, 2 * SECOND).await;
    assert_eq!(called().await, 1);
}

#[tokio::test]
async fn a_change_by_another_platform_applies_within_a_second() {
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
