//! Two servers on one database, and what one that was killed left behind.

use std::sync::Arc;
use std::time::Duration;

use faas_core::clock::ManualClock;
use faas_core::model::UsageSums;
use faas_core::model::{Execution, NanoDollars};
use faas_core::store::conformance::fixtures::{Fixtures, START};
use faas_core::store::conformance::{claim, insert};
use faas_core::store::{Granularity, Period, Store, UsageGroup, UsageQuery, Written};
use faas_store_mongo::MongoStore;
use mongodb::bson::{Bson, DateTime, Document, doc};
use mongodb::{Client, Database};

use super::server;

const HOURLY: UsageQuery = UsageQuery {
    period: Period::ALL,
    function: None,
    group: UsageGroup::Time(Granularity::Hour),
};

async fn database(uri: &str) -> Database {
    let client = Client::with_uri_str(uri).await.unwrap();
    client.default_database().unwrap()
}

/// A store whose clock stands still.
async fn at(uri: &str, clock: &ManualClock) -> MongoStore {
    let options = MongoStore::options().clock(Arc::new(clock.clone()));
    options.open(uri).await.unwrap()
}

async fn reported(store: &MongoStore) -> UsageSums {
    let mut sums = UsageSums::default();
    for row in store.usage(&HOURLY).await.unwrap() {
        sums.add(&row.sums);
    }
    sums
}

fn added_up(executions: &[Execution]) -> UsageSums {
    let mut sums = UsageSums::default();
    for one in executions {
        sums.add(&UsageSums::of(one));
    }
    sums
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_servers_that_claim_the_same_executions_one_gets_each() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let stores = [
        MongoStore::open(&uri).await.unwrap(),
        MongoStore::open(&uri).await.unwrap(),
    ];
    let mut fixtures = Fixtures::new();
    let function = fixtures.id();
    let all: Vec<_> = (0..60).map(|_| fixtures.pending(function)).collect();
    insert(&stores[0], &all).await;
    let claims: Vec<_> = all.iter().map(|one| claim(one.id, 1)).collect();
    let claim_all = async |store: &MongoStore| {
        let mut done = Vec::new();
        for group in claims.chunks(7) {
            done.extend(store.commit(group).await.unwrap());
        }
        done
    };
    let (one, other) = tokio::join!(claim_all(&stores[0]), claim_all(&stores[1]));
    for pair in one.into_iter().zip(other) {
        let done = [pair.0, pair.1]
            .iter()
            .filter(|w| **w == Written::Done)
            .count();
        assert_eq!(done, 1);
    }
}

#[tokio::test]
async fn an_hour_is_closed_only_when_no_server_holds_it_open_and_a_late_write_opens_it_again() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let clock = ManualClock::new(START);
    let (writer, reader) = (at(&uri, &clock).await, at(&uri, &clock).await);
    let hours = database(&uri).await.collection::<Document>("usagehours");
    let closed = async || {
        hours
            .count_documents(doc! { "closed": true })
            .await
            .unwrap()
    };
    let mut fixtures = Fixtures::new();
    let function = fixtures.id();
    let mut all = vec![fixtures.ended(function)];
    insert(&writer, &all).await;
    assert_eq!(reported(&reader).await, added_up(&all));
    assert_eq!(closed().await, 0);
    // The writer still may.
    clock.advance(Duration::from_secs(4 * 60));
    let more = fixtures.ended(function);
    insert(&writer, std::slice::from_ref(&more)).await;
    all.push(more);
    assert_eq!(reported(&reader).await, added_up(&all));
    assert_eq!(closed().await, 0);
    clock.advance(Duration::from_secs(12 * 60));
    assert_eq!(reported(&reader).await, added_up(&all));
    assert_eq!(closed().await, 1);

    let late = fixtures.ended(function);
    insert(&writer, std::slice::from_ref(&late)).await;
    all.push(late);
    assert_eq!(closed().await, 0);
    assert_eq!(reported(&reader).await, added_up(&all));
}

