//! A database that an earlier system has written.

use std::sync::Arc;
use std::time::Duration;

use faas_core::model::{
    FailureKind, FunctionConfig, FunctionId, FunctionStatus, NanoDollars, Status, Timestamp,
};
use faas_core::store::conformance::claim;
use faas_core::store::conformance::fixtures::{Fixtures, START};
use faas_core::store::{
    ExecutionQuery, FollowUpFilter, FunctionQuery, Granularity, OverdueQuery, Period, Stage, Store,
    UsageGroup, UsageQuery, Write, Written,
};
use faas_store_mongo::MongoStore;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Document, doc};
use mongodb::{Client, Collection};

use super::server;

const EVERYTHING: ExecutionQuery = ExecutionQuery {
    function: None,
    status: None,
    failure: None,
    follow_up: FollowUpFilter::Any,
    period: Period::ALL,
    before: None,
    limit: usize::MAX,
    max_bytes: usize::MAX,
};

const RUNNING: Stage = Stage {
    status: Status::Running,
    attempt: 1,
};

/// When the earlier system wrote its first execution, in milliseconds.
fn begin() -> i64 {
    START.hour().as_millis() - 48 * 3_600_000
}

fn object_id(millis: i64, n: u8) -> ObjectId {
    let seconds = u32::try_from(millis / 1000).unwrap();
    let mut bytes = [n; 12];
    bytes[..4].copy_from_slice(&seconds.to_be_bytes());
    ObjectId::from_bytes(bytes)
}

/// Ten executions of one function, twenty minutes apart; the last is pending.
async fn old_database(uri: &str) -> Collection<Document> {
    let database = Client::with_uri_str(uri)
        .await
        .unwrap()
        .default_database()
        .unwrap();
    let function = object_id(begin(), 0);
    let functions = [doc! {
        "_id": function,
        "name": "old",
        "description": "from before",
        "code": "return input.a",
        "createdAt": DateTime::from_millis(begin()),
        "updatedAt": DateTime::from_millis(begin()),
        "version": 3,
        "status": "inactive",
        "__v": 0,
    }];
    database
        .collection("functions")
        .insert_many(functions)
        .await
        .unwrap();
    let executions = (0..10_u8).map(|n| {
        let start = begin() + i64::from(n) * 1_200_000;
        let mut execution = doc! {
            "_id": object_id(start, n),
            "functionId": function,
            "input": { "a": i32::from(n), "text": "x" },
            "status": if n == 9 { "pending" } else if n == 3 { "failed" } else { "completed" },
            "startTime": DateTime::from_millis(start),
            "retryCount": 0,
            "instanceId": "instance-1",
            "cost": {
                "tier": "basic",
                "baseCost": 0.0001,
                "coldStartCost": 0.00005,
                "retryCost": 0.0,
                "dataTransferCost": 0.000_000_002,
                "totalCost": 0.000_150_002,
                "resourceUsage": { "memoryMB": 128, "cpuCores": 0.1 },
            },
            "__v": 0,
        };
        if n < 9 {
            execution.insert("endTime", DateTime::from_millis(start + 12));
            execution.insert("duration", 12);
        }
        match n {
            3 => execution.insert("error", "boom"),
            _ => execution.insert("output", i32::from(n)),
        };
        execution
    });
    let collection = database.collection("executions");
    collection.insert_many(executions).await.unwrap();
    collection
}

