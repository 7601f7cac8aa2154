//! A database of an older release becomes one of this release and keeps everything.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use faas_core::model::{
    Execution, Function, FunctionSummary, KvUsage, ListedExecution, NanoDollars, Queueing,
    ScalingEvent, Timestamp,
};
use faas_core::store::conformance::fixtures::Fixtures;
use faas_core::store::{
    AccessStore, ExecutionQuery, FunctionQuery, KeyUse, LoadTestQuery, Period, Store, Totals,
    UsageGroup, UsageQuery, UsageRow, Write,
};
use rusqlite::Connection;

use super::{folder, open};

/// The tables as the first release made them.
const VERSION_1: &str = include_str!("../../src/schema/1.sql");
/// What the next two added.
const VERSION_2: &str = include_str!("../../src/schema/2.sql");
const VERSION_3: &str = include_str!("../../src/schema/3.sql");
const TABLES_1: [&str; 8] = [
    "function_numbers",
    "functions",
    "code_spans",
    "executions",
    "idempotency_keys",
    "usage",
    "scaling_events",
    "state",
];

#[derive(Debug, PartialEq)]
struct Everything {
    functions: Vec<FunctionSummary>,
    executions: Vec<ListedExecution>,
    totals: Totals,
    usage: Vec<UsageRow>,
    code: u128,
    scaling: Vec<ScalingEvent>,
}

async fn everything(store: &dyn Store) -> Everything {
    let executions = ExecutionQuery {
        limit: usize::MAX,
        ..ExecutionQuery::default()
    };
    let usage = UsageQuery {
        period: Period::ALL,
        function: None,
        group: UsageGroup::Function,
    };
    let ever = Timestamp::default();
    Everything {
        functions: store
            .functions(&FunctionQuery::default())
            .await
            .unwrap()
            .items,
        executions: store.executions(&executions).await.unwrap(),
        totals: store.totals().await.unwrap(),
        usage: store.usage(&usage).await.unwrap(),
        code: store.code_byte_micros(Period::ALL, None).await.unwrap(),
        scaling: store.scaling_events(ever, usize::MAX).await.unwrap(),
    }
}

/// The execution without the values that the first release did not keep.
fn as_first_release(mut execution: Execution) -> Execution {
    for attempt in &mut execution.attempts {
        attempt.cpu_time = Duration::ZERO;
        attempt.kv = KvUsage::default();
    }
    execution.cost.kv = NanoDollars::ZERO;
    Execution {
        host_calls: Vec::new(),
        more_host_calls: 0,
        caller: None,
        queueing: Queueing::default(),
        ..execution
    }
}

/// Puts something into every table, and returns one of the functions.
async fn fill(store: &dyn Store, fixtures: &mut Fixtures) -> Function {
    let function = fixtures.function("add");
    store.insert_function(&function).await.unwrap();
    let mut writes = vec![Write::Scaling(fixtures.scaling_event(Some(function.id)))];
    for _ in 0..50 {
        let execution = as_first_release(fixtures.any(function.id));
        writes.push(Write::Insert(Arc::new(execution)));
    }
    store.commit(&writes).await.unwrap();
    function
}

/// Makes a database of the first release at `path` with the rows of the one at `source`.
fn copy_as_version_1(source: &Path, path: &Path) {
    let raw = Connection::open(path).unwrap();
    raw.execute_batch(VERSION_1).unwrap();
    raw.execute_batch("DELETE FROM state").unwrap();
    let source = source.to_str().unwrap();
    raw.execute("ATTACH ? AS source", [source]).unwrap();
    for table in TABLES_1 {
        let columns = columns(&raw, table);
        let copied = raw.execute(
            &format!("INSERT INTO main.{table} SELECT {columns} FROM source.{table}"),
            [],
        );
        assert!(copied.unwrap() > 0, "{table} has no rows");
    }
    raw.execute_batch("DETACH source").unwrap();
    raw.pragma_update(None, "application_id", 0x4661_6153)
        .unwrap();
    raw.pragma_update(None, "user_version", 1).unwrap();
    raw.close().unwrap();
}

/// The columns of a table in the main database, with commas between them.
fn columns(raw: &Connection, table: &str) -> String {
    let sql = "SELECT group_concat(name, ', ') FROM pragma_table_info(?, 'main')";
    raw.query_row(sql, [table], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_database_of_the_first_release_is_upgraded_and_keeps_everything() {
    let (folder, path) = folder();
    let mut fixtures = Fixtures::new();
    let source = folder.path().join("source.db");
    let store = open(&source).await;
    let function = fill(&store, &mut fixtures).await;
    let before = everything(&store).await;
    store.close().await.unwrap();
    copy_as_version_1(&source, &path);

    let store = open(&path).await;
    assert_eq!(everything(&store).await, before);
    let query = LoadTestQuery {
        function: None,
        limit: 9,
    };
    assert_eq!(store.load_tests(&query).await.unwrap(), []);
    let test = fixtures.load_test(&function);
    store.put_load_test(&test).await.unwrap();
    let changed = Function {
        environment: fixtures.environment(function.id),
        ..function.clone()
    };
    let update = store.update_function(&changed, function.updated_at).await;
    update.unwrap();
    let before = Everything {
        functions: vec![FunctionSummary::new(changed, true)],
        ..before
    };
    assert_eq!(store.keys().await.unwrap(), []);
    let key = fixtures.key("ci");
    store.insert_key(&key).await.unwrap();
    store.close().await.unwrap();

    // Opened again, it has nothing to be upgraded.
    let store = open(&path).await;
    assert_eq!(store.load_tests(&query).await.unwrap(), [test]);
    assert_eq!(store.keys().await.unwrap(), [key]);
    assert_eq!(everything(&store).await, before);
}

#[tokio::test]
async fn keys_of_a_release_that_did_not_know_of_their_use_were_never_used() {
    let (_folder, path) = folder();
    let raw = Connection::open(&path).unwrap();
    for step in [VERSION_1, VERSION_2, VERSION_3] {
        raw.execute_batch(step).unwrap();
    }
    let mut key = Fixtures::new().key("ci");
    let insert = "INSERT INTO api_keys VALUES (?, ?, ?, ?, ?, ?, ?)";
    let id = key.id.as_u128().to_be_bytes();
    raw.execute(
        insert,
        rusqlite::params![
            id,
            &*key.name,
            key.role.as_str(),
            key.hash.0,
            key.created_at.as_micros(),
            key.expires_at.map(Timestamp::as_micros),
            None::<i64>,
        ],
    )
    .unwrap();
    raw.pragma_update(None, "application_id", 0x4661_6153)
        .unwrap();
    raw.pragma_update(None, "user_version", 3).unwrap();
    raw.close().unwrap();

    let store = open(&path).await;
    assert_eq!(store.keys().await.unwrap(), [key.clone()]);
    let at = key.created_at;
    let used = KeyUse { id: key.id, at };
    store.note_key_uses(&[used]).await.unwrap();
    key.last_used_at = Some(at);
    assert_eq!(store.keys().await.unwrap(), [key]);
}
