//! What was acknowledged survives the process, however it ends.

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use faas_core::model::{Execution, ExecutionId, IdGenerator};
use faas_core::store::conformance::fixtures::Fixtures;
use faas_core::store::{ExecutionQuery, Period, Store, UsageGroup, UsageQuery, Write, Written};

use super::{folder, open};

/// Tells the child where its database is.
const PATH: &str = "FAAS_TEST_DATABASE";

/// The child: commits groups and prints each id once it is acknowledged, until it is killed.
#[tokio::test]
#[ignore = "only as the child of the test below"]
async fn write_until_killed() {
    let Ok(path) = std::env::var(PATH) else {
        return;
    };
    let store = open(Path::new(&path)).await;
    let newest = store.newest_execution().await.unwrap();
    let ids = IdGenerator::after(newest);
    let mut fixtures = Fixtures::new();
    let function = fixtures.id();
    let mut out = std::io::stdout().lock();
    for group in 0_u64.. {
        fixtures.wait(std::time::Duration::from_millis(1));
        let new = |_| Execution {
            id: ids.execution(fixtures.now),
            ..fixtures.ended(function)
        };
        let executions: Vec<_> = (0..1 + group % 40).map(new).collect();
        let insert = |one: &Execution| Write::Insert(Arc::new(one.clone()));
        let writes: Vec<_> = executions.iter().map(insert).collect();
        let written = store.commit(&writes).await.unwrap();
        assert!(written.iter().all(|one| *one == Written::Done));
        for one in &executions {
            writeln!(out, "acknowledged {}", one.id).unwrap();
        }
        out.flush().unwrap();
    }
}

/// Starts the child, kills it after it has acknowledged `enough`, and returns all it acknowledged.
fn killed_child(path: &Path, enough: usize) -> Vec<ExecutionId> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::write_until_killed", "--ignored"])
        .args(["--nocapture", "--test-threads=1"])
        .env(PATH, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    let mut killed = false;
    // What it wrote before the kill is still in the pipe, the last line maybe in part.
    while let Some(Ok(line)) = lines.next() {
        let Some((_, id)) = line.split_once("acknowledged ") else {
            continue;
        };
        acknowledged.extend(id.parse::<ExecutionId>());
        if acknowledged.len() >= enough && !killed {
            child.kill().unwrap();
            killed = true;
        }
    }
    let status = child.wait().unwrap();
    assert!(killed && !status.success(), "it ended by itself: {status}");
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_after_kill_9_and_groups_are_whole() {
    let (_folder, path) = folder();
    let mut acknowledged = Vec::new();
    for enough in [1, 300, 2_000, 50, 5_000] {
        let child_path = path.clone();
        let more = tokio::task::spawn_blocking(move || killed_child(&child_path, enough));
        acknowledged.extend(more.await.unwrap());

        let store = open(&path).await;
        let query = ExecutionQuery {
            limit: usize::MAX,
            ..ExecutionQuery::default()
        };
        let stored = store.executions(&query).await.unwrap();
        let mut ids: Vec<_> = stored.iter().map(|one| one.id).collect();
        ids.reverse();
        assert!(ids.is_sorted());
        for id in &acknowledged {
            assert!(ids.binary_search(id).is_ok(), "{id} was acknowledged");
        }
        // Sums and totals are of exactly what is there, committed with it.
        let totals = store.totals().await.unwrap();
        assert_eq!(totals.completed + totals.failed, ids.len() as u64);
        let query = UsageQuery {
            period: Period::ALL,
            function: None,
            group: UsageGroup::Function,
        };
        let usage = store.usage(&query).await.unwrap();
        let counted: u64 = usage.iter().map(|row| row.sums.executions).sum();
        assert_eq!(counted, ids.len() as u64);
        store.close().await.unwrap();
    }
}
