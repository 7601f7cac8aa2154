//! What follows executions: dead letters and deliveries.

use std::collections::HashSet;
use std::time::Duration;

use super::fixtures::Fixtures;
use super::{Fixture, claim, insert, settle, write};
use crate::model::{
    Condition, DeadLetterGroup, DeadLetterState, Delivery, Destinations, Execution, ExecutionId,
    Failure, FailureKind, FollowUp, FunctionId, Target,
};
use crate::store::{ExecutionQuery, FollowUpFilter, Store, Write, Written};

/// An asynchronous execution that has failed with this message, of a function with two destinations.
fn failed(fixtures: &mut Fixtures, function: FunctionId, message: &str) -> Execution {
    let destinations = Destinations {
        on_success: vec![Target::Function("never".into())],
        on_failure: vec![Target::Function("report".into())],
        on_end: Vec::new(),
    };
    let mut execution = fixtures.pending(function);
    execution.follow_up = Some(Box::new(FollowUp::new(0, Some(&destinations))));
    let failure = Failure::new(FailureKind::UserError, message);
    execution.fail(failure, fixtures.now).unwrap();
    fixtures.wait(Duration::from_millis(5));
    execution
}

fn group(execution: &Execution) -> DeadLetterGroup {
    execution.follow_up.as_ref().unwrap().open_group().unwrap()
}

/// Reads all pages of a list, three at a time.
async fn ids(
    store: &dyn Store,
    function: Option<FunctionId>,
    follow_up: FollowUpFilter,
) -> Vec<ExecutionId> {
    let mut query = ExecutionQuery {
        function,
        follow_up,
        limit: 3,
        ..ExecutionQuery::default()
    };
    let mut all: Vec<ExecutionId> = Vec::new();
    loop {
        let page = store.executions(&query).await.unwrap();
        all.extend(page.iter().map(|one| one.id));
        query.before = all.last().copied();
        if page.len() < query.limit {
            return all;
        }
    }
}

fn newest_first<'a>(executions: impl Iterator<Item = &'a Execution>) -> Vec<ExecutionId> {
    let mut ids: Vec<_> = executions.map(|one| one.id).collect();
    ids.reverse();
    ids
}

/// Changes what follows an execution, as it is stored now.
async fn change(store: &dyn Store, id: ExecutionId, change: impl FnOnce(&mut FollowUp)) -> Written {
    let execution = store.execution(id).await.unwrap().unwrap();
    let mut follow_up = Box::new(execution.follow_up.unwrap().next());
    change(&mut follow_up);
    let function = execution.function_id;
    let write_of = Write::FollowUp {
        id,
        function,
        follow_up,
    };
    write(store, write_of).await
}

fn discard(follow_up: &mut FollowUp) {
    if let Some(letter) = &mut follow_up.dead_letter {
        letter.state = DeadLetterState::Discarded {
            by: None,
            at: super::START,
        };
    }
}

fn deliver(follow_up: &mut FollowUp) {
    for delivery in &mut follow_up.deliveries {
        if delivery.due().is_some() {
            delivery.succeed(super::START, None, "accepted");
        }
    }
}

