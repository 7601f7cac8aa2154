//! What the recorder gains by committing in groups: a platform under many calls at once, against the
//! same with a store that commits each write alone; on the server that `MONGODB_TEST_URI` names, or
//! one of those that the tests use.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark: it may fail, and prints what it measured"
)]

#[path = "recorder/echo.rs"]
mod echo;
#[path = "../tests/it/server.rs"]
mod server;
#[path = "recorder/tap.rs"]
mod tap;

use std::sync::Arc;
use std::time::Duration;

use faas_core::Platform;
use faas_core::clock::{Clock, SystemClock};
use faas_core::model::{FunctionId, Json};
use faas_core::platform::NewFunction;
use faas_core::store::conformance::intercepted::Intercepted;
use faas_store_mongo::MongoStore;

use self::echo::Echo;
use self::tap::Tap;

/// Executions for each figure.
const COUNT: usize = 4_096;
/// How many callers there are, each of which waits for its answer.
const CALLERS: usize = 256;
/// How often each figure is measured. The first round, which pays for whatever the server has yet to
/// compile, does not count.
const ROUNDS: usize = 5;

#[derive(Clone, Copy)]
enum Kind {
    /// The caller waits for the end, and only that is written.
    Direct,
    /// It is accepted, claimed and settled: three writes.
    Accepted,
}

#[tokio::main]
async fn main() {
    for (name, kind) in [
        ("direct invokes", Kind::Direct),
        ("accepted executes", Kind::Accepted),
    ] {
        let (mut grouped, mut alone) = (Vec::new(), Vec::new());
        for _ in 0..=ROUNDS {
            for (is_alone, rates) in [(false, &mut grouped), (true, &mut alone)] {
                let Some(rate) = measure(kind, is_alone).await else {
                    return;
                };
                rates.push(rate);
            }
        }
        let (grouped, alone) = (median(grouped), median(alone));
        println!(
            "{name}: {grouped:6.0}/s in groups, {alone:6.0}/s one by one: {:.1}x",
            grouped / alone
        );
    }
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.remove(0);
    rates.sort_unstable_by(f64::total_cmp);
    rates[ROUNDS / 2]
}

/// How many executions end per second.
async fn measure(kind: Kind, is_alone: bool) -> Option<f64> {
    let store = MongoStore::open(&server::new_database()?).await.unwrap();
    let store = Arc::new(Intercepted {
        store: Arc::new(store),
        by: Tap::new(is_alone),
    });
    let platform = Platform::builder()
        .shared_store(store.clone())
        .runtime(Echo)
        .options(|options| {
            options.min_instances = 4;
            options.max_instances = 4;
            // What is measured is not others' work, of which there is none.
            options.lease_margin = Duration::from_secs(60);
        })
        .build()
        .await
        .unwrap();
    let new = NewFunction::new("echo", "returns its input", "echo");
    let function = platform.functions().create(new).await.unwrap().id;
    // Holds the hour open.
    call(&platform, function, Kind::Direct).await;
    let ended = store.by.ended();
    let clock = SystemClock::new();
    let before = clock.monotonic();
    let callers = (0..CALLERS).map(|_| {
        let platform = platform.clone();
        tokio::spawn(async move {
            for _ in 0..COUNT / CALLERS {
                call(&platform, function, kind).await;
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    store.by.wait_for(ended + COUNT).await;
    let took = clock.monotonic() - before;
    platform.shutdown().await;
    Some(COUNT as f64 / took.as_secs_f64())
}

async fn call(platform: &Platform, function: FunctionId, kind: Kind) {
    let input = Json::trusted(r#"{"a":1,"b":2}"#);
    match kind {
        Kind::Direct => drop(platform.invoke(function, input).await.unwrap()),
        Kind::Accepted => drop(platform.execute(function, input, None).await.unwrap()),
    }
}
