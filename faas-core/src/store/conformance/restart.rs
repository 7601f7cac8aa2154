//! Records that survive closing and opening the store.

use std::time::Duration;

use super::fixtures::{Fixtures, START};
use super::{Fixture, claim, insert, write};
use crate::error::StoreError;
use crate::store::{ExecutionQuery, FunctionQuery, Period, UsageGroup, UsageQuery, Write, Written};

pub async fn everything_is_there_after_a_restart(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.function("add");
    let gone = fixtures.function("gone");
    for one in [&function, &gone] {
        store.insert_function(one).await.unwrap();
    }
    store.delete_function(gone.id, fixtures.now).await.unwrap();
    let all: Vec<_> = (0..50).map(|_| fixtures.any(function.id)).collect();
    insert(&*store, &all).await;
    let claimed = fixtures.pending(function.id);
    insert(&*store, std::slice::from_ref(&claimed)).await;
    let claim = claim(claimed.id, 1);
    write(&*store, claim.clone()).await;
    let event = fixtures.scaling_event(Some(function.id));
    write(&*store, Write::Scaling(event.clone())).await;
    let usage = UsageQuery {
        period: Period {
            from: START,
            to: fixtures.now + Duration::from_secs(1),
        },
        function: None,
        group: UsageGroup::Function,
    };
    let list = ExecutionQuery {
        limit: usize::MAX,
        ..ExecutionQuery::default()
    };
    let before = (
        store.functions(&FunctionQuery::default()).await.unwrap(),
        store.labels(&[function.id, gone.id]).await.unwrap(),
        store.executions(&list).await.unwrap(),
        store.unfinished(None, 1_000).await.unwrap(),
        store.totals().await.unwrap(),
        store.usage(&usage).await.unwrap(),
        store.code_byte_micros(usage.period, None).await.unwrap(),
        store.newest_execution().await.unwrap(),
    );
    drop(store);
    let Some(fixture) = fixture.reopen().await else {
        return;
    };
    let store = fixture.store();
    let after = (
        store.functions(&FunctionQuery::default()).await.unwrap(),
        store.labels(&[function.id, gone.id]).await.unwrap(),
        store.executions(&list).await.unwrap(),
        store.unfinished(None, 1_000).await.unwrap(),
        store.totals().await.unwrap(),
        store.usage(&usage).await.unwrap(),
        store.code_byte_micros(usage.period, None).await.unwrap(),
        store.newest_execution().await.unwrap(),
    );
    assert_eq!(before, after);
    assert_eq!(store.scaling_events(START, 9).await.unwrap(), [event]);
    // Guards work after the restart, and names are still taken.
    assert_eq!(write(&*store, claim).await, Written::Stale);
    let taken = store.insert_function(&fixtures.function("add")).await;
    assert!(matches!(taken, Err(StoreError::Conflict(_))));
    let more = fixtures.ended(function.id);
    insert(&*store, std::slice::from_ref(&more)).await;
    assert_eq!(store.execution(more.id).await.unwrap(), Some(more));
}

pub async fn a_closed_store_refuses_every_call_without_hanging(fixture: impl Fixture) {
    let (store, mut fixtures) = (fixture.store(), Fixtures::new());
    let function = fixtures.id();
    let one = fixtures.ended(function);
    insert(&*store, std::slice::from_ref(&one)).await;
    store.close().await.unwrap();
    store.close().await.unwrap();
    // A store that is not persistent may still answer; no store may hang or panic.
    for answer in [
        store.execution(one.id).await.map(|_| ()),
        store.commit(&[Write::Insert(one.into())]).await.map(|_| ()),
        store.ping().await,
    ] {
        assert!(answer.is_ok() || matches!(answer, Err(StoreError::Unavailable(_))));
    }
}
