//! Tests of dead letters.

use std::sync::Arc;
use std::time::Duration;

use faas_core::error::{Conflict, Resource};
use faas_core::model::{
    DeadLetterState, Execution, ExecutionId, FailureKind, Function, FunctionConfig, RedriveId,
    Status,
};
use faas_core::platform::{
    CallOptions, DeadLetterQuery, DeadLetterSelection, FunctionUpdate, Redrive, RedriveRequest,
    RedriveStatus, RedriveVersion,
};
use faas_core::store::{ExecutionQuery, MemoryStore, Store};
use faas_core::{Error, Platform};
use serde_json::json;

use crate::platform::World;

const SECOND: Duration = Duration::from_secs(1);

fn once() -> FunctionConfig {
    FunctionConfig {
        retry_count: 0,
        ..FunctionConfig::default()
    }
}

async fn execute(world: &World, function: &Function) -> ExecutionId {
    let accepted = world.platform.execute(function.id, json!({"n": 1})).await;
    accepted.unwrap().id
}

/// Executes a function and waits until it has ended.
async fn run(world: &World, function: &Function) -> Arc<Execution> {
    let id = execute(world, function).await;
    world.ended(id).await
}

async fn open(platform: &Platform) -> Vec<ExecutionId> {
    let query = DeadLetterQuery::default();
    let found = platform.dead_letters().list(&query).await.unwrap();
    found.iter().map(|one| one.id).collect()
}

fn state(execution: &Execution) -> Option<DeadLetterState> {
    let follow_up = execution.follow_up.as_ref()?;
    Some(follow_up.dead_letter.as_ref()?.state.clone())
}

const fn all() -> DeadLetterSelection {
    DeadLetterSelection::Open {
        function: None,
        group: None,
        limit: None,
    }
}

/// Starts a redrive and waits until it has ended, for as many seconds as that takes.
async fn redrive(world: &World, request: RedriveRequest) -> Redrive {
    let run = world.platform.dead_letters().redrive(request).unwrap();
    ended(world, run.id).await
}

async fn ended(world: &World, id: RedriveId) -> Redrive {
    for _ in 0..1_000 {
        let run = world.platform.dead_letters().get_redrive(id).unwrap();
        if run.status != RedriveStatus::Running {
            return run;
        }
        world.advance(SECOND / 50).await;
    }
    panic!("the redrive does not end");
}

#[tokio::test]
async fn an_asynchronous_execution_is_a_dead_letter_when_its_last_retry_has_failed() {
    let world = World::new(|_| {}).await;
    let config = FunctionConfig {
        retry_count: 1,
        ..FunctionConfig::default()
    };
    let twice = world.function("fail 2", config).await;
    let id = execute(&world, &twice).await;
    world.until(id, |one| one.retry_count == 1).await;
    assert_eq!(open(&world.platform).await, []);
    world.advance(2 * SECOND).await;
    let failed = world.ended(id).await;
    assert_eq!(state(&failed), Some(DeadLetterState::Open));
    assert_eq!(open(&world.platform).await, [id]);
    assert_eq!(world.platform.counters().dead_letters, 1);

    let completed = world.function("fail 1", FunctionConfig::default()).await;
    let id = execute(&world, &completed).await;
    world.until(id, |one| one.retry_count == 1).await;
    world.advance(2 * SECOND).await;
    assert_eq!(world.ended(id).await.status, Status::Completed);
    assert_eq!(open(&world.platform).await, [failed.id]);
}

#[tokio::test]
async fn a_failure_that_its_caller_is_told_is_no_dead_letter() {
    let world = World::new(|_| {}).await;
    let fail = world.function("fail 9", once()).await;
    let direct = world.platform.invoke(fail.id, json!({})).await.unwrap();
    assert_eq!((direct.status, state(&direct)), (Status::Failed, None));
    let options = CallOptions::default().idempotency_key("one");
    let waited = world
        .platform
        .invoke_with(fail.id, json!({}), options)
        .await;
    assert_eq!(waited.unwrap().status, Status::Failed);
    assert_eq!(open(&world.platform).await, []);
}

#[tokio::test]
async fn a_cancelled_execution_is_no_dead_letter() {
    let world = World::new(|_| {}).await;
    let wait = world.function("wait", once()).await;
    let id = execute(&world, &wait).await;
    let cancelled = world.platform.executions().cancel(id).await.unwrap();
    let kind = cancelled.failure.as_ref().unwrap().kind;
    assert_eq!((kind, state(&cancelled)), (FailureKind::Cancelled, None));
    assert_eq!(open(&world.platform).await, []);
}

