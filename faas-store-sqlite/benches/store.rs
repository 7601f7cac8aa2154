//! How fast executions are committed and reports are read.
//!
//! `cargo bench -p faas-store-sqlite` prints one table for commits, by the size of a group and the
//! number of functions that share it, and one for reports over a month of executions. Words after
//! `--` choose: `commit`, `paced`, `full` (each commit waits for the disk), `report`, `memory`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark prints, and stops at the first failure"
)]

use std::sync::Arc;
use std::time::Duration;

use faas_core::clock::{Clock, SystemClock};
use faas_core::cost::{PriceBook, Usage, price};
use faas_core::model::Cost;
use faas_core::model::{
    Attempt, Execution, FunctionId, IdGenerator, InstanceId, Json, KvUsage, Status, Tier, Timestamp,
};
use faas_core::store::{Granularity, MemoryStore, Period, Store, UsageGroup, UsageQuery, Write};
use faas_store_sqlite::{Durability, SqliteStore};
use hdrhistogram::Histogram;

const COMMITTED: usize = 200_000;
const REPORTED: usize = 1_000_000;
const REPORTED_FUNCTIONS: usize = 200;
const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);
const DAY: Duration = Duration::from_secs(24 * 3600);

struct Source {
    ids: IdGenerator,
    functions: Vec<FunctionId>,
    book: PriceBook,
    now: Timestamp,
    step: Duration,
    random: fastrand::Rng,
}

impl Source {
    fn new(functions: usize, step: Duration) -> Self {
        let ids = IdGenerator::default();
        Self {
            functions: (0..functions).map(|_| ids.function(START)).collect(),
            ids,
            book: PriceBook::default(),
            now: START,
            step,
            random: fastrand::Rng::with_seed(7),
        }
    }

    /// An execution that has ended, with 200 bytes of input and output.
    fn next(&mut self) -> Execution {
        self.now = self.now + self.step;
        let now = self.now;
        let instance = InstanceId::new("instance-1");
        let attempt = Attempt {
            start_time: now,
            duration: Duration::from_micros(self.random.u64(100..5_000)),
            failure: None,
            instance_id: Some(instance.clone()),
            cold_start: self.random.u8(..) == 0,
            cpu_time: Duration::from_micros(self.random.u64(50..5_000)),
            kv: KvUsage::default(),
            code: None,
        };
        let text = || Json::trusted(format!("{{\"text\":\"{}\"}}", "x".repeat(89)));
        let mut execution = Execution {
            id: self.ids.execution(now),
            function_id: self.functions[self.random.usize(..self.functions.len())],
            function_version: 1,
            tier: Tier::Basic,
            status: Status::Completed,
            input: text(),
            output: Some(text()),
            failure: None,
            created_at: now,
            start_time: Some(now),
            end_time: Some(now + attempt.duration),
            duration: attempt.duration,
            attempt: 1,
            retry_count: 0,
            max_retries: 3,
            due_at: None,
            instance_id: Some(instance),
            cold_start: attempt.cold_start,
            cost: Cost::zero(Tier::Basic, &self.book),
            logs: Vec::new(),
            attempts: vec![attempt],
            host_calls: Vec::new(),
            more_host_calls: 0,
            retry_of: None,
            idempotency_key: None,
            queueing: faas_core::model::Queueing::default(),
            caller: None,
        };
        execution.cost = price(&Usage::of(&execution), &self.book);
        execution
    }

    fn group(&mut self, size: usize) -> Vec<Write> {
        let insert = |_| Write::Insert(Arc::new(self.next()));
        (0..size).map(insert).collect()
    }
}

async fn commits(store: &dyn Store, clock: &SystemClock, group: usize, functions: usize) {
    let mut source = Source::new(functions, Duration::from_micros(50));
    let mut latency = Histogram::<u64>::new(3).unwrap();
    let mut spent = Duration::ZERO;
    let mut done = 0;
    while done < COMMITTED {
        let writes = source.group(group);
        let start = clock.monotonic();
        store.commit(&writes).await.unwrap();
        let took = clock.monotonic() - start;
        latency.record(took.as_micros() as u64).unwrap();
        spent += took;
        done += group;
    }
    println!(
        "| {group} | {functions} | {:.0} | {} | {} | {} | {} |",
        done as f64 / spent.as_secs_f64(),
        latency.value_at_quantile(0.5),
        latency.value_at_quantile(0.99),
        latency.value_at_quantile(0.999),
        latency.max(),
    );
}

async fn commit_table(name: &str, clock: &SystemClock, durability: Option<Durability>) {
    println!("\n{name}: {COMMITTED} ended executions of 200 B\n");
    println!("| group | functions | executions/s | p50 us | p99 us | p99.9 us | max us |");
    println!("|---|---|---|---|---|---|---|");
    for group in [16, 64, 256] {
        for functions in [1, 10, 1000] {
            let Some(durability) = durability else {
                commits(&MemoryStore::new(), clock, group, functions).await;
                continue;
            };
            let folder = tempfile::tempdir_in(".").unwrap();
            let path = folder.path().join("bench.db");
            let options = SqliteStore::options().durability(durability);
            let store = options.open(&path).await.unwrap();
            commits(&store, clock, group, functions).await;
            let log = path.with_extension("db-wal").metadata().unwrap().len();
            let size = path.metadata().unwrap().len();
            println!("<!-- file {} KiB, log {} KiB -->", size >> 10, log >> 10);
            store.close().await.unwrap();
        }
    }
}

