//! Rows that cannot be read: each costs itself and nothing else.

use std::path::Path;
use std::sync::Arc;

use faas_core::model::{
    Execution, ExecutionId, FailureKind, Function, FunctionConfig, FunctionStatus, Status,
};
use faas_core::store::conformance::claim;
use faas_core::store::conformance::fixtures::Fixtures;
use faas_core::store::{
    AccessStore, AuditQuery, ExecutionQuery, FunctionQuery, Granularity, LoadTestQuery, Period,
    Store, UsageGroup, UsageQuery, Write, Written,
};
use rusqlite::Connection;

use super::{folder, open};

/// What can be in a column of an execution. SQLite keeps the types of columns, so a text is a text, but
/// it may be no UTF-8, and no JSON.
const EXECUTION: [&str; 26] = [
    "status = 9",
    "status = -1",
    "attempt = -3",
    "attempt = 99999999999",
    "created_at = -9223372036854775807",
    "duration = -5",
    "cold_start = 7",
    "cost_tier = 12",
    "tier = -1",
    "memory_mb = -1",
    "cpu_millis = 99999999999",
    "function_version = -2",
    "function_no = 4711",
    "retry_count = -1",
    "failure = 'no JSON'",
    "failure = '{\"kind\": \"nonsense\"}'",
    "attempts = '[{}]'",
    "attempts = '-5'",
    "attempts = '5.5'",
    "host_calls = '[[1]]'",
    "host_calls = CAST(x'ff' AS TEXT)",
    "host_call_count = -3",
    "logs = '{'",
    "input = '{\"a\":'",
    "output = CAST(x'ff22' AS TEXT)",
    "instance_id = CAST(x'c0' AS TEXT)",
];

fn change(path: &Path, sql: &str) {
    let raw = Connection::open(path).unwrap();
    let changed = raw.execute(sql, []).unwrap();
    assert!(changed > 0, "{sql}");
    raw.close().unwrap();
}

async fn insert(store: &dyn Store, executions: &[Execution]) {
    let insert = |one: &Execution| Write::Insert(Arc::new(one.clone()));
    let writes: Vec<_> = executions.iter().map(insert).collect();
    let written = store.commit(&writes).await.unwrap();
    assert!(written.iter().all(|one| *one == Written::Done));
}

#[tokio::test]
async fn a_damaged_execution_is_shown_in_part_and_the_others_in_full() {
    let (_folder, path) = folder();
    let mut fixtures = Fixtures::new();
    let store = open(&path).await;
    let function = fixtures.function("add");
    store.insert_function(&function).await.unwrap();
    let all: Vec<_> = (0..EXECUTION.len() * 2)
        .map(|_| fixtures.ended(function.id))
        .collect();
    insert(&store, &all).await;
    store.close().await.unwrap();
    // Every second one is damaged.
    for (damage, one) in EXECUTION.iter().zip(all.iter().step_by(2)) {
        let id = one.id.as_u128();
        let damage = format!("UPDATE executions SET {damage} WHERE id = x'{id:032x}'");
        change(&path, &damage);
    }

    let store = open(&path).await;
    let everything = ExecutionQuery {
        limit: 1_000,
        ..ExecutionQuery::default()
    };
    let listed = store.executions(&everything).await.unwrap();
    assert!(listed.len() >= all.len() - 1, "{}", listed.len());
    for one in all.iter().skip(1).step_by(2) {
        let found = listed.iter().find(|found| found.id == one.id);
        assert_eq!(found.unwrap(), one);
    }
    for one in &all {
        let found = store.execution(one.id).await.unwrap();
        assert_eq!(found.unwrap().id, one.id);
    }
    for kind in FailureKind::ALL {
        let failed = ExecutionQuery {
            failure: Some(kind),
            ..everything.clone()
        };
        store.executions(&failed).await.unwrap();
    }
    for function in [None, Some(function.id)] {
        let durations = store.recent_durations(function, Default::default(), 100);
        assert!(durations.await.unwrap().len() > EXECUTION.len() / 2);
        for group in [
            UsageGroup::Function,
            UsageGroup::Time(Granularity::Minute),
            UsageGroup::Time(Granularity::Month),
        ] {
            // From the executions themselves, and from sums.
            for from in [all[1].created_at, Default::default()] {
                let to = Period::ALL.to;
                let period = Period { from, to };
                let query = UsageQuery {
                    period,
                    function,
                    group,
                };
                assert!(!store.usage(&query).await.unwrap().is_empty());
            }
        }
    }
    store.totals().await.unwrap();
}

#[tokio::test]
async fn damaged_host_calls_cost_only_themselves_and_are_still_counted() {
    let (_folder, path) = folder();
    let mut fixtures = Fixtures::new();
    let store = open(&path).await;
    let function = fixtures.id();
    let mut one = fixtures.ended(function);
    one.host_calls = (0..3).map(|_| fixtures.host_call()).collect();
    one.more_host_calls = 4;
    insert(&store, std::slice::from_ref(&one)).await;
    store.close().await.unwrap();
    let damage = "UPDATE executions SET host_calls = '[[1, 2]]'";
    change(&path, damage);
    let store = open(&path).await;
    let read = store.execution(one.id).await.unwrap();
    let expected = Execution {
        host_calls: Vec::new(),
        more_host_calls: 7,
        ..one
    };
    assert_eq!(read, Some(expected));
}