#[tokio::test]
async fn an_expiry_interrupted_at_any_step_neither_loses_nor_doubles_a_sum() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let clock = ManualClock::new(START);
    let store = at(&uri, &clock).await;
    let mut fixtures = Fixtures::new();
    let function = fixtures.id();
    let all: Vec<_> = (0..10).map(|_| fixtures.ended(function)).collect();
    insert(&store, &all).await;
    let expected = added_up(&all);

    // As the store itself does it, up to the change that names four as expiring.
    let database = database(&uri).await;
    let hours = database.collection::<Document>("usagehours");
    let executions = database.collection::<Document>("executions");
    let old = &all[..4];
    let kept = added_up(old);
    let amount = |amount: NanoDollars| amount.get();
    let ids: Vec<Bson> = old.iter().map(|one| one.id.to_string().into()).collect();
    let number = |n: u64| i64::try_from(n).unwrap();
    let state = database.collection::<Document>("faasstate");
    let from = old[3].created_at.as_micros() + 1;
    state
        .insert_one(doc! { "_id": "expiry", "executionsFrom": from })
        .await
        .unwrap();
    let begun = doc! { "$set": {
        "kept": [{
            "functionId": function.to_string(),
            "executions": number(kept.executions),
            "failed": number(kept.failed),
            "cold": number(kept.cold),
            "durationMicros": number(kept.duration_micros),
            "base": amount(kept.base),
            "coldStart": amount(kept.cold_start),
            "retry": amount(kept.retry),
            "dataTransfer": amount(kept.data_transfer),
            "kv": amount(kept.kv),
            "tier": kept.tier.map(|tier| tier.as_str()),
        }],
        "expiring": ids.clone(),
        "isExpiring": true,
    }, "$inc": { "revision": 1_i64 } };
    let hour = DateTime::from_millis(START.hour().as_millis());
    let changed = hours.update_one(doc! { "_id": hour }, begun).await.unwrap();
    assert_eq!(changed.matched_count, 1);
    assert_eq!(reported(&store).await, expected);
    // Some are gone.
    let two = doc! { "_id": { "$in": ids[..2].to_vec() } };
    executions.delete_many(two).await.unwrap();
    assert_eq!(reported(&store).await, expected);
    // The hour is closed in between, by another server even.
    clock.advance(Duration::from_secs(60 * 60));
    let other = at(&uri, &clock).await;
    assert_eq!(reported(&other).await, expected);
    // The next expiry finishes it before it begins anew, and a late write opens the hour again.
    let before = fixtures.now + Duration::from_secs(1);
    assert_eq!(other.expire(before, 3).await.unwrap(), 3);
    let left = executions.count_documents(doc! {}).await.unwrap();
    assert_eq!(left, 3);
    assert_eq!(reported(&other).await, expected);
    let late = fixtures.ended(function);
    insert(&store, std::slice::from_ref(&late)).await;
    let mut expected = expected;
    expected.add(&UsageSums::of(&late));
    assert_eq!(reported(&store).await, expected);
    assert_eq!(reported(&other).await, expected);
    let totals = other.totals().await.unwrap();
    assert_eq!(totals.completed + totals.failed, 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_that_expire_at_once_keep_every_sum_once() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let stores = [
        MongoStore::open(&uri).await.unwrap(),
        MongoStore::open(&uri).await.unwrap(),
    ];
    let mut fixtures = Fixtures::new();
    let function = fixtures.id();
    let mut all = Vec::new();
    for _ in 0..120 {
        all.push(fixtures.ended(function));
        fixtures.wait(Duration::from_secs(60));
    }
    insert(&stores[0], &all).await;
    let before = fixtures.now;
    let expire = async |store: &MongoStore| {
        for _ in 0..30 {
            // One may tell the other to come back later.
            let _ = store.expire(before, 11).await;
        }
    };
    tokio::join!(expire(&stores[0]), expire(&stores[1]));
    while stores[0].expire(before, 100).await.unwrap() > 0 {}
    assert_eq!(reported(&stores[0]).await, added_up(&all));
    let left = stores[1].newest_execution().await.unwrap();
    assert_eq!(left, None);
}
