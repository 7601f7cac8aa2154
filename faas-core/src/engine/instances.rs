//! Instances: the threads that run one job at a time, and their number.
//!
//! A thread whose call does not come back after it was stopped is given up: its job fails, another
//! thread takes its place, and when it does come back one day it ends.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::Engine;
use super::attempt::{Ran, attempt, settle};
use super::job::Job;
use super::queue::{Doorbell, Next};
use super::record::Record;
use crate::clock::Clock;
use crate::model::{Execution, FunctionId, InstanceId, Timestamp};
use crate::runtime::{Instance, Outcome, StopReason};
use crate::store::Owner;

/// One instance.
pub(super) struct Slot {
    number: u64,
    pub(super) id: InstanceId,
    bell: Arc<Doorbell>,
    /// What it runs. Whoever takes it out settles it: the thread itself, or whoever gives it up.
    running: Mutex<Option<Running>>,
}

/// A job on an instance.
pub(super) struct Running {
    pub(super) job: Job,
    /// When its time began; until then, when it came to the instance.
    pub(super) started: Timestamp,
    /// The same moment on the monotonic clock.
    pub(super) since: Duration,
    /// Whether its time has begun. Until then it waits for the host, which is not its fault.
    pub(super) has_begun: bool,
    /// When it was first told to stop from outside.
    pub(super) stopped: Option<Duration>,
    /// Whether somebody cancelled it, whatever else stopped it.
    pub(super) cancelled: bool,
}

impl Slot {
    pub(super) fn take_on(&self, job: Job, clock: &dyn Clock) {
        *self.running.lock() = Some(Running {
            job,
            started: clock.now(),
            since: clock.monotonic(),
            has_begun: false,
            stopped: None,
            cancelled: false,
        });
    }

    /// The time of what it has taken on begins. Returns when that is.
    pub(super) fn begin(&self, clock: &dyn Clock) -> Timestamp {
        let mut running = self.running.lock();
        let (started, since) = (clock.now(), clock.monotonic());
        if let Some(running) = running.as_mut() {
            running.started = started;
            running.since = since;
            running.has_begun = true;
            running.stopped = running.stopped.map(|_| since);
            let execution = Arc::make_mut(&mut running.job.execution);
            execution.start_time.get_or_insert(started);
        }
        started
    }

    /// What the instance has run; nothing when it was given up meanwhile.
    pub(super) fn finish(&self) -> Option<Running> {
        self.running.lock().take()
    }
}

/// So many threads of one function may have been given up and still run. Past that it is refused:
/// each of them may keep a processor busy for ever.
const MAX_GIVEN_UP: usize = 4;

/// All instances.
pub(super) struct Instances {
    slots: Mutex<HashMap<u64, Arc<Slot>>>,
    /// Threads that were given up and have not come back, by function.
    given_up: Mutex<HashMap<FunctionId, usize>>,
    started: AtomicU64,
    /// Tells this platform's instances from those of others on the same store.
    owner: Owner,
}

impl Instances {
    pub(super) fn new(owner: &Owner) -> Self {
        Self {
            slots: Mutex::default(),
            given_up: Mutex::default(),
            started: AtomicU64::new(0),
            owner: owner.clone(),
        }
    }

    /// Changes the number of instances to `target`.
    pub(super) fn resize(&self, engine: &Engine, target: usize) {
        let mut count = engine.0.queue.depth().instances;
        while count < target {
            if let Err(error) = self.add(engine) {
                tracing::error!(%error, instances = count, "cannot start another instance");
                return;
            }
            count += 1;
        }
        while count > target {
            engine.0.queue.retire_instance();
            count -= 1;
        }
    }

    fn add(&self, engine: &Engine) -> std::io::Result<()> {
        let number = self.started.fetch_add(1, Ordering::Relaxed) + 1;
        let id = InstanceId::new(format!("{}-{number}", self.owner));
        let slot = Arc::new(Slot {
            number,
            id,
            bell: Arc::default(),
            running: Mutex::new(None),
        });
        let (thread_engine, thread_slot) = (engine.clone(), slot.clone());
        engine.0.queue.add_instance();
        self.slots.lock().insert(number, slot);
        let spawned = std::thread::Builder::new()
            .name(format!("instance-{number}"))
            .stack_size(engine.0.runtime.stack_size())
            .spawn(move || serve(&thread_engine, &thread_slot));
        if let Err(error) = spawned {
            self.slots.lock().remove(&number);
            engine.0.queue.lose_instance(None);
            return Err(error);
        }
        Ok(())
    }