#[tokio::test]
async fn dead_letters_are_grouped_by_function_and_error() {
    let world = World::new(|_| {}).await;
    let (one, other) = (
        world.function("fail 9", once()).await,
        world.function("fail 8", once()).await,
    );
    for function in [&one, &one, &other] {
        run(&world, function).await;
    }
    let groups = world.platform.dead_letters().groups(None).await.unwrap();
    let counts: Vec<_> = groups.groups.iter().map(|group| group.count).collect();
    assert_eq!(
        (counts, groups.counted, groups.more),
        (vec![2, 1], 3, false)
    );
    let largest = &groups.groups[0];
    assert_eq!(largest.newest.function_id, one.id);
    assert_eq!(
        largest.newest.failure.as_ref().unwrap().message,
        "failure 1"
    );
    assert!(largest.oldest < largest.newest.id);
    let query = DeadLetterQuery {
        group: Some(largest.group),
        ..DeadLetterQuery::default()
    };
    let listed = world.platform.dead_letters().list(&query).await.unwrap();
    assert_eq!(listed.len(), 2);
    let of_other = world.platform.dead_letters().groups(Some(other.id)).await;
    assert_eq!(of_other.unwrap().groups.len(), 1);
}

#[tokio::test]
async fn a_redriven_dead_letter_is_a_new_execution_that_names_it_and_is_not_open_any_more() {
    let world = World::new(|_| {}).await;
    let fail = world.function("fail 9", once()).await;
    let dead = run(&world, &fail).await;
    let update = FunctionUpdate::default().code("echo");
    world
        .platform
        .functions()
        .update(fail.id, update)
        .await
        .unwrap();
    let run = redrive(&world, RedriveRequest::new(all())).await;
    assert_eq!(run.status, RedriveStatus::Completed);
    assert_eq!((run.total, run.redriven, run.failed), (Some(1), 1, 0));
    let again = world.ended(run.latest.unwrap()).await;
    assert_eq!(
        (again.status, again.retry_of),
        (Status::Completed, Some(dead.id))
    );
    assert_eq!((&again.input, again.function_version), (&dead.input, 2));
    assert_eq!(open(&world.platform).await, []);
    let redriven = state(&*world.get(dead.id).await);
    assert!(matches!(redriven, Some(DeadLetterState::Redriven { by, .. }) if by == again.id));
}

#[tokio::test]
async fn a_redrive_can_run_the_version_that_failed() {
    let world = World::new(|_| {}).await;
    let fail = world.function("fail 9", once()).await;
    let dead = run(&world, &fail).await;
    let update = FunctionUpdate::default().code("echo");
    world
        .platform
        .functions()
        .update(fail.id, update)
        .await
        .unwrap();
    let mut request = RedriveRequest::new(DeadLetterSelection::Ids(vec![dead.id]));
    request.version = RedriveVersion::Original;
    let run = redrive(&world, request).await;
    let again = world.ended(run.latest.unwrap()).await;
    assert_eq!((again.status, again.function_version), (Status::Failed, 1));
    // It has failed again, and so is a dead letter itself.
    assert_eq!(open(&world.platform).await, [again.id]);
}

#[tokio::test]
async fn redriving_twice_runs_once() {
    let world = World::new(|_| {}).await;
    let fail = world.function("fail 9", once()).await;
    let dead = run(&world, &fail).await;
    let request = || RedriveRequest::new(DeadLetterSelection::Ids(vec![dead.id, dead.id]));
    let letters = world.platform.dead_letters();
    let runs = [letters.redrive(request()), letters.redrive(request())];
    let mut redriven = 0;
    for run in runs {
        let run = ended(&world, run.unwrap().id).await;
        redriven += run.redriven;
        assert_eq!(run.redriven + run.skipped, 2);
    }
    assert!(redriven >= 1);
    let listed = world.store.executions(&ExecutionQuery::default()).await;
    let listed = listed.unwrap();
    let repeats = listed.iter().filter(|one| one.retry_of == Some(dead.id));
    assert_eq!(repeats.count(), 1);
}

#[tokio::test]
async fn a_redrive_that_a_crash_interrupted_finds_its_execution_days_later() {
    let world = World::new(|_| {}).await;
    let fail = world.function("fail 9", once()).await;
    let dead = run(&world, &fail).await;
    // The state after a crash between the acceptance and the mark.
    let options = CallOptions::default().idempotency_key(format!("redrive:{}", dead.id));
    let first = world
        .platform
        .execute_with(fail.id, json!({"n": 1}), options)
        .await;
    world.advance(Duration::from_secs(3 * 24 * 3_600)).await;
    let request = RedriveRequest::new(DeadLetterSelection::Ids(vec![dead.id]));
    let run = redrive(&world, request).await;
    assert_eq!((run.redriven, run.latest), (1, Some(first.unwrap().id)));
}

#[tokio::test]
async fn a_redrive_keeps_its_rate_and_can_be_stopped() {
    let world = World::new(|_| {}).await;
    let fail = world.function("fail 9", once()).await;
    for _ in 0..10 {
        run(&world, &fail).await;
    }
    let mut request = RedriveRequest::new(all());
    request.rate = 1.0;
    let letters = world.platform.dead_letters();
    let run = letters.redrive(request).unwrap();
    world.settle().await;
    for done in 1..4 {
        let now = letters.get_redrive(run.id).unwrap();
        assert_eq!((now.redriven, now.total), (done, Some(10)));
        world.advance(SECOND).await;
    }
    letters.stop_redrive(run.id).unwrap();
    let stopped = ended(&world, run.id).await;
    assert_eq!(
        (stopped.status, stopped.redriven),
        (RedriveStatus::Stopped, 4)
    );
    // Six are left, and the four that were repeated have failed again.
    world.advance(SECOND).await;
    assert_eq!(open(&world.platform).await.len(), 10);
    assert_eq!(letters.redrives().len(), 1);
}