/// Groups at a steady pace, as a platform under load sends them: what checkpoints cost shows here.
async fn paced(clock: &SystemClock, durability: Durability) {
    const GROUP: usize = 32;
    println!("\n{durability:?}: groups of {GROUP} at a steady pace, ten functions\n");
    println!("| executions/s | p50 us | p99 us | p99.9 us | max us | log KiB |");
    println!("|---|---|---|---|---|---|");
    for rate in [5_000, 20_000] {
        let folder = tempfile::tempdir_in(".").unwrap();
        let path = folder.path().join("bench.db");
        let options = SqliteStore::options().durability(durability);
        let store = options.open(&path).await.unwrap();
        let mut source = Source::new(10, Duration::from_secs(1) / rate);
        let mut latency = Histogram::<u64>::new(3).unwrap();
        let pace = Duration::from_secs(1) * GROUP as u32 / rate;
        let start = clock.monotonic();
        for n in 0..(rate * 6 / GROUP as u32) {
            let writes = source.group(GROUP);
            let due = start + pace * n;
            let now = clock.monotonic();
            if due > now {
                clock.sleep(due - now).await;
            }
            let begin = clock.monotonic();
            store.commit(&writes).await.unwrap();
            let took = clock.monotonic() - begin;
            latency.record(took.as_micros() as u64).unwrap();
        }
        let log = path.with_extension("db-wal").metadata().unwrap().len();
        println!(
            "| {rate} | {} | {} | {} | {} | {} |",
            latency.value_at_quantile(0.5),
            latency.value_at_quantile(0.99),
            latency.value_at_quantile(0.999),
            latency.max(),
            log >> 10,
        );
        store.close().await.unwrap();
    }
}

async fn reports(clock: &SystemClock) {
    let folder = tempfile::tempdir_in(".").unwrap();
    let store = SqliteStore::open(folder.path().join("bench.db"))
        .await
        .unwrap();
    let mut source = Source::new(REPORTED_FUNCTIONS, 30 * DAY / REPORTED as u32);
    for _ in 0..REPORTED / 1_000 {
        store.commit(&source.group(1_000)).await.unwrap();
    }
    println!("\nreports over {REPORTED} executions of {REPORTED_FUNCTIONS} functions in 30 days\n");
    println!("| report | rows | ms |\n|---|---|---|");
    let whole = Period {
        from: START,
        to: START + 30 * DAY,
    };
    let odd = Period {
        from: START + Duration::from_micros(12_345_678_901),
        to: START + 30 * DAY - Duration::from_micros(9_876_543_210),
    };
    let one = Some(source.functions[0]);
    let time = UsageGroup::Time;
    let cases = [
        ("month by function", whole, UsageGroup::Function, None),
        (
            "month by function, odd ends",
            odd,
            UsageGroup::Function,
            None,
        ),
        (
            "month of one function, odd ends",
            odd,
            UsageGroup::Function,
            one,
        ),
        ("month by day, odd ends", odd, time(Granularity::Day), None),
        (
            "month by hour, odd ends",
            odd,
            time(Granularity::Hour),
            None,
        ),
        (
            "month by hour, one function",
            odd,
            time(Granularity::Hour),
            one,
        ),
        ("month by minute", odd, time(Granularity::Minute), None),
        (
            "all time by month",
            Period::ALL,
            time(Granularity::Month),
            None,
        ),
    ];
    for (name, period, group, function) in cases {
        let query = UsageQuery {
            period,
            function,
            group,
        };
        let mut best = Duration::MAX;
        let mut rows = 0;
        for _ in 0..5 {
            let start = clock.monotonic();
            rows = store.usage(&query).await.unwrap().len();
            best = best.min(clock.monotonic() - start);
        }
        println!("| {name} | {rows} | {:.2} |", best.as_secs_f64() * 1e3);
    }
    store.close().await.unwrap();
}

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|w| !w.starts_with('-'))
        .collect();
    let chosen = |word: &str| words.is_empty() || words.iter().any(|given| given == word);
    let clock = SystemClock::new();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        if chosen("memory") {
            commit_table("memory", &clock, None).await;
        }
        if chosen("commit") {
            commit_table("durability commit", &clock, Some(Durability::Commit)).await;
        }
        if chosen("paced") {
            paced(&clock, Durability::Commit).await;
            paced(&clock, Durability::Full).await;
        }
        if chosen("full") {
            commit_table("durability full", &clock, Some(Durability::Full)).await;
        }
        if chosen("report") {
            reports(&clock).await;
        }
    });
}