    /// Tells the instance that runs what is `wanted` to stop. Returns whether there is one.
    pub(super) fn stop(
        &self,
        engine: &Engine,
        reason: StopReason,
        wanted: impl Fn(&Execution) -> bool,
    ) -> bool {
        self.slots.lock().values().any(|slot| {
            let mut running = slot.running.lock();
            let Some(running) = running
                .as_mut()
                .filter(|running| wanted(&running.job.execution))
            else {
                return false;
            };
            running.stopped.get_or_insert(engine.0.clock.monotonic());
            running.cancelled |= reason == StopReason::Cancelled;
            running.job.stop.stop(reason);
            true
        })
    }

    /// Tells all instances to stop what they run.
    pub(super) fn stop_all(&self, engine: &Engine, reason: StopReason) {
        for slot in self.slots.lock().values() {
            if let Some(running) = slot.running.lock().as_mut() {
                running.stopped.get_or_insert(engine.0.clock.monotonic());
                running.job.stop.stop(reason);
            }
        }
    }

    /// Copies of the executions that run, as they are now, that `wanted` picks.
    pub(super) fn running(
        &self,
        mut wanted: impl FnMut(&Execution) -> bool,
    ) -> Vec<Arc<Execution>> {
        let slots = self.slots.lock();
        let picked = slots.values().filter_map(|slot| {
            let running = slot.running.lock();
            running
                .as_ref()
                .map(|running| &running.job.execution)
                .filter(|execution| wanted(execution))
                .cloned()
        });
        picked.collect()
    }

    /// Stops what has run past its timeout, and gives up instances that do not come back.
    pub(super) fn watch(&self, engine: &Engine) {
        let now = engine.0.clock.monotonic();
        let grace = engine.0.options.abandon_grace;
        let mut lost = Vec::new();
        self.slots.lock().retain(|_, slot| {
            let mut current = slot.running.lock();
            let Some(running) = current.as_mut().filter(|running| running.has_begun) else {
                return true;
            };
            let timeout = running.job.function.limits.timeout;
            if now.saturating_sub(running.since) > timeout {
                running.job.stop.stop(StopReason::Timeout);
                running.stopped.get_or_insert(running.since + timeout);
            }
            let gone = running
                .stopped
                .is_some_and(|stopped| now.saturating_sub(stopped) > grace);
            if gone {
                // Before the thread can find out.
                let function = running.job.function.function.id;
                *self.given_up.lock().entry(function).or_default() += 1;
                lost.extend(current.take());
            }
            !gone
        });
        for running in lost {
            self.give_up(engine, running, now);
        }
    }

    fn give_up(&self, engine: &Engine, running: Running, now: Duration) {
        let function = running.job.function.clone();
        let reason = running.job.stop.reason().unwrap_or(StopReason::Timeout);
        tracing::warn!(
            execution_id = %running.job.execution.id,
            function_id = %function.function.id,
            "gave up an instance: its call did not stop"
        );
        engine.0.counters.add(&engine.0.counters.abandoned);
        let duration = now.saturating_sub(running.since);
        let outcome = Outcome {
            result: Err(reason.failure(function.limits.timeout)),
            logs: Vec::new(),
            cold_start: false,
        };
        engine.0.queue.lose_instance(Some(function.function.id));
        if let Err(error) = self.add(engine) {
            tracing::error!(%error, "cannot replace an instance");
        }
        let engine = engine.clone();
        // The recorder may be busy, and the watchdog must not wait for it.
        tokio::task::spawn_blocking(move || settle(&engine, running, outcome, duration));
    }

    /// Whether too many threads of `function` were given up and still run.
    pub(super) fn is_runaway(&self, function: FunctionId) -> bool {
        self.given_up
            .lock()
            .get(&function)
            .is_some_and(|count| *count >= MAX_GIVEN_UP)
    }

    /// A thread that was given up has come back.
    fn came_back(&self, function: FunctionId) {
        let mut given_up = self.given_up.lock();
        if let Some(count) = given_up.get_mut(&function) {
            *count -= 1;
            if *count == 0 {
                given_up.remove(&function);
            }
        }
    }

    fn ended(&self, slot: &Slot) {
        self.slots.lock().remove(&slot.number);
    }
}

/// The loop of one instance's thread.
fn serve(engine: &Engine, slot: &Slot) {
    let mut instance: Option<Box<dyn Instance>> = None;
    let mut finished = None;
    loop {
        let idle = || {
            if let Some(instance) = &mut instance {
                instance.idle();
            }
        };
        match engine.0.queue.next(&slot.bell, finished.take(), idle) {
            Next::Retire => break,
            Next::Claim(jobs) => jobs
                .into_iter()
                .for_each(|job| engine.0.recorder.send_blocking(Record::Claim(job))),
            Next::Run(job) => {
                let function = job.function.function.id;
                match attempt(engine, slot, &mut instance, job) {
                    Ran::Free => finished = Some(function),
                    Ran::GivenUp => return engine.0.instances.came_back(function),
                }
            }
        }
    }
    engine.0.instances.ended(slot);
}
