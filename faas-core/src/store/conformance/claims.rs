//! Commits: claims, settlements, and concurrent writes.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::fixtures::Fixtures;
use super::{Fixture, claim, insert, settle, settle_from, write};
use crate::model::{Execution, ExecutionId, Failure, FailureKind, Status};
use crate::store::{
    Granularity, Period, Stage, Store, Totals, UsageGroup, UsageQuery, Write, Written,
};

const RUNNING: Stage = Stage {
    status: Status::Running,
    attempt: 1,
};

/// Inserts an execution and claims it. Returns the running execution.
async fn running(store: &dyn Store, fixtures: &mut Fixtures) -> Execution {
    let function = fixtures.id();
    let mut execution = fixtures.pending(function);
    insert(store, std::slice::from_ref(&execution)).await;
    assert_eq!(write(store, claim(execution.id, 1)).await, Written::Done);
    execution.claim().unwrap();
    execution
}

async fn stored(store: &dyn Store, id: ExecutionId) -> Execution {
    store.execution(id).await.unwrap().expect("it was stored")
}

pub async fn a_group_is_carried_out_in_order_with_one_outcome_each(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let pending = fixtures.pending(function);
    let mut ended = pending.clone();
    ended.claim().unwrap();
    fixtures.end(&mut ended);
    let settle = Write::Settle {
        execution: Arc::new(ended.clone()),
        from: RUNNING,
    };
    let group = [
        claim(pending.id, 1),
        Write::Insert(Arc::new(pending.clone())),
        claim(pending.id, 1),
        claim(pending.id, 1),
        settle.clone(),
        settle,
        Write::Scaling(fixtures.scaling_event(None)),
    ];
    use Written::{Done, Stale};
    assert_eq!(
        store.commit(&group).await.unwrap(),
        [Stale, Done, Done, Stale, Done, Stale, Done]
    );
    assert_eq!(stored(&*store, pending.id).await, ended);
    assert_eq!(store.commit(&[]).await.unwrap(), []);
}

pub async fn an_execution_is_pending_then_running_then_ended(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let mut execution = fixtures.pending(function);
    execution.due_at = Some(fixtures.now);
    insert(&*store, std::slice::from_ref(&execution)).await;
    assert_eq!(stored(&*store, execution.id).await, execution);

    assert_eq!(write(&*store, claim(execution.id, 1)).await, Written::Done);
    execution.claim().unwrap();
    assert_eq!(stored(&*store, execution.id).await, execution);

    fixtures.end(&mut execution);
    assert_eq!(settle(&*store, &execution, 1).await, Written::Done);
    assert_eq!(stored(&*store, execution.id).await, execution);
}

pub async fn a_claim_needs_a_pending_execution_and_the_next_attempt_number(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let execution = fixtures.pending(function);
    insert(&*store, std::slice::from_ref(&execution)).await;
    for wrong in [0, 2, u32::MAX] {
        assert_eq!(
            write(&*store, claim(execution.id, wrong)).await,
            Written::Stale
        );
    }
    assert_eq!(stored(&*store, execution.id).await, execution);
    assert_eq!(write(&*store, claim(execution.id, 1)).await, Written::Done);
    for again in [1, 2] {
        assert_eq!(
            write(&*store, claim(execution.id, again)).await,
            Written::Stale
        );
    }
    let unknown = fixtures.pending(function).id;
    assert_eq!(write(&*store, claim(unknown, 1)).await, Written::Stale);
}

pub async fn a_settlement_needs_the_attempt_that_was_claimed(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let running = running(&*store, &mut fixtures).await;
    let mut ended = running.clone();
    fixtures.end(&mut ended);
    for wrong in [0, 2] {
        assert_eq!(settle(&*store, &ended, wrong).await, Written::Stale);
    }
    assert_eq!(stored(&*store, running.id).await, running);
    let unknown = fixtures.ended(running.function_id);
    assert_eq!(settle(&*store, &unknown, 1).await, Written::Stale);
    assert_eq!(store.execution(unknown.id).await.unwrap(), None);
    assert_eq!(settle(&*store, &ended, 1).await, Written::Done);
}

pub async fn an_attempt_cannot_settle_an_execution_that_is_pending_again(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let running = running(&*store, &mut fixtures).await;
    // The attempt was given up.
    let mut again = running.clone();
    again.release().unwrap();
    assert_eq!(settle(&*store, &again, 1).await, Written::Done);
    let mut ended = running.clone();
    fixtures.end(&mut ended);
    assert_eq!(settle(&*store, &ended, 1).await, Written::Stale);
    assert_eq!(stored(&*store, running.id).await, again);
    let totals = store.totals().await.unwrap();
    assert_eq!((totals.pending, totals.running), (1, 0));
}

pub async fn an_ended_execution_is_never_written_again(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let mut ended = running(&*store, &mut fixtures).await;
    fixtures.end(&mut ended);
    assert_eq!(settle(&*store, &ended, 1).await, Written::Done);
    let at_once = fixtures.ended(ended.function_id);
    insert(&*store, std::slice::from_ref(&at_once)).await;
    for execution in [ended, at_once] {
        let mut other = execution.clone();
        other.status = Status::Failed;
        assert_eq!(settle(&*store, &other, 1).await, Written::Stale);
        for attempt in 0..4 {
            let claimed = write(&*store, claim(execution.id, attempt)).await;
            assert_eq!(claimed, Written::Stale);
        }
        assert_eq!(stored(&*store, execution.id).await, execution);
    }
}

