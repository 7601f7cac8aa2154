//! What a commit of many writes gains over one for each: against the server that
//! `MONGODB_TEST_URI` names, or one of those that the tests use.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark: it may fail, and prints what it measured"
)]

#[path = "../tests/it/server.rs"]
mod server;

use std::sync::Arc;

use faas_core::clock::{Clock, SystemClock};
use faas_core::model::Status;
use faas_core::store::conformance::claim;
use faas_core::store::conformance::fixtures::Fixtures;
use faas_core::store::{Stage, Store, Write, Written};
use faas_store_mongo::MongoStore;

const RUNNING: Stage = Stage {
    status: Status::Running,
    attempt: 1,
};

/// Executions for each figure, in a new database each time.
const COUNT: usize = 4_096;

#[tokio::main]
async fn main() {
    // The first one pays for whatever the server has yet to compile.
    measure(64).await;
    measure(1).await;
    let mut single = None;
    for group in [1, 16, 64, 256, 512] {
        let Some(rates) = measure(group).await else {
            return;
        };
        let single = single.get_or_insert(rates);
        let names = ["inserts", "claims", "settlements"];
        print!("groups of {group:3}:");
        for ((name, rate), single) in names.iter().zip(rates).zip(single) {
            print!("  {rate:6.0} {name}/s ({:.1}x)", rate / *single);
        }
        println!();
    }
}

/// Inserts, claims and settles; returns how many of each there were per second.
async fn measure(group: usize) -> Option<[f64; 3]> {
    let store = MongoStore::open(&server::new_database()?).await.unwrap();
    let mut fixtures = Fixtures::new();
    // Holds the hour open.
    let function = fixtures.id();
    let first = Write::Insert(Arc::new(fixtures.ended(function)));
    commit(&store, vec![first], 1).await;
    let mut executions = Vec::with_capacity(COUNT);
    for _ in 0..COUNT {
        let mut one = fixtures.pending(function);
        one.input = faas_core::model::Json::trusted(r#"{"a":1,"b":2}"#);
        executions.push(one);
    }
    let inserts = executions.iter();
    let inserts = inserts.map(|one| Write::Insert(Arc::new(one.clone())));
    let inserted = commit(&store, inserts.collect(), group).await;
    let claims = executions.iter().map(|one| claim(one.id, 1));
    let claimed = commit(&store, claims.collect(), group).await;
    let settlements = executions.iter_mut().map(|one| {
        one.claim().unwrap();
        let attempt = fixtures.attempt(false);
        let end = attempt.start_time + attempt.duration;
        one.end_attempt(attempt).unwrap();
        let output = faas_core::model::Json::trusted("3");
        one.complete(output, end).unwrap();
        Write::Settle {
            execution: Arc::new(one.clone()),
            from: RUNNING,
        }
    });
    let settled = commit(&store, settlements.collect(), group).await;
    store.close().await.unwrap();
    Some([inserted, claimed, settled])
}

async fn commit(store: &MongoStore, writes: Vec<Write>, group: usize) -> f64 {
    let clock = SystemClock::new();
    let before = clock.monotonic();
    for group in writes.chunks(group) {
        let written = store.commit(group).await.unwrap();
        assert!(written.iter().all(|one| *one == Written::Done));
    }
    let took = clock.monotonic() - before;
    writes.len() as f64 / took.as_secs_f64()
}
