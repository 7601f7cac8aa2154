//! Tests of the engine, with a scripted runtime and a manual clock.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use faas_core::clock::{Clock, ManualClock, SystemClock};
use faas_core::error::Resource;
use faas_core::events::{EventKind, Received, Subscriber};
use faas_core::model::{
    Execution, ExecutionId, FailureKind, Function, FunctionConfig, NanoDollars, Status, Timestamp,
};
use faas_core::options::PlatformOptions;
use faas_core::platform::{CallOptions, FunctionUpdate, NewFunction};
use faas_core::store::memory::MemoryStore;
use faas_core::store::{ExecutionQuery, Period, Store};
use faas_core::{Error, Platform};
use serde_json::json;
use tokio::runtime::Handle;

use crate::scripted::Scripted;

pub(crate) struct World {
    pub(crate) platform: Platform,
    pub(crate) clock: ManualClock,
    pub(crate) runtime: Scripted,
    pub(crate) store: Arc<dyn Store>,
    /// Other tokio runtimes, of one thread each, that run platforms beside this one.
    pub(crate) neighbours: Arc<Mutex<Vec<Handle>>>,
}

impl World {
    pub(crate) async fn new(change: impl FnOnce(&mut PlatformOptions)) -> Self {
        Self::on(Arc::new(MemoryStore::new()), change).await
    }

    pub(crate) async fn on(
        store: Arc<dyn Store>,
        change: impl FnOnce(&mut PlatformOptions),
    ) -> Self {
        let clock = ManualClock::new(Timestamp::from_millis(1_800_000_000_000));
        Self::at(clock, store, change).await
    }

    pub(crate) async fn at(
        clock: ManualClock,
        store: Arc<dyn Store>,
        change: impl FnOnce(&mut PlatformOptions),
    ) -> Self {
        let runtime = Scripted::default();
        let platform = Platform::builder()
            .shared_store(store.clone())
            .runtime(runtime.clone())
            .clock(clock.clone())
            .options(change)
            .build()
            .await
            .expect("a platform");
        Self {
            platform,
            clock,
            runtime,
            store,
            neighbours: Arc::default(),
        }
    }

    pub(crate) async fn function(&self, script: &str, config: FunctionConfig) -> Function {
        let name = format!("{script} {}", fastrand::u32(..));
        let mut new = NewFunction::new(name, "a script", script);
        new.config = config;
        self.platform
            .functions()
            .create(new)
            .await
            .expect("a function")
    }

    pub(crate) async fn get(&self, id: ExecutionId) -> Arc<Execution> {
        self.platform
            .executions()
            .get(id)
            .await
            .expect("an execution")
    }

    pub(crate) async fn until(
        &self,
        id: ExecutionId,
        wanted: impl Fn(&Execution) -> bool,
    ) -> Arc<Execution> {
        for _ in 0..60_000 {
            let execution = self.get(id).await;
            if wanted(&execution) {
                return execution;
            }
            pause().await;
        }
        panic!(
            "the execution did not reach the expected state: {:?}",
            self.get(id).await
        );
    }

    pub(crate) async fn ended(&self, id: ExecutionId) -> Arc<Execution> {
        self.until(id, |execution| execution.status.is_terminal())
            .await
    }

    /// Advances the time by `step`, after the tasks that it must wake have gone to sleep.
    pub(crate) async fn advance(&self, step: Duration) {
        self.settle().await;
        self.clock.advance(step);
        self.runtime.steps.send_modify(|steps| *steps += 1);
        self.settle().await;
    }

    /// As [`settle`], on the neighbours too.
    pub(crate) async fn settle(&self) {
        settle().await;
        let neighbours = self.neighbours.lock().expect("a lock").clone();
        for neighbour in neighbours {
            // It may have ended.
            let _ = neighbour.spawn(settle()).await;
        }
        settle().await;
    }
}

/// Lets other tasks, and threads that they wait for, run for a moment.
async fn pause() {
    SystemClock::new().sleep(Duration::from_millis(1)).await;
}

/// Lets all tasks run until they wait: for the clock, the gate of the scripted runtime or a test. All
/// of them are on the test's own thread.
pub(crate) async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

fn next_kinds(subscriber: &mut Subscriber) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    while let Some(Received::Events(events)) = subscriber.try_next(100) {
        kinds.extend(events.iter().map(|event| match event.kind {
            EventKind::Started { .. } => "started",
            EventKind::Completed(_) => "completed",
            EventKind::Retry { .. } => "retry",
            EventKind::Failed(_) => "failed",
            EventKind::Scaling(_) => "scaling",
            EventKind::Metrics(_) => "metrics",
            _ => "other",
        }));
    }
    kinds
}

