//! How long reports take over a year of closed hours: against the server that `MONGODB_TEST_URI`
//! names, or one of those that the tests use.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark: it may fail, and prints what it measured"
)]

#[path = "../tests/it/server.rs"]
mod server;

use std::time::Duration;

use faas_core::clock::{Clock, SystemClock};
use faas_core::model::Timestamp;
use faas_core::store::conformance::fixtures::{Fixtures, START};
use faas_core::store::{Granularity, Period, Store, UsageGroup, UsageQuery};
use faas_store_mongo::MongoStore;
use mongodb::bson::{Bson, DateTime, Document, doc};
use mongodb::{Client, Database};

/// Functions that ran in every hour.
const FUNCTIONS: usize = 200;
/// Days of the month that is reported.
const DAYS: u32 = 30;
/// Days of the year before it, which have one function.
const YEAR: u32 = 365;
/// How often each figure is measured.
const ROUNDS: usize = 7;

const DAY: Duration = Duration::from_secs(24 * 3_600);
const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::main]
async fn main() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let store = MongoStore::open(&uri).await.unwrap();
    let client = Client::with_uri_str(&uri).await.unwrap();
    let database = client.default_database().unwrap();
    let mut fixtures = Fixtures::new();
    let functions: Vec<String> = (0..FUNCTIONS).map(|_| fixtures.id().to_string()).collect();
    // A month that has ended, from its first day on.
    let month = START.month();
    fill(&database, month, DAYS, &functions).await;
    let whole = Period {
        from: month,
        to: month + DAYS * DAY,
    };
    let odd = Period {
        from: whole.from + 12 * HOUR,
        to: whole.to - 12 * HOUR,
    };
    let by = UsageGroup::Time;
    for (name, period, group) in [
        ("a month by function", whole, UsageGroup::Function),
        ("a month by day", whole, by(Granularity::Day)),
        ("a month by hour", whole, by(Granularity::Hour)),
        (
            "29 days, midday to midday, by function",
            odd,
            UsageGroup::Function,
        ),
        (
            "29 days, midday to midday, by day",
            odd,
            by(Granularity::Day),
        ),
    ] {
        for function in [None, Some(0)] {
            let of_one = functions.first();
            let query = UsageQuery {
                period,
                function: function.and_then(|_: i32| of_one?.parse().ok()),
                group,
            };
            let of = function.map_or("of all", |_| "of one");
            let took = median(async || store.usage(&query).await.unwrap().len()).await;
            println!("{name}, {of}: {took}");
        }
    }
    fill(&database, month - YEAR * DAY, YEAR, &functions[..1]).await;
    let took = median(async || store.totals().await.unwrap().completed as usize).await;
    println!("totals after a year of hours: {took}");
    store.close().await.unwrap();
}

/// The first time, and the median of the others, with what was found.
async fn median(measured: impl AsyncFn() -> usize) -> String {
    let clock = SystemClock::new();
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..=ROUNDS {
        let before = clock.monotonic();
        found = measured().await;
        times.push(clock.monotonic() - before);
    }
    let first = times.remove(0).as_secs_f64() * 1e3;
    times.sort_unstable();
    let median = times[ROUNDS / 2].as_secs_f64() * 1e3;
    format!("{median:8.1} ms (first {first:8.1} ms) {found:9} found")
}

/// Closed hours, as the store writes them, and what they are in, open.
async fn fill(database: &Database, from: Timestamp, days: u32, functions: &[String]) {
    let date = |moment: Timestamp| DateTime::from_millis(moment.as_millis());
    let sums = |executions: i64| {
        doc! {
            "executions": executions, "failed": 1_i64, "cold": 1_i64,
            "durationMicros": 1_000_000_i64, "base": 1_000_000_i64, "coldStart": 50_000_i64,
            "retry": 0_i64, "dataTransfer": 1_000_i64, "tier": "basic",
        }
    };
    let of = |function: &String| (function.clone(), Bson::Document(sums(100)));
    let all: Document = functions.iter().map(of).collect();
    let count = i64::try_from(functions.len()).unwrap();
    for day in 0..days {
        let start = from + day * DAY;
        let hours = (0..24).map(|hour| {
            doc! {
                "_id": date(start + hour * HOUR), "closed": true, "revision": 1_i64,
                "openUntil": date(START), "kept": [], "expiring": [], "isExpiring": false,
                "sums": all.clone(), "total": sums(100 * count),
            }
        });
        let collection = database.collection::<Document>("usagehours");
        collection.insert_many(hours).await.unwrap();
        let open = |start| doc! { "_id": date(start), "closed": false, "revision": 1_i64 };
        let days = database.collection::<Document>("usagedays");
        days.insert_one(open(start)).await.unwrap();
        if start.month() == start || day == 0 {
            let months = database.collection::<Document>("usagemonths");
            // The one that it begins in may be there.
            let _ = months.insert_one(open(start.month())).await;
        }
    }
}
