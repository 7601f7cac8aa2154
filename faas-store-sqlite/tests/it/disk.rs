//! A file that is locked or full for a while.

use std::time::Duration;

use faas_core::error::StoreError;
use faas_core::store::conformance::fixtures::Fixtures;
use faas_core::store::{Period, Store, UsageGroup, UsageQuery};
use faas_store_sqlite::SqliteStore;
use rusqlite::Connection;

use super::{folder, insert_one};

/// Whether SQLite's own error is among the sources of this one.
fn is_of_sqlite(error: &StoreError) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if cause.is::<rusqlite::Error>() {
            return true;
        }
        source = cause.source();
    }
    false
}

#[tokio::test]
async fn a_lock_held_by_somebody_else_makes_writes_unavailable_until_it_is_released() {
    let (_folder, path) = folder();
    let options = SqliteStore::options().busy_timeout(Duration::from_millis(50));
    let store = options.open(&path).await.unwrap();
    let mut fixtures = Fixtures::new();
    insert_one(&store, &mut fixtures).await.unwrap();

    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for _ in 0..3 {
        let error = insert_one(&store, &mut fixtures).await.unwrap_err();
        assert!(error.is_retryable(), "{error:?}");
        assert!(is_of_sqlite(&error), "{error:?}");
        assert!(store.ping().await.unwrap_err().is_retryable());
    }
    // Reading goes on.
    let totals = store.totals().await.unwrap();
    assert_eq!(totals.completed + totals.failed, 1);

    other.execute_batch("ROLLBACK").unwrap();
    insert_one(&store, &mut fixtures).await.unwrap();
    store.ping().await.unwrap();
    let totals = store.totals().await.unwrap();
    assert_eq!(totals.completed + totals.failed, 2);
}

#[tokio::test]
async fn a_full_database_is_unavailable_until_something_expires_and_loses_nothing() {
    let (_folder, path) = folder();
    let options = SqliteStore::options().max_bytes(640 * 1024);
    let store = options.open(&path).await.unwrap();
    let mut fixtures = Fixtures::new();
    let mut stored = 0;
    let error = loop {
        match insert_one(&store, &mut fixtures).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 10_000, "the limit is not kept");
    };
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert!(error.to_string().contains("full"), "{error}");
    assert!(stored > 50);
    let count = async || {
        let totals = store.totals().await.unwrap();
        totals.completed + totals.failed
    };
    // Some smaller ones may still have found room; what failed left nothing behind.
    assert_eq!(count().await, stored);

    let later = fixtures.now + Duration::from_secs(1);
    assert_eq!(store.expire(later, 50).await.unwrap(), 50);
    // Roll-ups stay, so not all of the room is free again.
    for _ in 0..10 {
        insert_one(&store, &mut fixtures).await.unwrap();
    }
    assert_eq!(count().await, stored + 10);
    let query = UsageQuery {
        period: Period::ALL,
        function: None,
        group: UsageGroup::Time(faas_core::store::Granularity::Month),
    };
    let usage = store.usage(&query).await.unwrap();
    assert_eq!(usage[0].sums.executions, stored + 10);
}
