//! Journals that were cut short, damaged, in use, or written with other settings.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use faas_core::error::StoreError;
use faas_core::model::{Execution, Function, FunctionConfig, FunctionStatus, ListedExecution};
use faas_core::store::conformance::fixtures::Fixtures;
use faas_core::store::{
    ExecutionQuery, IDEMPOTENCY_WINDOW, Lease, Owner, Stage, Store, Write, Written,
};
use faas_custom_store::JournalStore;

use super::{folder, open};

async fn list(store: &JournalStore) -> Vec<ListedExecution> {
    let query = ExecutionQuery {
        limit: usize::MAX,
        ..ExecutionQuery::default()
    };
    store.executions(&query).await.unwrap()
}

fn insert(execution: &Execution) -> Write {
    Write::Insert(Arc::new(execution.clone()))
}

/// Opening `path` fails with an error that names the file and says `what`.
async fn refuse(path: &Path, what: &str) -> StoreError {
    let error = JournalStore::open(path).await.unwrap_err();
    let line = error.to_string();
    assert!(line.contains(&path.display().to_string()), "{line}");
    assert!(line.contains(what), "{line}");
    error
}

/// A journal of three groups of two.
async fn three_groups(path: &Path) -> Vec<Execution> {
    let mut fixtures = Fixtures::new();
    let function = fixtures.id();
    let store = open(path).await;
    let mut all = Vec::new();
    for _ in 0..3 {
        let group = [fixtures.ended(function), fixtures.ended(function)];
        store.commit(&group.each_ref().map(insert)).await.unwrap();
        all.extend(group);
    }
    store.close().await.unwrap();
    all.reverse();
    all
}

#[tokio::test]
async fn a_group_that_was_cut_short_is_gone_as_a_whole_and_all_before_it_are_there() {
    let (_folder, path) = folder();
    let all = three_groups(&path).await;
    let bytes = fs::read(&path).unwrap();
    let last = bytes[..bytes.len() - 1].iter().rposition(|b| *b == b'\n');
    let begin = last.unwrap() + 1;
    for end in (begin..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
        fs::write(&path, &bytes[..end]).unwrap();
        let store = open(&path).await;
        assert_eq!(list(&store).await, all[2..], "cut at {end}");
        // What comes next does not end up in the middle of what was left.
        let group = [&all[1], &all[0]].map(insert);
        store.commit(&group).await.unwrap();
        store.close().await.unwrap();
        let store = open(&path).await;
        assert_eq!(list(&store).await, all, "cut at {end}");
    }
}

#[tokio::test]
async fn a_journal_that_was_cut_short_in_its_first_line_is_empty() {
    let (_folder, path) = folder();
    fs::write(&path, "{\"for").unwrap();
    let store = open(&path).await;
    assert!(list(&store).await.is_empty());
    store.close().await.unwrap();
    three_groups(&path).await;
    assert_eq!(list(&open(&path).await).await.len(), 6);
}

