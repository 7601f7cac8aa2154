//! Documents that neither this release nor an earlier system writes: each costs itself and nothing
//! else.

use std::sync::Arc;

use faas_core::model::{
    Execution, FailureKind, Function, FunctionConfig, FunctionStatus, FunctionSummary, Status,
    Timestamp,
};
use faas_core::store::conformance::fixtures::Fixtures;
use faas_core::store::conformance::insert;
use faas_core::store::{
    AccessStore, ExecutionQuery, FunctionQuery, Granularity, OverdueQuery, Period, SharedStore,
    Store, UsageGroup, UsageQuery, Write, Written,
};
use faas_store_mongo::MongoStore;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, DateTime, Document, doc};
use mongodb::{Client, Database};

use super::server;

async fn database(uri: &str) -> Database {
    let client = Client::with_uri_str(uri).await.unwrap();
    client.default_database().unwrap()
}

/// What can be wrong with an execution.
fn odd_fields() -> Vec<Document> {
    vec![
        doc! { "duration": -3, "exact.duration": Bson::Null },
        doc! { "exact.duration": -3_i64 },
        doc! { "retryCount": 2.5 },
        doc! { "maxRetries": "many" },
        doc! { "attempt": -1 },
        doc! { "status": "paused" },
        doc! { "status": 7 },
        doc! { "tier": "gold" },
        doc! { "cost": "free" },
        doc! { "cost.exact.baseCost": "x" },
        doc! { "cost.resourceUsage.memoryMB": -1 },
        doc! { "createdAt": "yesterday", "exact.createdAt": Bson::Null },
        doc! { "startTime": 1, "exact.startTime": "x" },
        doc! { "endTime": true, "exact.endTime": Bson::Null },
        doc! { "functionId": 12 },
        doc! { "functionVersion": -2 },
        doc! { "input": Bson::Null },
        doc! { "input": "{\"a\":" },
        doc! { "output": 5 },
        doc! { "logs": "none" },
        doc! { "logs": [1, { "level": "shout" }] },
        doc! { "attempts": [{ "startTime": "x" }] },
        doc! { "attempts.0.cpuTime": "much", "attempts.0.exact.cpuTime": "x" },
        doc! { "hostCalls": 5 },
        doc! { "hostCalls": [5, { "name": 7 }] },
        doc! { "hostCallCount": -1 },
        doc! { "error": "x", "errorKind": "nonsense" },
        doc! { "instanceId": 3 },
        doc! { "retryOf": 3 },
        doc! { "idempotencyKey": [] },
        doc! { "sizes": "long" },
        doc! { "sizes": { "input": -1 } },
    ]
}

#[tokio::test]
async fn a_damaged_execution_is_shown_in_part_and_the_others_in_full() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let mut fixtures = Fixtures::new();
    let store = MongoStore::open(&uri).await.unwrap();
    let function = fixtures.function("add");
    store.insert_function(&function).await.unwrap();
    let odd = odd_fields();
    let ended = |_| fixtures.ended(function.id);
    let all: Vec<Execution> = (0..odd.len() * 2).map(ended).collect();
    insert(&store, &all).await;
    let executions = database(&uri).await.collection::<Document>("executions");
    for (odd, one) in odd.iter().zip(all.iter().step_by(2)) {
        let by_id = doc! { "_id": one.id.to_string() };
        let update = executions.update_one(by_id, doc! { "$set": odd.clone() });
        assert_eq!(update.await.unwrap().matched_count, 1);
    }
    // Without a readable id, there is nothing to show.
    executions.insert_one(doc! { "_id": 5 }).await.unwrap();

    let everything = ExecutionQuery {
        limit: all.len(),
        ..ExecutionQuery::default()
    };
    let listed = store.executions(&everything).await.unwrap();
    let ids: Vec<_> = listed.iter().rev().map(|one| one.id).collect();
    assert_eq!(ids, all.iter().map(|one| one.id).collect::<Vec<_>>());
    for one in all.iter().skip(1).step_by(2) {
        let found = listed.iter().find(|found| found.id == one.id);
        assert_eq!(found.unwrap(), one);
    }
    for one in &all {
        let found = store.execution(one.id).await.unwrap();
        assert_eq!(found.unwrap().id, one.id);
    }
    for function in [None, Some(function.id)] {
        let durations = store.recent_durations(function, Timestamp::default(), 100);
        assert!(durations.await.unwrap().len() > odd.len() / 2);
        for group in [
            UsageGroup::Function,
            UsageGroup::Time(Granularity::Minute),
            UsageGroup::Time(Granularity::Month),
        ] {
            let query = UsageQuery {
                period: Period::ALL,
                function,
                group,
            };
            let rows = store.usage(&query).await.unwrap();
            let counted: u64 = rows.iter().map(|row| row.sums.executions).sum();
            assert!(counted as usize > odd.len() / 2, "{counted}");
        }
    }
    store.totals().await.unwrap();
    assert!(
        store
            .expire(Timestamp::from_micros(i64::MAX), 100)
            .await
            .unwrap()
            > odd.len()
    );
}

