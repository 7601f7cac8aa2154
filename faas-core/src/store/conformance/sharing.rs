//! Stores that several platforms use at the same time.

use std::time::Duration;

use super::fixtures::{Fixtures, START};
use super::{Fixture, claim, insert, settle, write};
use crate::model::{Execution, ExecutionId, Status, Timestamp};
use crate::store::{
    Lease, Overdue, OverdueQuery, Owner, Renewed, SharedStore, Stage, Store, Write, Written,
};

const SECOND: Duration = Duration::from_secs(1);

fn shared(store: &dyn Store) -> &dyn SharedStore {
    store.as_shared().expect("the store is shared")
}

fn lease(owner: &str, until: Timestamp) -> Lease {
    let owner = Owner::new(owner);
    Lease { owner, until }
}

/// Inserts an execution and claims it for `ours` until `until`. Returns the running execution.
async fn running(store: &dyn Store, fixtures: &mut Fixtures, until: Timestamp) -> Execution {
    let function = fixtures.id();
    let mut execution = fixtures.pending(function);
    insert(store, std::slice::from_ref(&execution)).await;
    let claim = Write::Claim {
        id: execution.id,
        attempt: 1,
        lease: lease("ours", until),
    };
    assert_eq!(write(store, claim).await, Written::Done);
    execution.claim().unwrap();
    execution
}

async fn overdue(store: &dyn Store, status: Status, before: Timestamp) -> Vec<Overdue> {
    let query = OverdueQuery {
        status,
        before,
        from: Timestamp::MIN,
        except: Vec::new(),
        limit: 100,
    };
    shared(store).overdue(&query).await.unwrap()
}

fn nobody_asked(execution: &Execution) -> Overdue {
    Overdue {
        id: execution.id,
        stage: Stage::of(execution),
        cancel_requested: false,
    }
}

pub async fn a_pending_execution_is_overdue_once_it_is_due(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let mut at_once = fixtures.pending(function);
    let mut later = fixtures.pending(function);
    later.due_at = Some(START + 9 * SECOND);
    let all = [at_once.clone(), later.clone(), fixtures.ended(function)];
    insert(&*store, &all).await;
    let due = async |before: Timestamp| overdue(&*store, Status::Pending, before).await;
    assert_eq!(due(START).await, []);
    let first = nobody_asked(&at_once);
    for before in [START + SECOND, START + 9 * SECOND] {
        assert_eq!(due(before).await, std::slice::from_ref(&first));
    }
    let second = nobody_asked(&later);
    assert_eq!(due(START + 10 * SECOND).await, [first, second]);

    // An execution that is retried is overdue once its retry is due.
    assert_eq!(write(&*store, claim(at_once.id, 1)).await, Written::Done);
    at_once.claim().unwrap();
    at_once.end_attempt(fixtures.attempt(true)).unwrap();
    at_once.retry(START + 20 * SECOND).unwrap();
    assert_eq!(settle(&*store, &at_once, 1).await, Written::Done);
    assert_eq!(
        due(START + 20 * SECOND).await,
        std::slice::from_ref(&second)
    );
    let first = nobody_asked(&at_once);
    assert_eq!(due(START + 21 * SECOND).await, [second, first]);
}

pub async fn a_running_execution_is_overdue_once_its_lease_has_ended(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let until = START + 30 * SECOND;
    let mut execution = running(&*store, &mut fixtures, until).await;
    let ended = async |before: Timestamp| overdue(&*store, Status::Running, before).await;
    assert_eq!(ended(until).await, []);
    let one = nobody_asked(&execution);
    assert_eq!(ended(until + SECOND).await, [one]);
    fixtures.end(&mut execution);
    assert_eq!(settle(&*store, &execution, 1).await, Written::Done);
    assert_eq!(ended(until + SECOND).await, []);
}

pub async fn executions_due_or_leased_far_in_the_future_are_found(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let mut near = fixtures.pending(function);
    near.due_at = Some(START + 9 * SECOND);
    let mut far = fixtures.pending(function);
    far.due_at = Some(START + 99 * SECOND);
    insert(&*store, &[near, far.clone()]).await;
    running(&*store, &mut fixtures, START + 9 * SECOND).await;
    let leased = running(&*store, &mut fixtures, START + 99 * SECOND).await;
    for (status, expected) in [(Status::Pending, &far), (Status::Running, &leased)] {
        let query = OverdueQuery {
            status,
            before: Timestamp::MAX,
            from: START + 99 * SECOND,
            except: Vec::new(),
            limit: 9,
        };
        let found = shared(&*store).overdue(&query).await.unwrap();
        assert_eq!(found, [nobody_asked(expected)]);
    }
}