#[tokio::test]
async fn a_damaged_line_is_named_and_the_file_is_left_as_it_is() {
    let (_folder, path) = folder();
    three_groups(&path).await;
    let text = fs::read_to_string(&path).unwrap();
    for damaged in 1..=4 {
        let damage = |(index, line): (usize, &str)| match index + 1 == damaged {
            true => format!("{}\n", line.replace(':', ";")),
            false => format!("{line}\n"),
        };
        let damaged_text: String = text.lines().enumerate().map(damage).collect();
        fs::write(&path, &damaged_text).unwrap();
        let error = refuse(&path, &format!("line {damaged}:")).await;
        assert!(matches!(error, StoreError::Unusable(_)), "{error:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), damaged_text);
    }
}

#[tokio::test]
async fn a_journal_of_a_newer_release_is_unusable() {
    let (_folder, path) = folder();
    fs::write(&path, "{\"format\":2,\"capacity\":9}\n").unwrap();
    let error = refuse(&path, "newer release").await;
    assert!(matches!(error, StoreError::Unusable(_)), "{error:?}");
}

#[tokio::test]
async fn a_second_store_on_the_same_file_is_refused_until_the_first_lets_go() {
    let (_folder, path) = folder();
    let first = open(&path).await;
    let error = refuse(&path, "another process uses it").await;
    assert!(error.is_retryable(), "{error:?}");
    first.close().await.unwrap();
    let second = open(&path).await;
    // Dropped without being closed, it lets go of the file just as well.
    drop(second);
    open(&path).await;
}

#[tokio::test]
async fn a_file_that_cannot_be_made_is_unavailable() {
    let (folder, _) = folder();
    let error = refuse(&folder.path().join("missing/faas.journal"), "").await;
    assert!(error.is_retryable(), "{error:?}");
}

#[tokio::test]
async fn every_field_outlives_a_restart() {
    let (_folder, path) = folder();
    let mut fixtures = Fixtures::new();
    let store = open(&path).await;
    let id = fixtures.id();
    let odd = Function {
        id,
        environment: fixtures.environment(id),
        description: "söme \"quoted\" 😀\nlines".into(),
        code: "// ü\r\nreturn `${input}` + \"\\u0000\"".into(),
        version: 7,
        status: FunctionStatus::Inactive,
        config: FunctionConfig {
            timeout: Duration::from_nanos(61_234_567_891),
            retry_count: 10,
            retry: serde_json::from_str(r#"{"base": 5, "retryOn": ["timeout"]}"#)
                .ok()
                .map(Arc::new),
            concurrency: Some(4),
            concurrency_per_key: Some(2),
            memory: Some(64),
            bindings: Some(["inventory".into()].into()),
            egress: None,
            http: None,
            kv: None,
            tool: None,
            runtime: Some("processes".into()),
        },
        ..fixtures.function("名前 '; --")
    };
    store.insert_function(&odd).await.unwrap();
    let inserted: Vec<_> = (0..300).map(|_| fixtures.any(odd.id)).collect();
    let group: Vec<_> = inserted.iter().map(insert).collect();
    store.commit(&group).await.unwrap();
    let mut settled = fixtures.pending(odd.id);
    settled.input = faas_core::model::Json::trusted("{\n  \"line\": \"breaks\"\n}");
    let lease = Lease {
        owner: Owner::new("somebody"),
        until: fixtures.now,
    };
    let (id, attempt) = (settled.id, 1);
    let accept = insert(&settled);
    settled.claim().unwrap();
    let from = Stage::of(&settled);
    fixtures.end(&mut settled);
    let execution = Arc::new(settled);
    let claim = Write::Claim { id, attempt, lease };
    let events = [None, Some(odd.id)].map(|function| fixtures.scaling_event(function));
    let settle = Write::Settle { execution, from };
    let mut group = vec![accept, claim, settle];
    group.extend(events.iter().cloned().map(Write::Scaling));
    assert_eq!(store.commit(&group).await.unwrap(), [Written::Done; 5]);
    let before = list(&store).await;
    store.close().await.unwrap();

    let store = open(&path).await;
    assert_eq!(list(&store).await, before);
    for one in &inserted {
        // Lists only count host calls.
        let stored = store.execution(one.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(one));
    }
    assert_eq!(store.function(odd.id).await.unwrap(), Some(odd));
    let mut stored = store.scaling_events(events[0].at, 9).await.unwrap();
    stored.reverse();
    assert_eq!(stored, events);
}

/// With room for three, keys are forgotten with their executions and used again; with more room,
/// what was accepted then would be a duplicate now.
#[tokio::test]
async fn what_memory_forgot_is_forgotten_again_and_answers_stay_the_same() {
    let (_folder, path) = folder();
    fs::write(&path, "{\"format\":1,\"capacity\":3}\n").unwrap();
    let mut fixtures = Fixtures::new();
    let function = fixtures.id();
    let store = open(&path).await;
    let mut written = Vec::new();
    for n in 0..20 {
        let mut one = fixtures.pending(function);
        one.idempotency_key = Some(format!("key {}", n % 5).into());
        let accepted = store.commit(&[insert(&one)]).await.unwrap();
        written.extend(accepted);
        one.claim().unwrap();
        fixtures.end(&mut one);
        let lease = Lease {
            owner: Owner::new("somebody"),
            until: fixtures.now,
        };
        let claim = Write::Claim {
            id: one.id,
            attempt: 1,
            lease,
        };
        let from = Stage {
            status: faas_core::model::Status::Running,
            attempt: 1,
        };
        let execution = Arc::new(one);
        let settle = Write::Settle { execution, from };
        store.commit(&[claim, settle]).await.unwrap();
        fixtures.wait(IDEMPOTENCY_WINDOW / 1_000);
    }
    assert_eq!(written, [Written::Done; 20]);
    let (before, totals) = (list(&store).await, store.totals().await.unwrap());
    assert_eq!(before.len(), 3);
    store.close().await.unwrap();
    let store = open(&path).await;
    assert_eq!(list(&store).await, before);
    assert_eq!(store.totals().await.unwrap(), totals);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_and_file_agree_when_callers_stop_waiting() {
    let (_folder, path) = folder();
    let mut fixtures = Fixtures::new();
    let function = fixtures.id();
    let store = open(&path).await;
    for _ in 0..200 {
        let group = [insert(&fixtures.ended(function))];
        // It is asked once, and dropped.
        let _ = tokio::time::timeout(Duration::ZERO, store.commit(&group)).await;
    }
    store.close().await.unwrap();
    let before = list(&store).await;
    assert!(!before.is_empty());
    drop(store);
    assert_eq!(list(&open(&path).await).await, before);
}
