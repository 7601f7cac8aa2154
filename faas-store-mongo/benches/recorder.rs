//! What the recorder gains by committing in groups: a platform under many calls at once, against the
//! same with a store that commits each write alone; on the server that `MONGODB_TEST_URI` names, or
//! one of those that the tests use.
//!
//! Once over the loopback interface, where what the server does for each document counts most; and
//! once over a line on which each request takes a millisecond, as it does where a server is on another
//! machine, and more where it waits until its copies have a write.
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
use faas_mongo_testserver::FaultProxy;
use faas_store_mongo::MongoStore;

use self::echo::Echo;
use self::tap::Tap;

/// Executions for each figure.
const COUNT: usize = 2_048;
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

/// What each request takes on the longer line.
const LINE: Duration = Duration::from_millis(1);

#[tokio::main]
async fn main() {
    for (line, delay) in [("loopback", Duration::ZERO), ("a line of 1 ms", LINE)] {
        for (name, kind) in [
            ("direct invokes", Kind::Direct),
            ("accepted executes", Kind::Accepted),
        ] {
            let (mut grouped, mut alone) = (Vec::new(), Vec::new());
            for _ in 0..=ROUNDS {
                for (is_alone, measured) in [(false, &mut grouped), (true, &mut alone)] {
                    let Some(one) = measure(kind, is_alone, delay).await else {
                        return;
                    };
                    measured.push(one);
                }
            }
            let writes: Vec<f64> = grouped.iter().map(|one| one.writes_per_commit).collect();
            let rates = |all: Vec<Measured>| median(all.iter().map(|one| one.rate).collect());
            let (grouped, alone) = (rates(grouped), rates(alone));
            println!(
                "{line}, {name}: {grouped:6.0}/s in groups of {:.0}, {alone:6.0}/s one by one: {:.1}x",
                median(writes),
                grouped / alone
            );
        }
    }
}

struct Measured {
    /// How many executions ended per second.
    rate: f64,
    writes_per_commit: f64,
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.remove(0);
    rates.sort_unstable_by(f64::total_cmp);
    rates[ROUNDS / 2]
}

async fn measure(kind: Kind, is_alone: bool, delay: Duration) -> Option<Measured> {
    let uri = server::new_database()?;
    let proxy = FaultProxy::to(&uri);
    let is_direct = delay.is_zero();
    let uri = if is_direct { &uri } else { &proxy.uri };
    let store = MongoStore::open(uri).await.unwrap();
    proxy.delay(delay);
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
    let (ended, before_them) = (store.by.ended(), store.by.commits());
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
    let (writes, commits) = store.by.commits();
    platform.shutdown().await;
    Some(Measured {
        rate: COUNT as f64 / took.as_secs_f64(),
        writes_per_commit: (writes - before_them.0) as f64 / (commits - before_them.1) as f64,
    })
}

async fn call(platform: &Platform, function: FunctionId, kind: Kind) {
    let input = Json::trusted(r#"{"a":1,"b":2}"#);
    match kind {
        Kind::Direct => drop(platform.invoke(function, input).await.unwrap()),
        Kind::Accepted => drop(platform.execute(function, input).await.unwrap()),
    }
}
