//! The engine: from an accepted request to a stored, priced, announced execution.
//!
//! Read `execute.rs` first: it describes the life of one execution, in steps named as the code names
//! them. Then `queue.rs` (which job is next), `dispatch.rs` and `instances.rs` (what runs),
//! `attempt.rs` and `settle.rs` (one run and its outcome), `call_host.rs` (code that waits), `recorder.rs` (writes), `backlog.rs` (retries and recovery),
//! `schedules.rs` (executions by the clock), `sharing.rs` (several platforms on one store),
//! `scaler.rs` (capacity).
//!
//! Everything that lives as long as the engine is in [`Shared`]; each piece of state has one owner.
//! All tasks end when `stopping` is cancelled; [`finish`] then ends the engine.

mod admission;
mod aliases;
mod attempt;
mod backlog;
mod batch;
mod call_host;
mod cancel;
mod counters;
mod delay;
mod dispatch;
mod exchange;
mod execute;
mod far_ahead;
mod host_calls;
mod host_streams;
mod http;
mod in_flight;
mod instances;
mod job;
mod key_value;
mod lanes;
mod line;
mod live;
mod network;
mod parked;
mod queue;
mod ready;
mod record;
mod recorder;
mod refusals;
mod registry;
mod retry;
mod runtimes;
mod scaler;
mod schedules;
mod session;
mod settle;
mod sharing;
mod stall;
mod usage;
mod waiters;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

pub use self::aliases::VersionStats;
pub use self::counters::{Histogram, LiveCounters};
pub(crate) use self::execute::Request;
pub use self::execute::{Accepted, Invoked};
use self::retry::RetryPolicy;

use self::backlog::Backlog;
use self::counters::Counters;
use self::execute::shutting_down;
use self::in_flight::InFlight;
use self::instances::Instances;
use self::job::Job;
pub(crate) use self::job::Loaded;
use self::parked::Parked;
use self::queue::{Depth, Queue};
use self::ready::Readiness;
use self::record::{Record, Stored};
use self::recorder::Recorder;
use self::refusals::Refusals;
pub(crate) use self::registry::{Compiled, Registry};
pub(crate) use self::runtimes::{NamedRuntime, Runtimes};
use self::scaler::ScalingHealth;
use self::schedules::Schedules;
pub(crate) use self::session::SessionIsolate;
use self::stall::StallDetector;
use self::waiters::Waiters;
use crate::bindings::Bindings;
use crate::clock::Clock;
use crate::cost::PriceBook;
use crate::egress::Network;
use crate::error::Error;
use crate::events::EventBus;
use crate::model::{ExecutionId, IdGenerator};
use crate::options::PlatformOptions;
use crate::runtime::StopReason;
use crate::scaling::ScalingPolicy;
use crate::secrets::SecretKeys;
use crate::store::{Owner, Stage, Store};

/// How long the store has at least to take what is left at shutdown.
const FLUSH: Duration = Duration::from_secs(5);
/// How often old executions are deleted.
const RETENTION: Duration = Duration::from_secs(60);

/// How long to wait between passes that remove expired keys.
const KEYS: Duration = Duration::from_secs(60);

/// The parts that an engine is built from.
pub(crate) struct Parts {
    pub(crate) options: Arc<PlatformOptions>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) runtimes: Arc<Runtimes>,
    pub(crate) policy: Box<dyn ScalingPolicy>,
    pub(crate) price_book: Arc<PriceBook>,
    pub(crate) secret_keys: Arc<SecretKeys>,
    pub(crate) bindings: Arc<Bindings>,
    pub(crate) network: Option<Arc<dyn Network>>,
}

/// The engine's handle.
#[derive(Clone)]
pub(crate) struct Engine(pub(crate) Arc<Shared>);

/// All that the engine's threads and tasks share.
pub(crate) struct Shared {
    pub(crate) options: Arc<PlatformOptions>,
    /// The tokio runtime that the engine was started on: attempts run there.
    handle: Handle,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) runtimes: Arc<Runtimes>,
    pub(crate) price_book: Arc<PriceBook>,
    pub(crate) secret_keys: Arc<SecretKeys>,
    pub(crate) bindings: Arc<Bindings>,
    pub(crate) network: Option<Arc<dyn Network>>,
    pub(crate) registry: Registry,
    pub(crate) events: EventBus,
    pub(crate) ids: IdGenerator,
    /// Cancelled when the engine begins to shut down.
    pub(crate) stopping: CancellationToken,
    /// Cancelled when it has shut down.
    finished: CancellationToken,
    retry_policy: RetryPolicy,
    queue: Queue,
    instances: Instances,
    stalls: StallDetector,
    readiness: Readiness,
    recorder: Recorder,
    waiters: Waiters,
    backlog: Backlog,
    parked: Parked,
    pub(crate) schedules: Schedules,
    in_flight: Arc<InFlight>,
    /// Names this platform among those on the same store.
    owner: Owner,
    counters: Counters,
    refusals: Refusals,
    pub(crate) scaling_health: ScalingHealth,
}