pub async fn overdue_executions_are_listed_longest_wait_first_up_to_the_limit(
    fixture: impl Fixture,
) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let mut expected = Vec::new();
    for wait in [40, 10, 30, 20_u32] {
        let mut execution = fixtures.pending(function);
        execution.due_at = Some(START + wait * SECOND);
        insert(&*store, std::slice::from_ref(&execution)).await;
        expected.push((wait, execution.id));
    }
    running(&*store, &mut fixtures, START + 15 * SECOND).await;
    expected.sort_unstable();
    let found = async |except| {
        let query = OverdueQuery {
            status: Status::Pending,
            before: START + 99 * SECOND,
            from: Timestamp::MIN,
            except,
            limit: 3,
        };
        let found = shared(&*store).overdue(&query).await.unwrap();
        found.iter().map(|one| one.id).collect::<Vec<ExecutionId>>()
    };
    let first: Vec<ExecutionId> = expected[..3].iter().map(|(_, id)| *id).collect();
    assert_eq!(found(Vec::new()).await, first);

    // Executions of excluded functions do not count towards the limit.
    let (another, unknown) = (fixtures.id(), fixtures.id());
    let other = fixtures.pending(another);
    insert(&*store, std::slice::from_ref(&other)).await;
    assert_eq!(found(vec![function, unknown]).await, [other.id]);
}

pub async fn a_lease_is_renewed_for_its_owner_and_its_attempt_only(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let until = START + 30 * SECOND;
    let mut held = running(&*store, &mut fixtures, until).await;
    let other = running(&*store, &mut fixtures, until).await;
    let unknown = fixtures.pending(held.function_id).id;
    let later = START + 60 * SECOND;
    let renew = async |owner: &str, attempts: &[(ExecutionId, u32)]| {
        let lease = lease(owner, later);
        shared(&*store).renew(attempts, &lease).await.unwrap()
    };
    use Renewed::{Held, Lost};
    assert_eq!(renew("theirs", &[(held.id, 1)]).await, [Lost]);
    let attempts = [(unknown, 1), (held.id, 2), (held.id, 1), (held.id, 0)];
    assert_eq!(renew("ours", &attempts).await, [Lost, Lost, Held, Lost]);
    assert_eq!(renew("ours", &[]).await, []);
    let ended = overdue(&*store, Status::Running, until + SECOND).await;
    assert_eq!(ended, [nobody_asked(&other)]);
    let ended = overdue(&*store, Status::Running, later + SECOND).await;
    assert_eq!(ended.len(), 2);

    fixtures.end(&mut held);
    assert_eq!(settle(&*store, &held, 1).await, Written::Done);
    assert_eq!(renew("ours", &[(held.id, 1)]).await, [Lost]);
}

pub async fn a_cancel_request_reaches_the_holder_of_the_lease_and_its_successor(
    fixture: impl Fixture,
) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let until = START + 30 * SECOND;
    let mut held = running(&*store, &mut fixtures, until).await;
    let pending = fixtures.pending(held.function_id);
    insert(&*store, std::slice::from_ref(&pending)).await;
    let request = async |id| shared(&*store).request_cancel(id).await.unwrap();
    assert!(!request(pending.id).await);
    assert!(!request(fixtures.pending(held.function_id).id).await);
    assert!(request(held.id).await);
    assert!(request(held.id).await);
    let ours = lease("ours", until);
    let renewed = shared(&*store).renew(&[(held.id, 1)], &ours).await.unwrap();
    assert_eq!(renewed, [Renewed::CancelRequested]);
    let found = overdue(&*store, Status::Running, until + SECOND).await;
    let asked = Overdue {
        cancel_requested: true,
        ..nobody_asked(&held)
    };
    assert_eq!(found, [asked]);

    // The request was for that attempt.
    held.end_attempt(fixtures.attempt(true)).unwrap();
    held.retry(START + SECOND).unwrap();
    assert_eq!(settle(&*store, &held, 1).await, Written::Done);
    assert!(!request(held.id).await);
    let found = overdue(&*store, Status::Pending, START + 2 * SECOND).await;
    assert!(found.contains(&nobody_asked(&held)), "{found:?}");
}

pub async fn the_last_change_of_a_function_is_known(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let mut function = fixtures.function("add");
    let changed = async |id| shared(&*store).function_updated_at(id).await.unwrap();
    assert_eq!(changed(function.id).await, None);
    store.insert_function(&function).await.unwrap();
    assert_eq!(changed(function.id).await, Some(START));
    let before = function.updated_at;
    function.updated_at = START + SECOND;
    store.update_function(&function, before).await.unwrap();
    assert_eq!(changed(function.id).await, Some(START + SECOND));
    store
        .delete_function(function.id, START + 2 * SECOND)
        .await
        .unwrap();
    assert_eq!(changed(function.id).await, None);
}