pub async fn a_retry_is_pending_until_its_next_claim(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let mut execution = running(&*store, &mut fixtures).await;
    execution.end_attempt(fixtures.attempt(true)).unwrap();
    execution
        .retry(fixtures.now + Duration::from_secs(2))
        .unwrap();
    assert_eq!(settle(&*store, &execution, 1).await, Written::Done);
    assert_eq!(stored(&*store, execution.id).await, execution);
    assert_eq!(
        store.unfinished(None, 9).await.unwrap().items,
        [execution.clone()]
    );

    assert_eq!(write(&*store, claim(execution.id, 1)).await, Written::Stale);
    assert_eq!(write(&*store, claim(execution.id, 2)).await, Written::Done);
    execution.claim().unwrap();
    assert_eq!(stored(&*store, execution.id).await, execution);
    // The settlement of the first attempt comes too late.
    assert_eq!(settle(&*store, &execution, 1).await, Written::Stale);
    fixtures.end(&mut execution);
    assert_eq!(settle(&*store, &execution, 2).await, Written::Done);
    assert_eq!(stored(&*store, execution.id).await, execution);
}

pub async fn a_pending_execution_can_be_cancelled(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let mut execution = fixtures.pending(function);
    insert(&*store, std::slice::from_ref(&execution)).await;
    let cancelled = Failure::new(FailureKind::Cancelled, "cancelled");
    let from = Stage::of(&execution);
    execution.fail(cancelled, fixtures.now).unwrap();
    assert_eq!(settle_from(&*store, &execution, from).await, Written::Done);
    assert_eq!(write(&*store, claim(execution.id, 1)).await, Written::Stale);
    assert_eq!(stored(&*store, execution.id).await, execution);
}

/// Commits `writes` concurrently, each in its own group. Returns how many succeeded.
async fn race(store: &Arc<dyn Store>, writes: Vec<Write>) -> usize {
    let mut tasks = JoinSet::new();
    for one in writes {
        let store = Arc::clone(store);
        tasks.spawn(async move { write(&*store, one).await });
    }
    let outcomes = tasks.join_all().await;
    outcomes.iter().filter(|one| **one == Written::Done).count()
}

pub async fn exactly_one_of_many_concurrent_claims_succeeds(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    for _ in 0..20 {
        let execution = fixtures.pending(function);
        insert(&*store, std::slice::from_ref(&execution)).await;
        let claims = vec![claim(execution.id, 1); 16];
        assert_eq!(race(&store, claims).await, 1);
    }
    assert_eq!(store.totals().await.unwrap().running, 20);
}

pub async fn exactly_one_of_many_concurrent_settlements_counts(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let running = running(&*store, &mut fixtures).await;
    let settlements = (0..16).map(|_| {
        let mut ended = running.clone();
        fixtures.end(&mut ended);
        Write::Settle {
            execution: Arc::new(ended),
            from: RUNNING,
        }
    });
    let settlements = settlements.collect();
    assert_eq!(race(&store, settlements).await, 1);
    let totals = store.totals().await.unwrap();
    assert_eq!(totals.completed + totals.failed, 1);
}

pub async fn the_same_group_tried_again_counts_once(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let mut pending = fixtures.pending(function);
    pending.idempotency_key = Some("key".into());
    let executions = [fixtures.ended(function), pending];
    insert(&*store, &executions).await;
    insert(&*store, &executions).await;
    let totals = store.totals().await.unwrap();
    assert_eq!(totals.pending, 1);
    assert_eq!(totals.completed + totals.failed, 1);
    let query = UsageQuery {
        period: Period::ALL,
        function: None,
        group: UsageGroup::Time(Granularity::Month),
    };
    let usage = store.usage(&query).await.unwrap();
    assert_eq!(usage[0].sums.executions, 1);
}

pub async fn totals_follow_every_step(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let totals = async || store.totals().await.unwrap();
    assert_eq!(totals().await, Totals::default());
    let mut execution = running(&*store, &mut fixtures).await;
    let one = Totals {
        running: 1,
        ..Totals::default()
    };
    assert_eq!(totals().await, one);
    execution.end_attempt(fixtures.attempt(true)).unwrap();
    let mut again = execution.clone();
    again.retry(fixtures.now).unwrap();
    settle(&*store, &again, 1).await;
    let one = Totals {
        pending: 1,
        ..Totals::default()
    };
    assert_eq!(totals().await, one);
    let cancelled = Failure::new(FailureKind::Cancelled, "cancelled");
    let from = Stage::of(&again);
    again.fail(cancelled, fixtures.now).unwrap();
    settle_from(&*store, &again, from).await;
    let one = Totals {
        failed: 1,
        ..Totals::default()
    };
    assert_eq!(totals().await, one);
    let mut completed = fixtures.ended(execution.function_id);
    completed.status = Status::Completed;
    insert(&*store, &[completed]).await;
    let two = Totals {
        completed: 1,
        ..one
    };
    assert_eq!(totals().await, two);
}