impl Engine {
    /// Starts the engine and takes up the unfinished executions of an earlier one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn start(parts: Parts) -> Result<Self, Error> {
        let Parts {
            options,
            clock,
            store,
            runtimes,
            policy,
            price_book,
            secret_keys,
            bindings,
            network,
        } = parts;
        let newest = store.newest_execution().await?;
        let (recorder, records) = Recorder::new();
        let registry = Registry::new(
            clock.clone(),
            store.clone(),
            runtimes.clone(),
            price_book.clone(),
            options.clone(),
            secret_keys.clone(),
            (bindings.clone(), network.is_some()),
        );
        let owner = Owner::new(format!("{:08x}", fastrand::u32(..)));
        let engine = Self(Arc::new(Shared {
            handle: Handle::current(),
            retry_policy: RetryPolicy::of(&options),
            queue: Queue::new(&options, runtimes.capacity(), clock.clone()),
            instances: Instances::new(&owner),
            stalls: StallDetector::new(clock.monotonic()),
            readiness: Readiness::default(),
            events: EventBus::new(clock.now()),
            ids: IdGenerator::after(newest),
            stopping: CancellationToken::new(),
            finished: CancellationToken::new(),
            waiters: Waiters::default(),
            backlog: Backlog::default(),
            parked: Parked::default(),
            schedules: Schedules::default(),
            in_flight: Arc::default(),
            owner,
            counters: Counters::default(),
            refusals: Refusals::default(),
            scaling_health: ScalingHealth::default(),
            options,
            clock,
            store,
            runtimes,
            price_book,
            secret_keys,
            bindings,
            network,
            registry,
            recorder,
        }));
        engine.0.queue.set_instances(engine.0.options.min_instances);
        tokio::spawn(recorder::record(engine.clone(), records));
        tokio::spawn(finish(EndGuard(engine.clone())));
        engine.spawn(backlog::feed(engine.clone()));
        engine.spawn(parked::feed(engine.clone()));
        engine.spawn(scaler::scale(engine.clone(), policy));
        engine.spawn(scaler::tick(engine.clone()));
        engine.spawn(watch(engine.clone()));
        engine.spawn(expire(engine.clone()));
        engine.spawn(expire_keys(engine.clone()));
        engine.spawn(aliases::move_canaries(engine.clone()));
        engine.spawn(schedules::fire(engine.clone()));
        if engine.0.store.as_shared().is_some() {
            engine.spawn(sharing::renew(engine.clone()));
            engine.spawn(sharing::sweep(engine.clone()));
        } else if let Some(newest) = newest {
            engine.spawn(backlog::recover(engine.clone(), newest));
        }
        Ok(engine)
    }

    /// Spawns a task that ends when the engine begins to shut down.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stopping = self.0.stopping.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = stopping.cancelled() => {}
                () = task => {}
            }
        });
    }

    /// Makes claimed jobs that will not run pending again in the store, without an attempt. Direct
    /// ones are refused.
    fn release(&self, jobs: Vec<Job>) {
        for job in jobs {
            let Job {
                mut execution,
                guard,
                answer,
                ..
            } = job;
            if let Some(answer) = answer {
                // A caller that has gone away does not need the answer.
                let _ = answer.send(Err(shutting_down()));
            }
            let from = Stage::of(&execution);
            if guard.is_some() && Arc::make_mut(&mut execution).release().is_ok() {
                let stored = guard.map(|guard| Stored::held(from, guard));
                let record = Record::ended(self, execution, stored, None, None);
                self.0.recorder.defer(record);
            }
        }
    }

    /// Waits until an execution that ends now, or has ended, is stored; not while the store is
    /// unavailable.
    pub(crate) async fn written(&self, id: ExecutionId) {
        const ENOUGH: Duration = Duration::from_secs(1);
        if self.0.recorder.is_healthy() {
            let written = async {
                self.0.instances.settled(id).await;
                self.0.recorder.flush().await;
            };
            tokio::select! {
                () = written => {}
                () = self.0.clock.sleep(ENOUGH) => {}
            }
        }
    }

    pub(crate) fn depth(&self) -> Depth {
        self.0.queue.depth()
    }

    pub(crate) fn counters(&self) -> LiveCounters {
        let Depth {
            queued,
            running,
            waiting,
            instances,
        } = self.depth();
        let counters = &self.0.counters;
        let load = |counter: &std::sync::atomic::AtomicU64| {
            counter.load(std::sync::atomic::Ordering::Relaxed)
        };
        counters.ended(|ended| LiveCounters {
            queued,
            running,
            waiting,
            instances,
            waiting_retries: self.0.backlog.len() + self.0.parked.len(),
            outcomes: ended.outcomes(),
            cold_starts: ended.cold_starts,
            rejected: load(&counters.rejected),
            retries: load(&counters.retries),
            abandoned: load(&counters.abandoned),
            requests: load(&counters.requests),
            refused_requests: load(&counters.refused_requests),
            duration: ended.duration.snapshot(),
            queue_time: ended.queue_time.snapshot(),
            store_commit: ended.commit.snapshot(),
            runtime: self.0.runtimes.stats(),
        })
    }

    /// Begins to shut down: nothing more is admitted, no more jobs start. Accepted executions stay
    /// pending in the store. The task [`finish`] does the rest.
    pub(crate) fn begin_shutdown(&self) {
        if self.0.stopping.is_cancelled() {
            return;
        }
        self.0.stopping.cancel();
        let (claimed, waiting) = self.0.queue.close();
        self.dispatch();
        for job in waiting {
            if let Some(answer) = job.answer {
                let _ = answer.send(Err(shutting_down()));
            }
        }
        self.release(claimed);
    }

    /// Shuts down and waits until that is done, or until the runtime that the engine ran on is gone.
    pub(crate) async fn shutdown(&self) {
        self.begin_shutdown();
        self.0.finished.cancelled().await;
    }

    /// Whether anything runs, or waits while it runs.
    fn is_busy(&self) -> bool {
        let depth = self.depth();
        depth.running + depth.waiting > 0
    }

    /// Waits until nothing runs, at most for `grace`.
    async fn drained(&self, grace: Duration) {
        const PAUSE: Duration = Duration::from_millis(5);
        let until = self.0.clock.monotonic() + grace;
        while self.is_busy() && self.0.clock.monotonic() < until {
            self.0.clock.sleep(PAUSE).await;
        }
    }
}