#[tokio::test]
async fn an_unfinished_execution_that_is_damaged_is_not_run_and_the_others_are() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let mut fixtures = Fixtures::new();
    let store = MongoStore::open(&uri).await.unwrap();
    let function = fixtures.id();
    let pending: Vec<_> = (0..4).map(|_| fixtures.pending(function)).collect();
    insert(&store, &pending).await;
    let executions = database(&uri).await.collection::<Document>("executions");
    for (one, odd) in [
        (&pending[0], doc! { "input": Bson::Null }),
        (&pending[2], doc! { "attempt": "first" }),
    ] {
        let by_id = doc! { "_id": one.id.to_string() };
        let update = executions.update_one(by_id, doc! { "$set": odd });
        assert_eq!(update.await.unwrap().matched_count, 1);
    }
    let unfinished = store.unfinished(None, 9).await.unwrap();
    let ids: Vec<_> = unfinished.items.iter().map(|one| one.id).collect();
    assert_eq!(ids, [pending[1].id, pending[3].id]);
    let shown = store.execution(pending[0].id).await.unwrap().unwrap();
    assert_eq!(shown.status, Status::Failed);
    assert_eq!(shown.failure.unwrap().kind, FailureKind::Platform);
    let query = OverdueQuery {
        status: Status::Pending,
        before: Timestamp::MAX,
        from: Timestamp::MIN,
        except: Vec::new(),
        limit: 9,
    };
    let overdue = store.overdue(&query).await.unwrap();
    assert!(overdue.iter().any(|one| one.id == pending[3].id));
}

#[tokio::test]
async fn a_function_that_todays_rules_refuse_can_be_read_counted_changed_and_deleted() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let functions = database(&uri).await.collection::<Document>("functions");
    let now = DateTime::from_millis(1_700_000_000_000);
    let old = |n: u8, fields: Document| {
        let mut bytes = [n; 12];
        bytes[..4].copy_from_slice(&1_700_000_000_u32.to_be_bytes());
        let mut document = doc! { "_id": ObjectId::from_bytes(bytes), "createdAt": now };
        document.extend(fields);
        document
    };
    let documents = [
        old(
            1,
            doc! { "name": "twin", "code": "return 1", "config": { "timeout": -1, "retryCount": 2.5 } },
        ),
        old(
            2,
            doc! { "name": "twin", "code": "return (", "status": "inactive" },
        ),
        old(
            3,
            doc! { "name": "x".repeat(900), "code": "return 1", "updatedAt": "never" },
        ),
        old(
            4,
            doc! { "name": 17, "status": "sleeping", "codeSpans": "x", "config": "none" },
        ),
    ];
    functions.insert_many(documents).await.unwrap();

    let store = MongoStore::open(&uri).await.unwrap();
    let listed = store.functions(&FunctionQuery::default()).await.unwrap();
    assert_eq!(listed.items.len(), 4);
    let without_code = FunctionQuery {
        code: false,
        ..FunctionQuery::default()
    };
    let page = store.functions(&without_code).await.unwrap();
    assert!(page.items.iter().all(|one| one.code.is_none()));
    let lengths = |items: &[FunctionSummary]| -> Vec<_> {
        items.iter().map(|one| (one.id, one.code_bytes)).collect()
    };
    assert_eq!(lengths(&page.items), lengths(&listed.items));
    assert_eq!(listed.items[3].config, FunctionConfig::default());
    let counts = store.function_counts().await.unwrap();
    assert_eq!((counts.active, counts.inactive), (2, 2));
    let ids: Vec<_> = listed.items.iter().map(|one| one.id).collect();
    assert_eq!(store.labels(&ids).await.unwrap().len(), 4);
    store.code_byte_micros(Period::ALL, None).await.unwrap();
    for id in ids {
        let shown = store.function(id).await.unwrap().unwrap();
        let off = Function {
            status: FunctionStatus::Inactive,
            updated_at: Timestamp::from_millis(1_700_000_001_000),
            ..shown.clone()
        };
        store.update_function(&off, shown.updated_at).await.unwrap();
        assert_eq!(store.function(id).await.unwrap().as_ref(), Some(&off));
        let renamed = Function {
            name: id.to_string().into(),
            updated_at: Timestamp::from_millis(1_700_000_002_000),
            ..off.clone()
        };
        let update = store.update_function(&renamed, off.updated_at).await;
        update.unwrap();
        let gone = store.delete_function(id, Timestamp::from_millis(1_700_000_003_000));
        assert!(gone.await.unwrap());
    }
}

