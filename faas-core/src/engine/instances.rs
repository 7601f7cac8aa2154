//! Instances: the threads that run one job at a time, and their number.
//!
//! A thread whose call does not return after it was stopped is abandoned: its job fails, another
//! thread takes its place, and when the call does return the thread ends.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::Engine;
use super::attempt::{Ran, attempt};
use super::job::Job;
use super::live::as_waiting;
use super::queue::{Doorbell, Next};
use super::record::Record;
use super::settle::{not_run, settle};
use crate::model::{Execution, FunctionId, InstanceId, Status, Timestamp};
use crate::runtime::{Instance, StopReason};
use crate::store::Owner;

/// One instance.
pub(super) struct Slot {
    number: u64,
    pub(super) id: InstanceId,
    bell: Arc<Doorbell>,
    /// What it runs. Whoever takes it out settles it: the thread itself, or the watchdog that
    /// abandons the thread.
    running: Mutex<Option<Running>>,
}

/// A job on an instance. Its times are on the monotonic clock; *active* ones leave out the pauses of
/// the process (`stall.rs`).
pub(super) struct Running {
    pub(super) job: Job,
    /// When the attempt began; until then, when the job came to the instance.
    pub(super) started: Timestamp,
    /// The same moment on the monotonic clock.
    since: Duration,
    /// The same moment in active time.
    active_since: Duration,
    /// Whether the attempt has begun. Until then it waits for the host, which is not its fault.
    has_begun: bool,
    /// When it was first told to stop from outside, in active time.
    stopped: Option<Duration>,
    /// Whether it was cancelled, whatever else stopped it.
    pub(super) cancelled: bool,
}

/// How long an attempt has run.
pub(super) struct RunTime {
    /// Without the pauses of the process.
    pub(super) active: Duration,
    /// The pauses.
    pub(super) paused: Duration,
}

impl Running {
    /// How long the attempt has run; nothing, if it has not begun.
    pub(super) fn time(&self, engine: &Engine) -> RunTime {
        let now = engine.0.clock.monotonic();
        let all = now.saturating_sub(self.since);
        let active = engine.0.stalls.active(now);
        let active = active.saturating_sub(self.active_since).min(all);
        if self.has_begun {
            let paused = all.saturating_sub(active);
            RunTime { active, paused }
        } else {
            let (active, paused) = (Duration::ZERO, Duration::ZERO);
            RunTime { active, paused }
        }
    }

    fn stop(&mut self, reason: StopReason, active: Duration) {
        self.stopped.get_or_insert(active);
        self.cancelled |= reason == StopReason::Cancelled;
        self.job.stop.stop(reason);
    }
}

impl Slot {
    pub(super) fn take_on(&self, mut job: Job, engine: &Engine) {
        let clock = &engine.0.clock;
        let since = clock.monotonic();
        let execution = Arc::make_mut(&mut job.execution);
        execution.instance_id = Some(self.id.clone());
        execution.function_version = job.function.function.version;
        *self.running.lock() = Some(Running {
            job,
            started: clock.now(),
            since,
            active_since: engine.0.stalls.active(since),
            has_begun: false,
            stopped: None,
            cancelled: false,
        });
    }

    /// The attempt begins. Returns when that is, or why it must not begin any more.
    pub(super) fn begin(&self, engine: &Engine) -> Result<Timestamp, StopReason> {
        let mut running = self.running.lock();
        let clock = &engine.0.clock;
        let (started, since) = (clock.now(), clock.monotonic());
        let Some(running) = running.as_mut() else {
            return Ok(started);
        };
        if let Some(reason) = running.job.stop.reason() {
            return Err(reason);
        }
        running.started = started;
        running.since = since;
        running.active_since = engine.0.stalls.active(since);
        running.has_begun = true;
        if let Some(guard) = &running.job.guard {
            guard.begin(started);
        }
        let execution = Arc::make_mut(&mut running.job.execution);
        execution.start_time.get_or_insert(started);
        Ok(started)
    }