#[tokio::test]
async fn an_invoked_function_returns_its_output_and_is_priced_and_stored() {
    let world = World::new(|_| {}).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let done = world
        .platform
        .invoke(echo.id, json!({"a": 1}))
        .await
        .unwrap();
    assert_eq!(done.status, Status::Completed);
    assert_eq!(done.output.as_ref().unwrap().as_str(), r#"{"a":1}"#);
    // One started unit of basic, one cold start, 14 bytes: 100000 + 50000 + 14 * 1000 / 1024.
    assert_eq!(done.cost.total(), NanoDollars::new(150_014));
    assert_eq!(
        world.store.execution(done.id).await.unwrap().as_ref(),
        Some(&*done)
    );
    let warm = world.platform.invoke(echo.id, json!({})).await.unwrap();
    assert!(!warm.cold_start && warm.cost.cold_start == NanoDollars::ZERO);
}

#[tokio::test]
async fn an_accepted_execution_is_stored_before_the_caller_is_answered() {
    let world = World::new(|_| {}).await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let first = world.platform.execute(wait.id, json!(1)).await.unwrap();
    let second = world.platform.execute(wait.id, json!(2)).await.unwrap();
    // Claimed comes first, and an instance takes it then.
    let running = world
        .until(first.id, |execution| execution.start_time.is_some())
        .await;
    assert!(running.status == Status::Running && running.instance_id.is_some());
    let stored = world.store.execution(second.id).await.unwrap().unwrap();
    assert!(!stored.status.is_terminal());
    world.runtime.open();
    assert_eq!(world.ended(second.id).await.status, Status::Completed);
}

#[tokio::test]
async fn a_failed_execution_is_retried_after_2_4_and_8_seconds_and_every_attempt_is_billed() {
    let world = World::new(|_| {}).await;
    let mut events = world.platform.events().subscribe(None);
    let fail = world.function("fail 9", FunctionConfig::default()).await;
    let id = world.platform.execute(fail.id, json!({})).await.unwrap().id;
    for (retry, wait) in [(1, 2_u64), (2, 4), (3, 8)] {
        let pending = world
            .until(id, |e| {
                e.status == Status::Pending && e.retry_count == retry
            })
            .await;
        assert_eq!(
            pending.due_at,
            Some(world.clock.now() + Duration::from_secs(wait))
        );
        assert_eq!(pending.cost.total(), NanoDollars::ZERO);
        world
            .advance(Duration::from_secs(wait) - Duration::from_millis(1))
            .await;
        assert_eq!(world.get(id).await.attempts.len(), retry as usize);
        world.advance(Duration::from_millis(1)).await;
    }
    let failed = world.ended(id).await;
    assert_eq!(failed.status, Status::Failed);
    assert_eq!(
        (failed.attempt, failed.retry_count, failed.attempts.len()),
        (4, 3, 4)
    );
    assert_eq!(failed.failure.as_ref().unwrap().message, "failure 4");
    assert_eq!(failed.cost.base, NanoDollars::new(4 * 100_000));
    assert_eq!(failed.cost.retry, NanoDollars::new(3 * 20_000));
    let mut kinds = next_kinds(&mut events);
    // The clock advanced by whole seconds, so metrics were published in between.
    kinds.retain(|kind| *kind != "metrics");
    let expected = [
        "started", "retry", "started", "retry", "started", "retry", "started", "failed",
    ];
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn an_invocation_is_retried_only_on_request() {
    let world = World::new(|options| options.retry_base = Duration::ZERO).await;
    let fail = world.function("fail 1", FunctionConfig::default()).await;
    let once = world.platform.invoke(fail.id, json!({})).await.unwrap();
    assert_eq!((once.status, once.attempts.len()), (Status::Failed, 1));
    let options = CallOptions::default().retry(true);
    let (world_ref, options) = (&world, options);
    let retried = async {
        world_ref
            .platform
            .invoke_with(fail.id, json!({}), options)
            .await
            .unwrap()
    };
    let moving = async {
        loop {
            world.advance(Duration::from_millis(1)).await;
        }
    };
    let retried = tokio::select! { done = retried => done, () = moving => unreachable!() };
    assert_eq!(
        (retried.status, retried.attempts.len()),
        (Status::Completed, 2)
    );
}

#[tokio::test]
async fn a_flood_of_one_function_does_not_starve_another() {
    let world = World::new(|options| options.max_instances = 1).await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let mut flood = Vec::new();
    for n in 0..100 {
        flood.push(world.platform.execute(wait.id, json!(n)).await.unwrap().id);
    }
    let other = world
        .platform
        .execute(echo.id, json!("other"))
        .await
        .unwrap()
        .id;
    world.runtime.open();
    let other = world.ended(other).await;
    let mut before = 0;
    for id in flood {
        before += usize::from(world.ended(id).await.instance_id.is_some() && id < other.id);
    }
    assert_eq!(before, 100);
    // Only the running execution and those claimed ahead ran first on the single instance.
    let rows = world
        .platform
        .executions()
        .list(&everything(200))
        .await
        .unwrap();
    let earlier = rows
        .iter()
        .filter(|e| e.function_id == wait.id && e.end_time < other.end_time)
        .count();
    assert!(earlier <= 10, "{earlier} executions of the flood ran first");
}

pub(crate) fn everything(limit: usize) -> ExecutionQuery {
    ExecutionQuery {
        limit,
        ..ExecutionQuery::default()
    }
}

#[tokio::test]
async fn concurrent_executions_of_a_function_stay_within_its_concurrency_limit() {
    let world = World::new(|options| options.min_instances = 8).await;
    let config = FunctionConfig {
        concurrency: Some(2),
        ..FunctionConfig::default()
    };
    let wait = world.function("wait", config).await;
    let mut ids = Vec::new();
    for n in 0..20 {
        ids.push(world.platform.execute(wait.id, json!(n)).await.unwrap().id);
    }
    settle().await;
    assert_eq!(world.runtime.running.load(Ordering::SeqCst), 2);
    world.runtime.open();
    for id in ids {
        assert_eq!(world.ended(id).await.status, Status::Completed);
    }
    assert_eq!(world.runtime.most_running.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_accepts_again_when_there_is_room() {
    let world = World::new(|options| {
        options.queue_capacity = 2;
        options.queue_share = 1.0;
        options.max_instances = 1;
    })
    .await;
    let config = FunctionConfig {
        concurrency: Some(1),
        ..FunctionConfig::default()
    };
    let wait = world.function("wait", config).await;
    let first = world.platform.execute(wait.id, json!(0)).await.unwrap().id;
    // It has left the queue only when it runs, which is later than its claim.
    while world.runtime.running.load(Ordering::SeqCst) == 0 {
        settle().await;
    }
    for n in 0..2 {
        world.platform.execute(wait.id, json!(n)).await.unwrap();
    }
    let refused = world.platform.execute(wait.id, json!(3)).await;
    assert!(
        matches!(refused, Err(Error::Overloaded { .. })),
        "{refused:?}"
    );
    assert!(matches!(
        world.platform.invoke(wait.id, json!(3)).await,
        Err(Error::Overloaded { .. })
    ));
    world.runtime.open();
    world.ended(first).await;
    settle().await;
    world.platform.invoke(wait.id, json!(4)).await.unwrap();
    assert_eq!(world.platform.counters().rejected, 2);
}

#[tokio::test]
async fn an_execution_can_be_cancelled_in_any_state_and_is_not_retried() {
    let world = World::new(|options| options.max_instances = 1).await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let fail = world.function("fail 9", FunctionConfig::default()).await;
    let retrying = world.platform.execute(fail.id, json!({})).await.unwrap().id;
    world
        .until(retrying, |execution| execution.retry_count == 1)
        .await;
    let running = world.platform.execute(wait.id, json!({})).await.unwrap().id;
    world
        .until(running, |execution| {
            execution.status == Status::Running && execution.start_time.is_some()
        })
        .await;
    let mut queued = Vec::new();
    for n in 0..20 {
        queued.push(world.platform.execute(wait.id, json!(n)).await.unwrap().id);
    }
    let last = *queued.last().unwrap();
    for id in [retrying, last, running] {
        let cancelled = world.platform.executions().cancel(id).await.unwrap();
        assert_eq!(cancelled.status, Status::Failed);
        assert_eq!(
            cancelled.failure.as_ref().unwrap().kind,
            FailureKind::Cancelled
        );
        assert_eq!(
            world.store.execution(id).await.unwrap().as_ref(),
            Some(&*cancelled)
        );
        let again = world.platform.executions().cancel(id).await;
        assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
    }
    world.advance(Duration::from_secs(60)).await;
    assert_eq!(world.get(retrying).await.attempts.len(), 1);
    assert_eq!(world.get(last).await.cost.total(), NanoDollars::ZERO);
    assert_eq!(
        world.get(running).await.cost.base,
        NanoDollars::new(100_000)
    );
    let unknown = world
        .platform
        .executions()
        .cancel(ExecutionId::from_u128(7))
        .await;
    assert!(matches!(unknown, Err(Error::NotFound(Resource::Execution))));
}

#[tokio::test]
async fn the_same_idempotency_key_returns_the_first_execution_and_runs_once() {
    let world = World::new(|_| {}).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let first = world
        .platform
        .execute_with(
            echo.id,
            json!(1),
            CallOptions::default().idempotency_key("key"),
        )
        .await
        .unwrap();
    let second = world
        .platform
        .execute_with(
            echo.id,
            json!(1),
            CallOptions::default().idempotency_key("key"),
        )
        .await
        .unwrap();
    let other = world
        .platform
        .execute_with(
            echo.id,
            json!(2),
            CallOptions::default().idempotency_key("key"),
        )
        .await;
    assert!(
        matches!(other, Err(Error::IdempotencyKeyReused { execution }) if execution == first.id),
        "{other:?}"
    );
    assert_eq!(
        (second.id, first.duplicate, second.duplicate),
        (first.id, false, true)
    );
    let options = CallOptions::default().idempotency_key("key");
    let calls = (0..20).map(|_| {
        world
            .platform
            .invoke_with(echo.id, json!(1), options.clone())
    });
    for done in futures_util::future::join_all(calls).await {
        let done = done.unwrap();
        assert_eq!(
            (done.id, done.output.as_ref().unwrap().as_str()),
            (first.id, "1")
        );
    }
    assert_eq!(
        world
            .platform
            .executions()
            .list(&everything(10))
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn executions_that_a_stopped_platform_left_unfinished_run_on_the_next() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let world = World::on(store.clone(), |options| {
        options.shutdown_grace = Duration::ZERO
    })
    .await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let fail = world.function("fail 1", FunctionConfig::default()).await;
    let retrying = world.platform.execute(fail.id, json!({})).await.unwrap().id;
    world
        .until(retrying, |execution| execution.retry_count == 1)
        .await;
    let mut ids = Vec::new();
    for n in 0..30 {
        ids.push(world.platform.execute(wait.id, json!(n)).await.unwrap().id);
    }
    world
        .until(ids[0], |execution| execution.start_time.is_some())
        .await;
    let (platform, clock) = (world.platform.clone(), world.clock.clone());
    let stopping = tokio::spawn(async move { platform.shutdown().await });
    while !stopping.is_finished() {
        clock.advance(Duration::from_millis(5));
        pause().await;
    }
    assert!(matches!(
        world.platform.invoke(wait.id, json!({})).await,
        Err(Error::Unavailable(_))
    ));
    for id in &ids {
        assert_eq!(
            store.execution(*id).await.unwrap().unwrap().status,
            Status::Pending
        );
    }

    let next = World::on(store, |_| {}).await;
    next.advance(Duration::from_secs(3)).await;
    next.runtime.open();
    for id in &ids {
        assert_eq!(next.ended(*id).await.status, Status::Completed);
    }
    let interrupted = next.get(ids[0]).await;
    assert_eq!(
        interrupted.attempts[0].failure.as_ref().unwrap().kind,
        FailureKind::Platform
    );
    assert_eq!(
        (interrupted.attempts.len(), interrupted.retry_count),
        (2, 0)
    );
    assert_eq!(interrupted.cost.base, NanoDollars::new(100_000));
    next.advance(Duration::from_secs(3)).await;
    assert_eq!(next.ended(retrying).await.status, Status::Completed);
}

#[tokio::test]
async fn a_call_that_does_not_stop_fails_with_a_timeout_and_its_instance_is_replaced() {
    let world = World::new(|options| options.max_instances = 1).await;
    let config = FunctionConfig {
        timeout: Duration::from_millis(100),
        retry_count: 0,
        ..FunctionConfig::default()
    };
    let hang = world.function("hang", config).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let hung = world.platform.execute(hang.id, json!({})).await.unwrap().id;
    world
        .until(hung, |execution| execution.start_time.is_some())
        .await;
    let waiting = world.platform.execute(echo.id, json!({})).await.unwrap().id;
    for _ in 0..20 {
        world.advance(Duration::from_millis(20)).await;
    }
    let failed = world.ended(hung).await;
    assert_eq!(failed.failure.as_ref().unwrap().kind, FailureKind::Timeout);
    assert_eq!(failed.duration, Duration::from_millis(100));
    assert_eq!(world.ended(waiting).await.status, Status::Completed);
    let counters = world.platform.counters();
    assert_eq!(
        (counters.abandoned, counters.instances, counters.running),
        (1, 1, 0)
    );
    world.runtime.open();
    settle().await;
    assert_eq!(world.get(hung).await.failure, failed.failure);
    assert_eq!(world.platform.counters().instances, 1);
}

#[tokio::test]
async fn a_function_whose_calls_do_not_stop_is_refused_until_they_end() {
    let world = World::new(|_| {}).await;
    let config = FunctionConfig {
        timeout: Duration::from_millis(10),
        retry_count: 0,
        ..FunctionConfig::default()
    };
    let hang = world.function("hang", config).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    for _ in 0..4 {
        let id = world.platform.execute(hang.id, json!({})).await.unwrap().id;
        world
            .until(id, |execution| execution.start_time.is_some())
            .await;
        world.advance(Duration::from_millis(400)).await;
        world.ended(id).await;
    }
    let refused = world.platform.invoke(hang.id, json!({})).await;
    assert!(matches!(refused, Err(Error::Runaway)), "{refused:?}");
    world.platform.invoke(echo.id, json!({})).await.unwrap();
    world.runtime.open();
    settle().await;
    world.platform.invoke(hang.id, json!({})).await.unwrap();
}

#[tokio::test]
async fn a_runtime_that_panics_fails_only_one_execution() {
    let world = World::new(|_| {}).await;
    let panics = world.function("panic", FunctionConfig::default()).await;
    let failed = world.platform.invoke(panics.id, json!({})).await.unwrap();
    assert_eq!(failed.failure.as_ref().unwrap().kind, FailureKind::Platform);
    assert_eq!(failed.cost.total(), NanoDollars::ZERO);
    let echo = world.function("echo", FunctionConfig::default()).await;
    assert_eq!(
        world
            .platform
            .invoke(echo.id, json!({}))
            .await
            .unwrap()
            .status,
        Status::Completed
    );
}

#[tokio::test]
async fn instances_are_added_for_a_queue_and_removed_in_silence_with_a_reason_for_each_change() {
    // One function occupies at most three of four instances, so a fourth would not help it.
    let world = World::new(|options| options.max_instances = 4).await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let mut ids = Vec::new();
    for n in 0..30 {
        ids.push(world.platform.execute(wait.id, json!(n)).await.unwrap().id);
    }
    for _ in 0..100 {
        world.advance(Duration::from_millis(200)).await;
    }
    assert_eq!(world.platform.counters().instances, 3);
    assert_eq!(world.platform.counters().running, 3);
    assert_eq!(world.runtime.running.load(Ordering::SeqCst), 3);
    world.runtime.open();
    for id in ids {
        world.ended(id).await;
    }
    for _ in 0..400 {
        world.clock.advance(Duration::from_millis(200));
        pause().await;
        pause().await;
    }
    settle().await;
    assert_eq!(world.platform.counters().instances, 1);
    let history = world
        .platform
        .scaling_history(Timestamp::default(), 100)
        .await
        .unwrap();
    let counts: Vec<_> = history
        .iter()
        .rev()
        .map(|event| event.instance_count)
        .collect();
    assert_eq!(counts, [2, 3, 2, 1]);
    assert!(
        history.last().unwrap().reason.contains("ms > 100 ms"),
        "{}",
        history.last().unwrap().reason
    );
}

#[tokio::test]
async fn lists_show_running_executions_including_direct_invocations() {
    let world = World::new(|_| {}).await;
    let wait = world.function("wait", FunctionConfig::default()).await;
    let platform = world.platform.clone();
    let call = tokio::spawn(async move { platform.invoke(wait.id, json!(1)).await });
    settle().await;
    let running = ExecutionQuery {
        status: Some(Status::Running),
        ..everything(10)
    };
    let listed = world.platform.executions().list(&running).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(world.get(listed[0].id).await.status, Status::Running);
    assert!(world.store.execution(listed[0].id).await.unwrap().is_none());
    world.runtime.open();
    let done = call.await.unwrap().unwrap();
    assert_eq!(done.id, listed[0].id);
    assert!(
        world
            .platform
            .executions()
            .list(&running)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn reports_equal_the_sum_of_the_executions_to_the_nano_dollar() {
    let world = World::new(|options| options.retry_base = Duration::ZERO).await;
    let echo = world.function("echo", FunctionConfig::default()).await;
    let fail = world
        .function(
            "fail 9",
            FunctionConfig {
                retry_count: 0,
                ..FunctionConfig::default()
            },
        )
        .await;
    for n in 0..50 {
        world
            .platform
            .invoke(echo.id, json!({ "text": "x".repeat(n * 37) }))
            .await
            .unwrap();
        world.platform.invoke(fail.id, json!(n)).await.unwrap();
    }
    world.clock.advance(Duration::from_secs(1));
    let rows = world
        .platform
        .executions()
        .list(&everything(1_000))
        .await
        .unwrap();
    let sum: NanoDollars = rows.iter().map(|execution| execution.cost.total()).sum();
    let report = world.platform.costs().system(Period::ALL).await.unwrap();
    assert_eq!((report.sums.executions, report.sums.failed), (100, 50));
    assert_eq!(report.sums.total(), sum);
    let by_function: NanoDollars = report
        .functions
        .iter()
        .map(|function| function.sums.total())
        .sum();
    assert_eq!(by_function, sum);
    assert_eq!(report.functions[0].label.id, echo.id);
}

#[tokio::test]
async fn a_function_can_be_changed_deactivated_and_deleted() {
    let world = World::new(|_| {}).await;
    let functions = world.platform.functions();
    let echo = world.function("echo", FunctionConfig::default()).await;
    let twin = functions
        .create(NewFunction::new(&*echo.name, "twin", "echo"))
        .await;
    assert!(matches!(twin, Err(Error::Conflict(_))), "{twin:?}");
    let bad = functions
        .update(echo.id, FunctionUpdate::default().code("bad"))
        .await;
    assert!(matches!(bad, Err(Error::Compile(_))));
    let update = FunctionUpdate::default().code("attempt");
    let changed = functions.update(echo.id, update).await.unwrap();
    assert_eq!((changed.version, &*changed.code), (2, "attempt"));
    let done = world.platform.invoke(echo.id, json!({})).await.unwrap();
    assert_eq!(
        (
            done.function_version,
            done.output.as_ref().unwrap().as_str()
        ),
        (2, "1")
    );
    let inactive = faas_core::model::FunctionStatus::Inactive;
    functions
        .update(echo.id, FunctionUpdate::default().status(inactive))
        .await
        .unwrap();
    assert!(matches!(
        world.platform.invoke(echo.id, json!({})).await,
        Err(Error::Inactive)
    ));
    functions.delete(echo.id).await.unwrap();
    assert!(matches!(
        functions.delete(echo.id).await,
        Err(Error::NotFound(Resource::Function))
    ));
    assert!(matches!(
        world.platform.invoke(echo.id, json!({})).await,
        Err(Error::NotFound(Resource::Function))
    ));
    let report = world.platform.costs().system(Period::ALL).await.unwrap();
    assert!(report.functions[0].label.deleted);
    assert_eq!(report.functions[0].label.name, echo.name);
}

#[tokio::test]
async fn a_list_of_long_executions_is_bounded_also_where_they_run() {
    let world = World::new(|_| {}).await;
    let function = world.function("wait", FunctionConfig::default()).await;
    let input = json!("x".repeat(900_000));
    let mut calls = Vec::new();
    for _ in 0..12 {
        let (platform, input) = (world.platform.clone(), input.clone());
        calls.push(tokio::spawn(async move {
            platform.invoke(function.id, input).await
        }));
    }
    let query = ExecutionQuery {
        max_bytes: 2_000_000,
        ..everything(12)
    };
    let listed = loop {
        let listed = world.platform.executions().list(&query).await.unwrap();
        if listed.len() == 12 {
            break listed;
        }
        tokio::task::yield_now().await;
    };
    let whole = listed.iter().filter(|one| !one.left_out.input).count();
    assert_eq!(whole, 2);
    world.runtime.open();
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_runtime_without_preset_modules_refuses_them() {
    let built = Platform::builder()
        .runtime(Scripted::default())
        .module("acme:tools", "export {}")
        .build()
        .await;
    let Err(Error::Invalid(message)) = built else {
        panic!("it was built");
    };
    let expected = "the runtime supports no preset modules: scripted cannot import acme:tools";
    assert_eq!(message, expected);
}
