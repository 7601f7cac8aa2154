//! A server that is killed repeatedly while it computes and stores sums.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use faas_core::clock::{Clock, SystemClock};
use faas_core::error::StoreError;
use faas_core::model::UsageSums;
use faas_core::model::{Execution, Timestamp};
use faas_core::store::conformance::fixtures::Fixtures;
use faas_core::store::conformance::insert;
use faas_core::store::{Granularity, Period, Store, UsageGroup, UsageKey, UsageQuery};
use faas_store_mongo::MongoStore;
use mongodb::Client;
use mongodb::bson::{Document, doc};

use super::server;

/// The environment variable with the URI of the database, for the child.
const URI: &str = "FAAS_TEST_DATABASE";
/// How long hours stay open.
const LEASE: Duration = Duration::from_secs(2);
/// The number of times that the child is killed.
const KILLS: u32 = 10;
/// The hours that the writer has come to when one child is killed and the next one starts.
const HOURS_EACH: u32 = 6;

const GROUPS: [UsageGroup; 4] = [
    UsageGroup::Function,
    UsageGroup::Time(Granularity::Hour),
    UsageGroup::Time(Granularity::Day),
    UsageGroup::Time(Granularity::Month),
];

/// Two days before a month's end.
fn begin() -> Timestamp {
    Timestamp::parse_rfc3339("2026-01-30T00:00:00Z").unwrap()
}

async fn open(uri: &str) -> MongoStore {
    let options = MongoStore::options().hour_lease(LEASE);
    options.open(uri).await.unwrap()
}

fn all_time(group: UsageGroup) -> UsageQuery {
    UsageQuery {
        period: Period::ALL,
        function: None,
        group,
    }
}

/// The child: closes hours, days and months, and expires executions, until it is killed.
#[tokio::test]
#[ignore = "only as the child of the test below"]
async fn roll_up_until_killed() {
    let Ok(uri) = std::env::var(URI) else {
        return;
    };
    let store = open(&uri).await;
    let mut random = Fixtures::new().random;
    random.seed(u64::from(std::process::id()));
    let mut out = std::io::stdout().lock();
    loop {
        let later = Duration::from_secs(3_600) * random.u32(..KILLS * HOURS_EACH);
        let expired = store.expire(begin() + later, random.usize(1..40)).await;
        let group = *GROUPS.get(random.usize(..GROUPS.len())).unwrap();
        let reported = store.usage(&all_time(group)).await;
        for error in [expired.err(), reported.err()].into_iter().flatten() {
            // Another server changes the same documents: the child retries.
            assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        }
        writeln!(out, "rolled up").unwrap();
        out.flush().unwrap();
    }
}

/// Starts the child and waits until it works.
fn start(uri: &str) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::roll_up_until_killed", "--ignored"])
        .args(["--nocapture", "--test-threads=1"])
        .env(URI, uri)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("rolled up")));
    // The rest of its output must not fill the pipe.
    std::thread::spawn(move || lines.count());
    child
}

/// The children during which the writer also writes to past hours. In between, those are closed.
const LATE: [u32; 2] = [4, KILLS - 1];

/// Writes to future hours, and sometimes to past ones.
async fn write(store: &MongoStore, fixtures: &mut Fixtures, number: u32, all: &mut Vec<Execution>) {
    let functions: Vec<_> = match all.is_empty() {
        true => (0..4).map(|_| fixtures.id()).collect(),
        false => all.iter().map(|one| one.function_id).collect(),
    };
    let (last, late) = (
        number * HOURS_EACH + fixtures.random.u32(..HOURS_EACH),
        LATE.contains(&number) && fixtures.random.u8(..8) == 0,
    );
    let hour = if late {
        fixtures.random.u32(..=last)
    } else {
        last
    };
    fixtures.now = begin() + Duration::from_secs(u64::from(hour) * 3_600);
    let within = Duration::from_micros(fixtures.random.u64(..3_599_000_000));
    fixtures.wait(within);
    let mut group = Vec::new();
    for _ in 0..fixtures.random.usize(1..8) {
        let any = fixtures.random.usize(..functions.len());
        group.push(fixtures.ended(*functions.get(any).unwrap()));
    }
    insert(store, &group).await;
    all.extend(group);
}

fn added_up(all: &[Execution], group: UsageGroup) -> BTreeMap<UsageKey, UsageSums> {
    let mut rows = BTreeMap::<_, UsageSums>::new();
    for one in all {
        let key = match group {
            UsageGroup::Function => UsageKey::Function(one.function_id),
            UsageGroup::Time(span) => UsageKey::Time(span.floor(one.created_at)),
        };
        rows.entry(key).or_default().add(&UsageSums::of(one));
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_are_exact_after_kills_while_they_are_computed_and_stored() {
    let Some(uri) = server::new_database() else {
        return;
    };
    let clock = SystemClock::new();
    let store = open(&uri).await;
    let mut fixtures = Fixtures::new();
    let mut all = Vec::new();
    let database = Client::with_uri_str(&uri).await.unwrap();
    let database = database.default_database().unwrap();
    let count = async |collection: &str, filter: Document| {
        let collection = database.collection::<Document>(collection);
        collection.count_documents(filter).await.unwrap()
    };
    for number in 0..KILLS {
        if number == KILLS - 1 {
            // January is over, and is opened again below.
            while count("usagemonths", doc! { "closed": true }).await == 0 {
                clock.sleep(LEASE / 20).await;
                store.usage(&all_time(GROUPS[0])).await.unwrap();
            }
        }
        let uri = uri.clone();
        let starting = tokio::task::spawn_blocking(move || start(&uri));
        while !starting.is_finished() {
            write(&store, &mut fixtures, number, &mut all).await;
        }
        let mut child = starting.await.unwrap();
        let until = clock.monotonic() + Duration::from_millis(fixtures.random.u64(..700));
        while clock.monotonic() < until {
            write(&store, &mut fixtures, number, &mut all).await;
        }
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), None, "it ended by itself");
    }
    for group in GROUPS {
        let expected = added_up(&all, group);
        let rows = store.usage(&all_time(group)).await.unwrap();
        let rows: BTreeMap<_, _> = rows.iter().map(|row| (row.key, row.sums)).collect();
        assert_eq!(rows, expected, "by {group:?}, while hours are open");
    }
    // The leases of the writer end; all hours can be closed.
    clock.sleep(LEASE + LEASE / 4).await;
    for _ in 0..2 {
        for group in GROUPS {
            let expected = added_up(&all, group);
            let rows = store.usage(&all_time(group)).await.unwrap();
            let rows: BTreeMap<_, _> = rows.iter().map(|row| (row.key, row.sums)).collect();
            assert_eq!(rows, expected, "by {group:?}, once all is closed");
        }
    }
    let totals = store.totals().await.unwrap();
    assert_eq!(totals.completed + totals.failed, all.len() as u64);

    // The test has covered expiry and closing.
    let left = count("executions", doc! {}).await;
    assert!(left < all.len() as u64, "none has expired");
    for (spans, at_least) in [("usagehours", 20), ("usagedays", 2), ("usagemonths", 1)] {
        let closed = count(spans, doc! { "closed": true }).await;
        assert!(closed >= at_least, "{closed} of {spans}");
        assert_eq!(count(spans, doc! { "closed": false }).await, 0);
    }
}