    /// What the instance has run; nothing if it was abandoned meanwhile.
    pub(super) fn finish(&self) -> Option<Running> {
        self.running.lock().take()
    }
}

/// How many abandoned threads of one function may still run. Past that the function is refused: each
/// of them may keep a processor busy for ever.
const MAX_GIVEN_UP: usize = 4;

/// All instances.
pub(super) struct Instances {
    slots: Mutex<HashMap<u64, Arc<Slot>>>,
    /// Abandoned threads whose calls have not returned, by function.
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
        let active = engine.0.stalls.active(engine.0.clock.monotonic());
        self.slots.lock().values().any(|slot| {
            let mut running = slot.running.lock();
            let Some(running) = running
                .as_mut()
                .filter(|running| wanted(&running.job.execution))
            else {
                return false;
            };
            running.stop(reason, active);
            true
        })
    }

    /// Tells all instances to stop what they run.
    pub(super) fn stop_all(&self, engine: &Engine, reason: StopReason) {
        let active = engine.0.stalls.active(engine.0.clock.monotonic());
        for slot in self.slots.lock().values() {
            if let Some(running) = slot.running.lock().as_mut() {
                running.stop(reason, active);
            }
        }
    }

    /// Copies of the executions on instances that `wanted` picks by what they are and by the status
    /// that they are shown in: pending until their attempt begins, then running.
    pub(super) fn live(
        &self,
        mut wanted: impl FnMut(&Execution, Status) -> bool,
    ) -> Vec<Arc<Execution>> {
        let slots = self.slots.lock();
        let picked = slots.values().filter_map(|slot| {
            let running = slot.running.lock();
            let running = running.as_ref()?;
            let execution = &running.job.execution;
            if running.has_begun {
                wanted(execution, Status::Running).then(|| execution.clone())
            } else {
                wanted(execution, Status::Pending).then(|| as_waiting(execution))
            }
        });
        picked.collect()
    }

    /// Stops what has run past its timeout, and abandons instances whose calls do not return.
    pub(super) fn watch(&self, engine: &Engine) {
        let now = engine.0.stalls.beat(engine.0.clock.monotonic());
        let grace = engine.0.options.abandon_grace;
        let mut lost = Vec::new();
        self.slots.lock().retain(|_, slot| {
            let mut current = slot.running.lock();
            let Some(running) = current.as_mut().filter(|running| running.has_begun) else {
                return true;
            };
            let timeout = running.job.function.limits.timeout;
            if now.saturating_sub(running.active_since) > timeout {
                running.stop(StopReason::Timeout, running.active_since + timeout);
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
            self.give_up(engine, running);
        }
    }

    fn give_up(&self, engine: &Engine, running: Running) {
        let function = running.job.function.clone();
        let reason = running.job.stop.reason().unwrap_or(StopReason::Timeout);
        tracing::warn!(
            execution_id = %running.job.execution.id,
            function_id = %function.function.id,
            "abandoned an instance: its call did not stop"
        );
        engine.0.counters.add(&engine.0.counters.abandoned);
        let outcome = not_run(reason.failure(function.limits.timeout));
        engine.0.queue.lose_instance(Some(function.function.id));
        if let Err(error) = self.add(engine) {
            tracing::error!(%error, "cannot replace an instance");
        }
        let engine = engine.clone();
        // The recorder may be busy, and the watchdog must not wait for it.
        tokio::task::spawn_blocking(move || settle(&engine, running, outcome));
    }

    /// Whether too many abandoned threads of `function` still run.
    pub(super) fn is_runaway(&self, function: FunctionId) -> bool {
        self.given_up
            .lock()
            .get(&function)
            .is_some_and(|count| *count >= MAX_GIVEN_UP)
    }

    /// The call of an abandoned thread has returned.
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