#[tokio::test]
async fn a_redrive_of_all_leaves_out_what_fails_while_it_runs() {
    let world = World::new(|_| {}).await;
    let fail = world.function("fail 9", once()).await;
    for _ in 0..5 {
        run(&world, &fail).await;
    }
    let run = redrive(&world, RedriveRequest::new(all())).await;
    assert_eq!((run.status, run.redriven), (RedriveStatus::Completed, 5));
}

#[tokio::test]
async fn what_cannot_be_redriven_stays_open_and_says_why() {
    let world = World::new(|_| {}).await;
    let fail = world.function("fail 9", once()).await;
    let dead = run(&world, &fail).await;
    world.platform.functions().delete(fail.id).await.unwrap();
    let run = redrive(&world, RedriveRequest::new(all())).await;
    assert_eq!((run.redriven, run.failed), (0, 1));
    assert_eq!(run.error.as_deref(), Some("function not found"));
    assert_eq!(open(&world.platform).await, [dead.id]);
}

#[tokio::test]
async fn no_more_than_ten_redrives_run_at_a_time() {
    let world = World::new(|_| {}).await;
    let fail = world.function("fail 9", once()).await;
    for _ in 0..2 {
        run(&world, &fail).await;
    }
    let mut slow = RedriveRequest::new(all());
    slow.rate = 0.1;
    let letters = world.platform.dead_letters();
    for _ in 0..10 {
        letters.redrive(slow.clone()).unwrap();
    }
    let refused = letters.redrive(slow.clone()).unwrap_err();
    assert!(matches!(
        refused,
        Error::Conflict(Conflict::TooManyRedrives(10))
    ));
    slow.rate = 0.0;
    assert!(matches!(letters.redrive(slow), Err(Error::Invalid(_))));
}

#[tokio::test]
async fn a_retry_by_hand_redrives_a_dead_letter() {
    let world = World::new(|_| {}).await;
    let fail = world.function("fail 9", once()).await;
    let dead = run(&world, &fail).await;
    let again = world.platform.executions().retry(dead.id).await.unwrap();
    world.ended(again.id).await;
    let redriven = state(&*world.get(dead.id).await);
    assert!(matches!(redriven, Some(DeadLetterState::Redriven { by, .. }) if by == again.id));
}

#[tokio::test]
async fn discarding_keeps_the_execution_and_who_discarded_it() {
    let world = World::new(|_| {}).await;
    let fail = world.function("fail 9", once()).await;
    let mut dead = Vec::new();
    for _ in 0..3 {
        dead.push(run(&world, &fail).await.id);
    }
    let letters = world.platform.dead_letters();
    let one = DeadLetterSelection::Ids(vec![dead[1], dead[1]]);
    let discarded = letters.discard(&one, Some("ci".into())).await.unwrap();
    assert_eq!((discarded.discarded, discarded.more), (1, false));
    let kept = state(&*world.get(dead[1]).await);
    assert!(matches!(kept, Some(DeadLetterState::Discarded { by: Some(by), .. }) if &*by == "ci"));
    assert_eq!(open(&world.platform).await, [dead[2], dead[0]]);
    let discarded = letters.discard(&all(), None).await.unwrap();
    assert_eq!(discarded.discarded, 2);
    // A redrive leaves them alone.
    let request = RedriveRequest::new(DeadLetterSelection::Ids(dead));
    let run = redrive(&world, request).await;
    assert_eq!((run.redriven, run.skipped), (0, 3));
    assert_eq!(
        world
            .platform
            .executions()
            .latest(&[fail.id])
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_dead_letter_is_there_after_a_restart_and_so_is_what_was_done_about_it() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let world = World::on(store.clone(), |_| {}).await;
    let fail = world.function("fail 9", once()).await;
    let (one, other) = (run(&world, &fail).await, run(&world, &fail).await);
    let letters = world.platform.dead_letters();
    let discard = DeadLetterSelection::Ids(vec![one.id]);
    letters.discard(&discard, None).await.unwrap();
    let mut slow = RedriveRequest::new(all());
    slow.rate = 0.1;
    let id = letters.redrive(slow).unwrap().id;
    world.platform.shutdown().await;
    let restarted = World::at(world.clock.clone(), store, |_| {}).await;
    let gone = restarted.platform.dead_letters().get_redrive(id);
    assert!(matches!(gone, Err(Error::NotFound(Resource::Redrive))));
    assert!(!open(&restarted.platform).await.contains(&one.id));
    let other = restarted.get(other.id).await;
    assert!(state(&other).is_some());
}
