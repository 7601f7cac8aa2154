//! The counts of namespaces of keys and values, after a server died and while they are counted anew.

use std::sync::Arc;
use std::time::Duration;

use faas_core::model::{Namespace, Timestamp};
use faas_core::store::conformance::fixtures::START;
use faas_core::store::{KeyValue as _, KvCondition, KvEntry, KvQuery, KvWrite, KvWritten};
use faas_store_mongo::MongoStore;
use mongodb::bson::{Document, doc};
use mongodb::{Client, Collection};

use super::server;

fn orders() -> Namespace {
    Namespace::named("orders").unwrap()
}

fn put(key: &str, value: &str, now: Timestamp) -> KvWrite {
    KvWrite {
        namespace: orders(),
        key: key.to_owned(),
        entry: Some(KvEntry {
            value: value.to_owned().into(),
            metadata: None,
            expires_at: None,
        }),
        condition: KvCondition::Always,
        returns_previous: false,
        now,
        max_keys: 3,
        max_bytes: 1 << 20,
        max_namespaces: 10,
    }
}

async fn open(uri: &str) -> (Arc<MongoStore>, Collection<Document>) {
    let store = Arc::new(MongoStore::open(uri).await.unwrap());
    let client = Client::with_uri_str(uri).await.unwrap();
    let database = client.default_database().unwrap();
    (store, database.collection("kvnamespaces"))
}

async fn counts(store: &MongoStore) -> (u64, u64) {
    let counts = store.kv_namespace(&orders()).await.unwrap();
    (counts.keys, counts.bytes)
}

#[tokio::test]
async fn counts_that_a_dead_server_left_too_high_are_mended_when_the_namespace_seems_full() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let (store, namespaces) = open(&uri).await;
    store.kv_write(&put("a", "123", START)).await.unwrap();
    // A server has reserved two entries and died.
    let reserved = doc! { "$inc": { "keys": 2_i64, "bytes": 500_i64 } };
    let by_name = doc! { "_id": "orders" };
    let left = |change: Document| namespaces.update_one(by_name.clone(), change);
    left(reserved.clone()).await.unwrap();
    assert_eq!(counts(&store).await, (3, 504));
    let written = store.kv_write(&put("b", "123", START)).await.unwrap();
    assert_eq!(written, KvWritten::Done(None));
    assert_eq!(counts(&store).await, (2, 8));
    // A namespace that is full is not counted for each write.
    left(reserved).await.unwrap();
    let minute = Duration::from_secs(60);
    let soon = put("c", "", START + minute);
    let full = store.kv_write(&soon).await.unwrap();
    assert!(matches!(full, KvWritten::Full(_)), "{full:?}");
    let later = put("c", "", START + minute * 10);
    let written = store.kv_write(&later).await.unwrap();
    assert_eq!(written, KvWritten::Done(None));
    assert_eq!(counts(&store).await, (3, 9));
    // Now it is full.
    let full = store.kv_write(&put("d", "", START + minute * 20)).await;
    assert!(matches!(full.unwrap(), KvWritten::Full(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_not_too_low_when_they_are_counted_while_entries_are_written_and_deleted() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let (store, namespaces) = open(&uri).await;
    let wide = |write: KvWrite| KvWrite {
        max_keys: 1_000,
        ..write
    };
    store
        .kv_write(&wide(put("first", "", START)))
        .await
        .unwrap();
    let writers = (0..4).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for step in 0..40 {
                let key = format!("{writer}-{}", step % 5);
                let write = put(&key, "value", START);
                let entry = write.entry.clone().filter(|_| step % 3 > 0);
                store
                    .kv_write(&wide(KvWrite { entry, ..write }))
                    .await
                    .unwrap();
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let mut now = START;
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        now = now + Duration::from_secs(600);
        // Too large to fit: it has the entries counted.
        let large = KvWrite {
            max_bytes: 1,
            ..wide(put("large", "value", now))
        };
        store.kv_write(&large).await.unwrap();
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let query = KvQuery {
        namespace: orders(),
        prefix: String::new(),
        after: None,
        limit: 1_000,
        now: START,
    };
    let keys = store.kv_list(&query).await.unwrap().keys;
    let (kept, bytes) = counts(&store).await;
    let stored: u64 = keys
        .iter()
        .map(|key| key.value_bytes + key.name.len() as u64)
        .sum();
    assert!(
        kept >= keys.len() as u64 && bytes >= stored,
        "{kept} {bytes} {stored}"
    );
    let found = namespaces.find_one(doc! { "_id": "orders" }).await.unwrap();
    assert!(found.unwrap().contains_key("generation"), "it was counted");
}