#[tokio::test]
async fn a_damaged_key_counts_as_revoked() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let mut fixtures = Fixtures::new();
    let store = MongoStore::open(&uri).await.unwrap();
    let (odd, sound) = (fixtures.key("odd"), fixtures.key("sound"));
    for key in [&odd, &sound] {
        store.insert_key(key).await.unwrap();
    }
    let keys = database(&uri).await.collection::<Document>("apikeys");
    let damage = doc! { "$set": { "hash": "none" } };
    keys.update_one(doc! { "name": "odd" }, damage)
        .await
        .unwrap();
    let keys = store.keys().await.unwrap();
    assert_eq!(keys.len(), 2);
    assert!(keys.contains(&sound));
    assert!(keys[1].revoked_at.is_some());
}

#[tokio::test]
async fn executions_of_a_release_that_kept_no_lengths_are_listed_up_to_the_bound() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let mut fixtures = Fixtures::new();
    let store = MongoStore::open(&uri).await.unwrap();
    let function = fixtures.id();
    let text = faas_core::model::Json::trusted(format!("\"{}\"", "x".repeat(9_998)));
    let all: Vec<_> = (0..40)
        .map(|_| Execution {
            input: text.clone(),
            ..fixtures.ended(function)
        })
        .collect();
    insert(&store, &all).await;
    let executions = database(&uri).await.collection::<Document>("executions");
    let forget = doc! { "$unset": { "sizes": "" } };
    executions.update_many(doc! {}, forget).await.unwrap();
    let query = ExecutionQuery {
        limit: 40,
        max_bytes: 100_000,
        ..ExecutionQuery::default()
    };
    let listed = store.executions(&query).await.unwrap();
    assert_eq!(listed.len(), 40);
    let with_input = listed.iter().filter(|one| !one.left_out.input);
    let number = with_input.count();
    assert!((5..=10).contains(&number), "{number}");
    assert!(!listed[0].left_out.input && listed[39].left_out.input);
    let whole = ExecutionQuery {
        max_bytes: usize::MAX,
        ..query
    };
    let mut whole = store.executions(&whole).await.unwrap();
    whole.reverse();
    assert!(whole == all);
}

#[tokio::test]
async fn a_report_over_its_limit_is_answered_and_is_complete_once_hours_are_closed() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let mut fixtures = Fixtures::new();
    let clock = Arc::new(faas_core::clock::ManualClock::new(fixtures.now));
    let options = MongoStore::options()
        .report_limit(100)
        .clock(Arc::clone(&clock) as Arc<_>);
    let store = options.open(&uri).await.unwrap();
    let function = fixtures.id();
    let all: Vec<_> = (0..500).map(|_| fixtures.ended(function)).collect();
    insert(&store, &all).await;
    let query = UsageQuery {
        period: Period::ALL,
        function: None,
        group: UsageGroup::Function,
    };
    let rows = store.usage(&query).await.unwrap();
    assert_eq!(rows[0].sums.executions, 100);
    store.totals().await.unwrap();
    // Nobody writes to the hour any more: the background closes it.
    for _ in 0..6_000 {
        clock.advance(std::time::Duration::from_secs(600));
        let rows = store.usage(&query).await.unwrap();
        if rows[0].sums.executions == 500 {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the hour was not closed");
}

#[tokio::test]
async fn an_index_of_an_earlier_release_is_replaced() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let database = database(&uri).await;
    let executions = database.collection::<Document>("executions");
    let keys = doc! { "status": 1, "_id": -1, "attempt": 1 };
    let unique = mongodb::options::IndexOptions::builder()
        .unique(true)
        .build();
    let index = mongodb::IndexModel::builder().keys(keys).options(unique);
    executions.create_index(index.build()).await.unwrap();
    let mut fixtures = Fixtures::new();
    let function = fixtures.id();
    let store = MongoStore::open(&uri).await.unwrap();
    let written = store
        .commit(&[Write::Insert(Arc::new(fixtures.pending(function)))])
        .await;
    assert_eq!(written.unwrap(), [Written::Done]);
    let names = executions.list_index_names().await.unwrap();
    assert!(
        names.iter().all(|name| !name.contains("attempt")),
        "{names:?}"
    );
    assert!(
        names.iter().any(|name| name == "status_1__id_-1"),
        "{names:?}"
    );
}

#[tokio::test]
async fn the_length_of_code_is_read_from_its_span_if_the_function_was_stored_without_it() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let store = MongoStore::open(&uri).await.unwrap();
    let function = Fixtures::new().function("f");
    store.insert_function(&function).await.unwrap();
    let functions = database(&uri).await.collection::<Document>("functions");
    let unset = doc! { "$unset": { "codeBytes": "" } };
    functions.update_one(doc! {}, unset).await.unwrap();
    let query = FunctionQuery {
        code: false,
        ..FunctionQuery::default()
    };
    let page = store.functions(&query).await.unwrap();
    assert_eq!(page.items[0].code_bytes, function.code.len() as u64);
}