#[tokio::test]
async fn its_functions_and_executions_are_read_without_loss() {
    let Some(uri) = server::new_database() else {
        return;
    };
    old_database(&uri).await;
    let store = MongoStore::open(&uri).await.unwrap();
    let functions = store.functions(&FunctionQuery::default()).await.unwrap();
    let [function] = functions.items.as_slice() else {
        panic!("{functions:?}")
    };
    let function = store.function(function.id).await.unwrap().unwrap();
    assert_eq!((&*function.name, function.version), ("old", 3));
    assert_eq!(function.status, FunctionStatus::Inactive);
    assert_eq!(function.config, FunctionConfig::default());
    // By the id that clients are shown.
    let shown: FunctionId = function.id.to_string().parse().unwrap();
    assert_eq!(
        store.function(shown).await.unwrap().as_ref(),
        Some(&function)
    );

    let all = store.executions(&EVERYTHING).await.unwrap();
    assert_eq!(all.len(), 10);
    assert!(all.is_sorted_by_key(|one| std::cmp::Reverse(one.created_at)));
    let third = &all[9 - 2];
    assert_eq!(third.function_id, function.id);
    assert_eq!(third.created_at.as_millis(), begin() + 2 * 1_200_000);
    assert_eq!(third.start_time, Some(third.created_at));
    assert_eq!(third.duration, Duration::from_millis(12));
    assert_eq!(third.input.as_str(), r#"{"a":2,"text":"x"}"#);
    assert_eq!(third.output.as_ref().map(|o| o.as_str()), Some("2"));
    assert_eq!(third.cost.total(), NanoDollars::new(150_002));
    assert_eq!((third.cost.memory_mb, third.cost.cpu_millis), (128, 100));
    let failed = &all[9 - 3];
    assert_eq!(failed.status, Status::Failed);
    assert_eq!(failed.failure.as_ref().unwrap().message, "boom");
    assert_eq!(
        store.execution(failed.id).await.unwrap().as_ref(),
        Some(&*failed.execution)
    );
}

#[tokio::test]
async fn new_and_old_executions_are_listed_together() {
    let Some(uri) = server::new_database() else {
        return;
    };
    old_database(&uri).await;
    let store = MongoStore::open(&uri).await.unwrap();
    let function = store
        .functions(&FunctionQuery::default())
        .await
        .unwrap()
        .items[0]
        .id;
    let mut fixtures = Fixtures::new();
    // Between the old ones as well as after them.
    fixtures.now = Timestamp::from_millis(begin() + 1_800_000);
    for _ in 0..8 {
        let one = Write::Insert(Arc::new(fixtures.ended(function)));
        store.commit(&[one]).await.unwrap();
        fixtures.wait(Duration::from_secs(1_500));
    }
    let all = store.executions(&EVERYTHING).await.unwrap();
    assert_eq!(all.len(), 18);
    assert!(all.is_sorted_by_key(|one| std::cmp::Reverse(one.id)));
    assert!(all.is_sorted_by_key(|one| std::cmp::Reverse(one.created_at)));
    let (mut paged, mut before) = (Vec::new(), None);
    loop {
        let query = ExecutionQuery {
            function: Some(function),
            before,
            limit: 4,
            ..EVERYTHING
        };
        let page = store.executions(&query).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        paged.extend(page);
    }
    assert_eq!(paged, all);
    let period = Period {
        from: all[12].created_at,
        to: all[4].created_at,
    };
    let query = ExecutionQuery {
        period,
        ..EVERYTHING
    };
    assert_eq!(store.executions(&query).await.unwrap(), all[5..=12]);
    // What has no kind counts as the function's own fault.
    let boom = Timestamp::from_millis(begin() + 3 * 1_200_000);
    for kind in FailureKind::ALL {
        let query = ExecutionQuery {
            failure: Some(kind),
            ..EVERYTHING
        };
        let found = store.executions(&query).await.unwrap();
        let is_there = found.iter().any(|one| one.created_at == boom);
        assert_eq!(is_there, kind == FailureKind::UserError, "{kind:?}");
    }
    assert_eq!(store.newest_execution().await.unwrap(), Some(all[0].id));
}

#[tokio::test]
async fn reports_count_it_before_and_after_it_expires() {
    let Some(uri) = server::new_database() else {
        return;
    };
    old_database(&uri).await;
    let store = MongoStore::open(&uri).await.unwrap();
    let hourly = UsageQuery {
        period: Period::ALL,
        function: None,
        group: UsageGroup::Time(Granularity::Hour),
    };
    let check = async || {
        let rows = store.usage(&hourly).await.unwrap();
        let counts: Vec<_> = rows.iter().map(|row| row.sums.executions).collect();
        assert_eq!(counts, [3, 3, 3]);
        let total: NanoDollars = rows.iter().map(|row| row.sums.total()).sum();
        assert_eq!(total, NanoDollars::new(9 * 150_002));
        let totals = store.totals().await.unwrap();
        assert_eq!((totals.completed, totals.failed, totals.pending), (8, 1, 1));
    };
    check().await;
    // In the middle of the second hour.
    let before = Timestamp::from_millis(begin() + 4 * 1_200_000 + 1);
    assert_eq!(store.expire(before, 100).await.unwrap(), 5);
    assert_eq!(store.executions(&EVERYTHING).await.unwrap().len(), 5);
    check().await;
    store.close().await.unwrap();
    let store = MongoStore::open(&uri).await.unwrap();
    assert_eq!(store.usage(&hourly).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_pending_execution_is_taken_over_and_keeps_its_id() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let raw = old_database(&uri).await;
    let store = MongoStore::open(&uri).await.unwrap();
    let unfinished = store.unfinished(None, 9).await.unwrap();
    let [pending] = unfinished.items.as_slice() else {
        panic!("{unfinished:?}")
    };
    let mut execution = pending.clone();
    let claim = claim(execution.id, 1);
    assert_eq!(store.commit(&[claim]).await.unwrap(), [Written::Done]);
    execution.claim().unwrap();
    Fixtures::new().end(&mut execution);
    let settle = Write::Settle {
        execution: Arc::new(execution.clone()),
        from: RUNNING,
    };
    assert_eq!(store.commit(&[settle]).await.unwrap(), [Written::Done]);
    let stored = store.execution(execution.id).await.unwrap();
    assert_eq!(stored.as_ref(), Some(&execution));
    let id = object_id(begin() + 9 * 1_200_000, 9);
    let document = raw.find_one(doc! { "_id": id }).await.unwrap().unwrap();
    assert_eq!(
        document.get_str("status").unwrap(),
        execution.status.as_str()
    );
    let totals = store.totals().await.unwrap();
    assert_eq!(totals.completed + totals.failed, 10);
}

#[tokio::test]
async fn unfinished_executions_are_overdue_and_running_ones_can_be_settled() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let raw = old_database(&uri).await;
    let ran = object_id(begin() + 8 * 1_200_000, 8);
    let run = doc! { "$set": { "status": "running" } };
    raw.update_one(doc! { "_id": ran }, run).await.unwrap();
    let store = MongoStore::open(&uri).await.unwrap();
    let shared = store.as_shared().unwrap();
    let overdue = async |status| {
        let query = OverdueQuery {
            status,
            before: START,
            from: Timestamp::MIN,
            except: Vec::new(),
            limit: 9,
        };
        shared.overdue(&query).await.unwrap()
    };
    assert_eq!(overdue(Status::Pending).await.len(), 1);
    let found = overdue(Status::Running).await;
    assert_eq!(found.len(), 1);
    let mut taken = store.execution(found[0].id).await.unwrap().unwrap();
    let from = Stage::of(&taken);
    taken.release().unwrap();
    let settle = Write::Settle {
        execution: Arc::new(taken.clone()),
        from,
    };
    let written = store.commit(&[settle.clone(), settle]).await.unwrap();
    assert_eq!(written, [Written::Done, Written::Stale]);
    let document = raw.find_one(doc! { "_id": ran }).await.unwrap().unwrap();
    let since = taken.created_at.as_micros();
    assert_eq!(document.get_i64("waitsSince").unwrap(), since);
    let claimed = store.commit(&[claim(taken.id, 1)]).await.unwrap();
    assert_eq!(claimed, [Written::Done]);
    assert_eq!(overdue(Status::Pending).await.len(), 1);
}
