//! A server that is unreachable, or whose response is lost.

use std::sync::Arc;
use std::time::Duration;

use faas_core::clock::ManualClock;
use faas_core::error::StoreError;
use faas_core::model::Status;
use faas_core::store::conformance::claim;
use faas_core::store::conformance::fixtures::{Fixtures, START};
use faas_core::store::{Stage, Store, Write, Written};
use faas_mongo_testserver::FaultProxy;
use faas_store_mongo::MongoStore;

use super::server;

const RUNNING: Stage = Stage {
    status: Status::Running,
    attempt: 1,
};

/// Only a hang takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn calls_are_unavailable_while_the_database_is_unreachable() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let proxy = FaultProxy::to(&uri);
    let options = MongoStore::options().server_selection_timeout(Duration::from_secs(1));
    let store = options.open(&proxy.uri).await.unwrap();
    let mut fixtures = Fixtures::new();
    let function = fixtures.id();
    let write = Write::Insert(Arc::new(fixtures.pending(function)));
    store.commit(std::slice::from_ref(&write)).await.unwrap();

    proxy.cut();
    for _ in 0..2 {
        for error in [
            store
                .commit(std::slice::from_ref(&write))
                .await
                .unwrap_err(),
            store.ping().await.unwrap_err(),
            store.unfinished(None, 9).await.unwrap_err(),
        ] {
            assert!(error.is_retryable(), "{error:?}");
        }
    }
    proxy.mend();
    let answer = store.commit(std::slice::from_ref(&write)).await.unwrap();
    assert_eq!(answer, [Written::Done]);
    store.ping().await.unwrap();
    assert_eq!(store.unfinished(None, 9).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn an_unanswered_update_times_out_and_succeeds_on_retry() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let proxy = FaultProxy::to(&uri);
    let clock = ManualClock::new(START);
    let options = MongoStore::options().clock(Arc::new(clock.clone()));
    let store = options.open(&proxy.uri).await.unwrap();
    let mut fixtures = Fixtures::new();
    let function = fixtures.id();
    let pending = fixtures.pending(function);
    let claim = claim(pending.id, 1);
    let insert = Write::Insert(Arc::new(pending));
    store.commit(&[insert]).await.unwrap();

    proxy.lose_update();
    let passing = async {
        while !proxy.is_whole() {
            tokio::task::yield_now().await;
        }
        // The update is lost. Time passes until the store gives it up.
        loop {
            clock.advance(Duration::from_millis(200));
            tokio::task::yield_now().await;
        }
    };
    let passing = tokio::time::timeout(PATIENCE, passing);
    let given_up = tokio::select! {
        done = store.commit(std::slice::from_ref(&claim)) => done.unwrap_err(),
        Err(_) = passing => panic!("the update is not given up"),
    };
    assert!(given_up.is_retryable(), "{given_up:?}");
    proxy.mend();
    let again = store.commit(std::slice::from_ref(&claim)).await.unwrap();
    assert_eq!(again, [Written::Done]);
}

#[tokio::test]
async fn a_claim_and_a_settlement_succeed_on_retry_when_their_responses_are_lost() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let proxy = FaultProxy::to(&uri);
    let store = MongoStore::open(&proxy.uri).await.unwrap();
    let mut fixtures = Fixtures::new();
    let function = fixtures.id();
    let pending = fixtures.pending(function);
    let other = fixtures.pending(function);
    for one in [&pending, &other] {
        let insert = Write::Insert(Arc::new(one.clone()));
        store.commit(&[insert]).await.unwrap();
    }
    // Another server has already claimed the other execution.
    let taken = claim(other.id, 1);
    store.commit(std::slice::from_ref(&taken)).await.unwrap();
    let mut ended = pending.clone();
    ended.claim().unwrap();
    fixtures.end(&mut ended);
    let claim = claim(pending.id, 1);
    let settle = Write::Settle {
        execution: Arc::new(ended.clone()),
        from: RUNNING,
    };
    // This insert opens the hour, so that the settlement is the next update, whose response is lost.
    let warm = fixtures.ended(function);
    store
        .commit(&[Write::Insert(Arc::new(warm))])
        .await
        .unwrap();
    for write in [claim, settle] {
        let group = [taken.clone(), write.clone()];
        proxy.lose_answer();
        let error = store.commit(&group).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        let again = store.commit(&group).await.unwrap();
        assert_eq!(again, [Written::Stale, Written::Done]);
        // Another writer with the same write comes too late.
        let late = store.commit(&group).await.unwrap();
        assert_eq!(late, [Written::Stale, Written::Stale]);
    }
    assert_eq!(store.execution(pending.id).await.unwrap(), Some(ended));
    let totals = store.totals().await.unwrap();
    assert_eq!(totals.completed + totals.failed, 2);
}

#[tokio::test]
async fn no_error_shows_the_password() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let away = format!("mongodb://me:s3cr3t@{address}/faas");
    let options = MongoStore::options().server_selection_timeout(Duration::from_millis(200));
    let error = options.clone().open(&away).await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    let line = error.to_string();
    assert!(
        line.contains(&format!("mongodb://{address}/faas")),
        "{line}"
    );
    assert!(
        !line.contains("s3cr3t") && !format!("{error:?}").contains("s3cr3t"),
        "{error:?}"
    );

    for bad in [
        "mongodb://me:s3cr3t@:0",
        "mongodb://me:s3cr3t@host:port/faas",
        "mongodb://me:s3cr3t",
        "mongodb://me:s3cr3t@host/faas?w=s3cr3t&wtimeoutMS=x",
        "mongodb+srv://me:s3cr3t@host/faas",
        "postgres://me:s3cr3t@host/faas",
        "s3cr3t",
    ] {
        let error = options.clone().open(bad).await.unwrap_err();
        assert!(matches!(error, StoreError::Unusable(_)), "{bad}: {error:?}");
        assert!(
            !format!("{error} {error:?}").contains("s3cr3t"),
            "{error:?}"
        );
    }
}