#[tokio::test]
async fn a_function_with_unreadable_bindings_has_none() {
    let (_folder, path) = folder();
    let mut fixtures = Fixtures::new();
    let store = open(&path).await;
    let function = fixtures.function("add");
    store.insert_function(&function).await.unwrap();
    store.close().await.unwrap();
    change(&path, "UPDATE functions SET bindings = '[1]', memory = -1");
    let store = open(&path).await;
    let read = store.function(function.id).await.unwrap().unwrap();
    let bindings = Some([].into());
    assert_eq!(
        read.config,
        FunctionConfig {
            bindings,
            ..function.config
        }
    );
}

#[tokio::test]
async fn an_unfinished_execution_that_is_damaged_is_not_run_and_the_others_are() {
    let (_folder, path) = folder();
    let mut fixtures = Fixtures::new();
    let store = open(&path).await;
    let function = fixtures.id();
    let pending: Vec<_> = (0..6).map(|_| fixtures.pending(function)).collect();
    insert(&store, &pending).await;
    store.close().await.unwrap();
    let damage = |id: ExecutionId, what: &str| {
        let id = id.as_u128();
        change(
            &path,
            &format!("UPDATE executions SET {what} WHERE id = x'{id:032x}'"),
        );
    };
    damage(pending[0].id, "input = '{\"a\":'");
    damage(pending[2].id, "attempt = -1");
    damage(pending[3].id, "function_version = 99999999999");
    // What does not matter for running it is replaced.
    damage(pending[4].id, "logs = 'no JSON'");

    let store = open(&path).await;
    let unfinished = store.unfinished(None, 2).await.unwrap();
    let ids: Vec<_> = unfinished.items.iter().map(|one| one.id).collect();
    assert_eq!(ids, [pending[1].id, pending[4].id]);
    let rest = store.unfinished(unfinished.next, 2).await.unwrap();
    assert_eq!(rest.items, [pending[5].clone()]);
    for damaged in [0, 2, 3] {
        let shown = store.execution(pending[damaged].id).await.unwrap().unwrap();
        assert_eq!(shown.status, Status::Failed);
        let failure = shown.failure.unwrap();
        assert_eq!(failure.kind, FailureKind::Platform);
        assert!(failure.message.contains("damaged"), "{}", failure.message);
    }
    let writes = [claim(pending[2].id, 1), claim(pending[1].id, 1)];
    let written = store.commit(&writes).await.unwrap();
    assert_eq!(written, [Written::Stale, Written::Done]);
}

#[tokio::test]
async fn a_damaged_function_is_shown_and_can_be_changed_and_deleted() {
    let (_folder, path) = folder();
    let mut fixtures = Fixtures::new();
    let store = open(&path).await;
    let (odd, sound) = (fixtures.function("odd"), fixtures.function("sound"));
    for function in [&odd, &sound] {
        store.insert_function(function).await.unwrap();
    }
    store.close().await.unwrap();
    change(
        &path,
        "UPDATE functions SET timeout = -1, retry_count = -2, version = 99999999999, tier = 77,
            environment = 'no JSON', description = CAST(x'ff' AS TEXT) WHERE name = 'odd'",
    );

    let store = open(&path).await;
    for code in [true, false] {
        let query = FunctionQuery {
            code,
            ..FunctionQuery::default()
        };
        let page = store.functions(&query).await.unwrap();
        assert_eq!(page.items.len(), 2);
        assert_eq!(page.items[1].config, FunctionConfig::default());
    }
    let shown = store.function(odd.id).await.unwrap().unwrap();
    assert_eq!((&*shown.code, shown.version), (&*odd.code, 1));
    let labels = store.labels(&[odd.id, sound.id]).await.unwrap();
    assert_eq!(labels.len(), 2);
    assert_eq!(store.function_counts().await.unwrap().active, 2);
    store.code_byte_micros(Period::ALL, None).await.unwrap();
    let off = Function {
        status: FunctionStatus::Inactive,
        name: "even".into(),
        ..shown.clone()
    };
    store.update_function(&off, shown.updated_at).await.unwrap();
    assert_eq!(store.function(odd.id).await.unwrap(), Some(off));
    assert!(store.delete_function(odd.id, fixtures.now).await.unwrap());
}

#[tokio::test]
async fn damaged_keys_load_tests_and_entries_of_the_audit_log_cost_themselves() {
    let (_folder, path) = folder();
    let mut fixtures = Fixtures::new();
    let store = open(&path).await;
    let function = fixtures.function("add");
    let (lost, kept) = (fixtures.load_test(&function), fixtures.load_test(&function));
    for test in [&lost, &kept] {
        store.put_load_test(test).await.unwrap();
    }
    let (odd, sound) = (fixtures.key("odd"), fixtures.key("sound"));
    for key in [&odd, &sound] {
        store.insert_key(key).await.unwrap();
    }
    store.close().await.unwrap();
    let id = lost.id.as_u128();
    change(
        &path,
        &format!("UPDATE load_tests SET record = '{{' WHERE id = x'{id:032x}'"),
    );
    change(
        &path,
        "UPDATE api_keys SET role = 'king' WHERE name = 'odd'",
    );
    change(
        &path,
        "INSERT INTO audit VALUES (x'01', 1, NULL, NULL, 'no action', 'x')",
    );

    let store = open(&path).await;
    let query = LoadTestQuery {
        function: None,
        limit: 9,
    };
    assert_eq!(store.load_tests(&query).await.unwrap(), [kept]);
    assert_eq!(store.load_test(lost.id).await.unwrap(), None);
    // Nobody gets in with it, and the server still knows that there are keys.
    let keys = store.keys().await.unwrap();
    assert_eq!(keys.len(), 2);
    assert!(keys.contains(&sound));
    assert!(keys[1].revoked_at.is_some());
    let audit = AuditQuery {
        before: None,
        limit: 9,
    };
    assert_eq!(store.audit(&audit).await.unwrap(), []);
}
