//! Idempotency keys.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::fixtures::Fixtures;
use super::{Fixture, claim, settle, write};
use crate::model::{Execution, FunctionId, Queueing, Status};
use crate::store::{IDEMPOTENCY_WINDOW, Stage, Write, Written};

fn keyed(fixtures: &mut Fixtures, function: FunctionId, key: &str) -> Execution {
    Execution {
        idempotency_key: Some(key.into()),
        ..fixtures.pending(function)
    }
}

fn new(execution: &Execution) -> Write {
    Write::Insert(Arc::new(execution.clone()))
}

pub async fn a_key_gives_the_first_execution_within_24_hours_and_a_new_one_after(
    fixture: impl Fixture,
) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let first = keyed(&mut fixtures, function, "key");
    assert_eq!(write(&*store, new(&first)).await, Written::Done);
    let begin = fixtures.now;
    let find = async |since| store.find_idempotent(function, "key", since).await.unwrap();
    assert_eq!(find(begin).await, Some(first.id));
    let micro = std::time::Duration::from_micros(1);
    assert_eq!(find(begin + micro).await, None);

    fixtures.wait(IDEMPOTENCY_WINDOW);
    let second = keyed(&mut fixtures, function, "key");
    let duplicate = Written::Duplicate(first.id);
    assert_eq!(write(&*store, new(&second)).await, duplicate);
    assert_eq!(store.execution(second.id).await.unwrap(), None);
    assert_eq!(store.totals().await.unwrap().pending, 1);

    fixtures.wait(micro);
    let third = keyed(&mut fixtures, function, "key");
    assert_eq!(write(&*store, new(&third)).await, Written::Done);
    assert_eq!(find(begin).await, Some(third.id));
}

pub async fn idempotency_keys_of_two_functions_are_independent(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let (one, other) = (fixtures.id(), fixtures.id());
    let first = keyed(&mut fixtures, one, "key");
    let second = keyed(&mut fixtures, other, "key");
    let third = keyed(&mut fixtures, one, "KEY");
    for execution in [&first, &second, &third] {
        assert_eq!(write(&*store, new(execution)).await, Written::Done);
    }
    let begin = fixtures.now;
    let found = store.find_idempotent(other, "key", begin).await.unwrap();
    assert_eq!(found, Some(second.id));
    let found = store.find_idempotent(other, "KEY", begin).await.unwrap();
    assert_eq!(found, None);
    // Without a key there are no duplicates. An execution that ended at once keeps its key.
    for _ in 0..2 {
        let plain = fixtures.pending(one);
        assert_eq!(write(&*store, new(&plain)).await, Written::Done);
    }
    let ended = Execution {
        idempotency_key: Some("ended".into()),
        ..fixtures.ended(one)
    };
    assert_eq!(write(&*store, new(&ended)).await, Written::Done);
    let again = keyed(&mut fixtures, one, "ended");
    let duplicate = Written::Duplicate(ended.id);
    assert_eq!(write(&*store, new(&again)).await, duplicate);
}

pub async fn two_inserts_at_once_with_one_key_store_one_execution(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    for round in 0..20 {
        let key = format!("key {round}");
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            let (store, execution) = (store.clone(), keyed(&mut fixtures, function, &key));
            tasks.spawn(async move { (execution.id, write(&*store, new(&execution)).await) });
        }
        let outcomes = tasks.join_all().await;
        let mut done = outcomes.iter().filter(|(_, one)| *one == Written::Done);
        let winner = done.next().expect("one is stored").0;
        assert!(done.next().is_none(), "only one is stored");
        for (id, outcome) in outcomes {
            if id != winner {
                assert_eq!(outcome, Written::Duplicate(winner));
                assert_eq!(store.execution(id).await.unwrap(), None);
            }
        }
    }
    assert_eq!(store.totals().await.unwrap().pending, 20);
}

pub async fn a_key_used_twice_in_one_group_is_found(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let first = keyed(&mut fixtures, function, "key");
    let second = keyed(&mut fixtures, function, "key");
    let written = store.commit(&[new(&first), new(&second)]).await.unwrap();
    assert_eq!(written, [Written::Done, Written::Duplicate(first.id)]);
}

pub async fn of_the_executions_with_one_singleton_key_one_has_not_ended(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let (one, other) = (fixtures.id(), fixtures.id());
    let mut single = |function| Execution {
        queueing: Queueing::default().singleton_key("key"),
        ..fixtures.pending(function)
    };
    let (first, second, third) = (single(one), single(one), single(one));
    let elsewhere = single(other);
    let group = [new(&first), new(&second), new(&elsewhere)];
    let written = store.commit(&group).await.unwrap();
    let duplicate = Written::Duplicate(first.id);
    let expected = [Written::Done, duplicate, Written::Done];
    assert_eq!(written, expected);
    assert_eq!(store.execution(second.id).await.unwrap(), None);
    // A group that is tried again is no second execution.
    assert_eq!(write(&*store, new(&first)).await, Written::Done);

    // It has the key while it runs, while it waits for a retry, and until it has ended.
    assert_eq!(write(&*store, claim(first.id, 1)).await, Written::Done);
    assert_eq!(write(&*store, new(&second)).await, duplicate);
    let mut execution = first;
    execution.claim().unwrap();
    execution.release().unwrap();
    assert_eq!(settle(&*store, &execution, 1).await, Written::Done);
    assert_eq!(write(&*store, new(&second)).await, duplicate);
    assert_eq!(write(&*store, claim(execution.id, 2)).await, Written::Done);
    let from = Stage {
        status: Status::Running,
        attempt: 2,
    };
    execution.claim().unwrap();
    fixtures.end(&mut execution);
    let execution = Arc::new(execution);
    let group = [Write::Settle { execution, from }, new(&third)];
    let written = store.commit(&group).await.unwrap();
    assert_eq!(written, [Written::Done, Written::Done]);
    let duplicate = Written::Duplicate(third.id);
    assert_eq!(write(&*store, new(&second)).await, duplicate);
}