pub async fn open_dead_letters_are_listed_by_function_and_group_page_by_page(
    fixture: impl Fixture,
) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let (one, other) = (fixtures.id(), fixtures.id());
    let mut all = Vec::new();
    for n in 0..20 {
        let function = if n % 3 == 0 { other } else { one };
        let message = if n % 2 == 0 { "is even" } else { "is odd" };
        all.push(failed(&mut fixtures, function, message));
        // Somebody waits for these.
        let waited = fixtures.ended(one);
        insert(&*store, &[waited]).await;
    }
    insert(&*store, &all).await;
    let filter = FollowUpFilter::DeadLetter;
    assert_eq!(ids(&*store, None, filter).await, newest_first(all.iter()));
    let of_other = || all.iter().filter(|one| one.function_id == other);
    assert_eq!(
        ids(&*store, Some(other), filter).await,
        newest_first(of_other())
    );
    let groups: HashSet<_> = all.iter().map(group).collect();
    assert_eq!(groups.len(), 4);
    for wanted in groups {
        let expected = newest_first(all.iter().filter(|one| group(one) == wanted));
        let filter = FollowUpFilter::DeadLetterGroup(wanted);
        assert_eq!(ids(&*store, None, filter).await, expected);
    }
    let found = store.open_dead_letters(None, 7).await.unwrap();
    let expected: Vec<_> = all
        .iter()
        .rev()
        .take(7)
        .map(|one| (one.id, group(one)))
        .collect();
    assert_eq!(found, expected);
    let found = store.open_dead_letters(Some(other), 100).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|(id, _)| id).collect();
    assert_eq!(found, newest_first(of_other()));
    let unknown = fixtures.id();
    assert_eq!(store.open_dead_letters(Some(unknown), 9).await.unwrap(), []);
}

pub async fn a_dead_letter_that_is_dealt_with_is_not_listed(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let all: Vec<_> = (0..3)
        .map(|_| failed(&mut fixtures, function, "no"))
        .collect();
    insert(&*store, &all).await;
    assert_eq!(change(&*store, all[1].id, discard).await, Written::Done);
    let left = vec![all[2].id, all[0].id];
    let filters = [
        FollowUpFilter::DeadLetter,
        FollowUpFilter::DeadLetterGroup(group(&all[0])),
    ];
    for filter in filters {
        assert_eq!(ids(&*store, Some(function), filter).await, left);
    }
    let open = store.open_dead_letters(None, 9).await.unwrap();
    assert_eq!(open.len(), 2);
    let stored = store.execution(all[1].id).await.unwrap().unwrap();
    let letter = stored.follow_up.unwrap().dead_letter.unwrap();
    assert_eq!(letter.group, group(&all[1]));
    assert!(matches!(letter.state, DeadLetterState::Discarded { .. }));
}

pub async fn one_of_two_changes_to_the_same_revision_is_made(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let dead = failed(&mut fixtures, function, "no");
    insert(&*store, std::slice::from_ref(&dead)).await;
    let changed = |change: fn(&mut FollowUp)| {
        let mut follow_up = Box::new(dead.follow_up.as_ref().unwrap().next());
        change(&mut follow_up);
        Write::FollowUp {
            id: dead.id,
            function,
            follow_up,
        }
    };
    let (first, second) = (changed(discard), changed(deliver));
    assert_eq!(write(&*store, first).await, Written::Done);
    assert_eq!(write(&*store, second).await, Written::Stale);
    let stored = store.execution(dead.id).await.unwrap().unwrap();
    let follow_up = stored.follow_up.unwrap();
    assert_eq!((follow_up.revision, follow_up.open_group()), (1, None));
    assert!(follow_up.delivery_due().is_some());
    // What was refused can be made to what the store has now.
    assert_eq!(change(&*store, dead.id, deliver).await, Written::Done);
}

pub async fn what_follows_an_execution_changes_only_after_its_end(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let mut pending = fixtures.pending(function);
    pending.follow_up = Some(Box::default());
    insert(&*store, std::slice::from_ref(&pending)).await;
    assert_eq!(change(&*store, pending.id, discard).await, Written::Stale);
    write(&*store, claim(pending.id, 1)).await;
    assert_eq!(change(&*store, pending.id, discard).await, Written::Stale);
    pending.claim().unwrap();
    let failure = Failure::new(FailureKind::Timeout, "too slow");
    pending.fail(failure, fixtures.now).unwrap();
    assert_eq!(settle(&*store, &pending, 1).await, Written::Done);
    let open = store.open_dead_letters(Some(function), 9).await.unwrap();
    assert_eq!(open, [(pending.id, group(&pending))]);
    assert_eq!(change(&*store, pending.id, discard).await, Written::Done);
    // Nothing follows an execution that somebody waits for.
    let waited = fixtures.ended(function);
    insert(&*store, std::slice::from_ref(&waited)).await;
    let unwanted = Write::FollowUp {
        id: waited.id,
        function,
        follow_up: Box::new(FollowUp::default().next()),
    };
    assert_eq!(write(&*store, unwanted).await, Written::Stale);
}