/// Ends the engine when it is dropped: by [`finish`], or with the tokio runtime that ran it.
struct EndGuard(Engine);

impl Drop for EndGuard {
    fn drop(&mut self) {
        let engine = &self.0;
        if !engine.0.finished.is_cancelled() {
            tracing::error!(
                "the tokio runtime ended before the platform was shut down: what was not stored is lost"
            );
            engine.begin_shutdown();
            engine.0.waiters.dismiss();
        }
        engine.0.events.close();
        engine.0.finished.cancel();
    }
}

/// The task that ends the engine: running calls may finish within the grace, then they are stopped;
/// everything is written; the store is closed.
async fn finish(guard: EndGuard) {
    let engine = &guard.0;
    engine.0.stopping.cancelled().await;
    let (options, clock) = (&engine.0.options, &engine.0.clock);
    engine.drained(options.shutdown_grace).await;
    // The watchdog's task has ended with the others, so watch the instances here.
    let until = clock.monotonic() + 2 * options.abandon_grace;
    while engine.is_busy() && clock.monotonic() < until {
        engine.0.instances.stop_all(engine, StopReason::Shutdown);
        engine.drained(stall::BEAT).await;
        engine.0.instances.watch(engine);
    }
    tokio::select! {
        () = engine.0.recorder.drain() => {}
        () = clock.sleep(options.shutdown_grace.max(FLUSH)) => {
            tracing::error!("the store is unavailable: what was not stored is lost");
        }
    }
    engine.0.waiters.dismiss();
    if let Err(error) = engine.0.store.close().await {
        tracing::error!(%error, "the store could not be closed");
    }
    engine.0.finished.cancel();
}

/// The watchdog's task.
async fn watch(engine: Engine) {
    loop {
        engine.0.clock.sleep(stall::BEAT).await;
        engine.0.instances.watch(&engine);
    }
}

/// The task that removes keys that have expired.
async fn expire_keys(engine: Engine) {
    const BATCH: usize = 1_000;
    let Some(kv) = engine.0.store.as_key_value() else {
        return;
    };
    loop {
        match kv.kv_expire(engine.0.clock.now(), BATCH).await {
            Ok(BATCH) => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "expired keys could not be removed"),
        }
        engine.0.clock.sleep(KEYS).await;
    }
}

/// The task that deletes old executions.
async fn expire(engine: Engine) {
    const BATCH: usize = 1_000;
    let Some(retention) = engine.0.options.retention else {
        return;
    };
    loop {
        let before = engine.0.clock.now() - retention;
        match engine.0.store.expire(before, BATCH).await {
            Ok(BATCH) => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "old executions could not be deleted"),
        }
        engine.0.clock.sleep(RETENTION).await;
    }
}