pub async fn deliveries_are_found_in_the_order_in_which_they_are_due(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let all: Vec<_> = (0..5)
        .map(|_| failed(&mut fixtures, function, "no"))
        .collect();
    insert(&*store, &all).await;
    let due = |execution: &Execution| {
        let due = execution
            .follow_up
            .as_ref()
            .unwrap()
            .delivery_due()
            .unwrap();
        (due, execution.id)
    };
    let expected: Vec<_> = all.iter().map(due).collect();
    assert_eq!(store.next_deliveries(9).await.unwrap(), expected);
    assert_eq!(store.next_deliveries(2).await.unwrap(), expected[..2]);
    let later = fixtures.now + Duration::from_secs(60);
    let postpone = |follow_up: &mut FollowUp| {
        let wanted = |one: &&mut Delivery| one.due().is_some();
        let delivery = follow_up.deliveries.iter_mut().find(wanted).unwrap();
        delivery.retry(later, super::START, Some(503), "status 503");
    };
    change(&*store, all[0].id, postpone).await;
    change(&*store, all[1].id, deliver).await;
    let mut left = expected[2..].to_vec();
    left.push((later, all[0].id));
    assert_eq!(store.next_deliveries(9).await.unwrap(), left);
}

pub async fn deliveries_are_listed_by_function_and_failure(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let (one, other) = (fixtures.id(), fixtures.id());
    let mut all = Vec::new();
    for n in 0..12 {
        let function = if n % 3 == 0 { other } else { one };
        all.push(failed(&mut fixtures, function, "no"));
    }
    // This one has no destination.
    let mut without = failed(&mut fixtures, one, "no");
    without.follow_up.as_mut().unwrap().deliveries.clear();
    insert(&*store, &all).await;
    insert(&*store, &[without]).await;
    let of_one: Vec<_> = all.iter().filter(|two| two.function_id == one).collect();
    let fail = |follow_up: &mut FollowUp| {
        let mut delivery = Delivery::new(Condition::End, Target::Function("f".into()));
        delivery.fail(super::START, None, "no function is named \"f\"");
        follow_up.deliveries.push(delivery);
    };
    for execution in &of_one[2..6] {
        change(&*store, execution.id, fail).await;
    }
    let filter = FollowUpFilter::Deliveries(one);
    let expected = newest_first(of_one.iter().copied());
    assert_eq!(ids(&*store, None, filter).await, expected);
    let filter = FollowUpFilter::FailedDeliveries(one);
    let expected = newest_first(of_one[2..6].iter().copied());
    assert_eq!(ids(&*store, None, filter).await, expected);
    let unknown = FollowUpFilter::Deliveries(fixtures.id());
    assert_eq!(ids(&*store, None, unknown).await, []);
}

pub async fn what_follows_expires_with_its_execution(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let all: Vec<_> = (0..3)
        .map(|_| failed(&mut fixtures, function, "no"))
        .collect();
    insert(&*store, &all).await;
    assert_eq!(store.expire(fixtures.now, 2).await.unwrap(), 2);
    let open = store.open_dead_letters(None, 9).await.unwrap();
    assert_eq!(open, [(all[2].id, group(&all[2]))]);
    let next = store.next_deliveries(9).await.unwrap();
    assert_eq!(next.len(), 1);
    assert_eq!(
        ids(&*store, None, FollowUpFilter::Deliveries(function)).await,
        [all[2].id]
    );
}
