//! What runs: one slot for each attempt, until it is settled.
//!
//! An attempt whose call does not return after it was stopped is abandoned: its execution fails, its
//! instance goes to another, and its future is dropped. Its code may still run in the runtime; a
//! function with several such calls is refused until they have ended.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};

use super::Engine;
use super::host_calls::HostCalls;
use super::job::Job;
use super::live::as_waiting;
use super::queue::Hold;
use super::settle::{not_run, settle};
use crate::model::{Execution, ExecutionId, FunctionId, InstanceId, Status, Timestamp};
use crate::runtime::StopReason;
use crate::store::Owner;

/// One attempt.
pub(super) struct Slot {
    number: u64,
    /// The instance on which it begins.
    pub(super) id: InstanceId,
    execution: ExecutionId,
    pub(super) hold: Arc<Hold>,
    /// What it runs. Whoever takes it out settles it: its task, or the watchdog that abandons it.
    running: Mutex<Option<Running>>,
    /// Notified when it is abandoned.
    abandoned: Notify,
    is_abandoned: AtomicBool,
    /// Closed when the slot is removed: the end of its execution was sent to the recorder.
    removal: Semaphore,
}

/// A job that runs. Its times are on the monotonic clock; *active* ones leave out the pauses of the
/// process (`stall.rs`).
pub(super) struct Running {
    pub(super) job: Job,
    pub(super) host_calls: Arc<HostCalls>,
    /// When the attempt began; until then, when the job was taken from the queue.
    pub(super) started: Timestamp,
    /// The same moment on the monotonic clock.
    since: Duration,
    /// The same moment in active time.
    active_since: Duration,
    /// Whether the attempt has begun. Until then it waits for the host, which is not its fault.
    has_begun: bool,
    /// For how long it has waited for an instance since it began, in active time.
    waited: Duration,
    /// Since when it waits for one, in active time.
    waits_since: Option<Duration>,
    /// When it was first told to stop from outside, in active time.
    stopped: Option<Duration>,
    /// Whether it was cancelled, whatever else stopped it.
    pub(super) cancelled: bool,
}

/// How long an attempt has run, without the time for which it waited for an instance.
pub(super) struct RunTime {
    /// Without the pauses of the process.
    pub(super) active: Duration,
    /// The pauses.
    pub(super) paused: Duration,
    /// For how long it waited for instances, which is in neither.
    pub(super) waited: Duration,
}

impl Running {
    /// How long the attempt has run; nothing, if it has not begun.
    pub(super) fn time(&self, engine: &Engine) -> RunTime {
        if !self.has_begun {
            return RunTime {
                active: Duration::ZERO,
                paused: Duration::ZERO,
                waited: Duration::ZERO,
            };
        }
        let now = engine.0.clock.monotonic();
        let all = now.saturating_sub(self.since);
        let active_now = engine.0.stalls.active(now);
        let active = active_now.saturating_sub(self.active_since).min(all);
        let waited = self.waited_until(active_now);
        RunTime {
            active: active.saturating_sub(waited),
            paused: all.saturating_sub(active),
            waited,
        }
    }

    /// For how long it has waited for an instance since it began.
    fn waited_until(&self, active_now: Duration) -> Duration {
        let waits = self
            .waits_since
            .map(|since| active_now.saturating_sub(since));
        self.waited + waits.unwrap_or_default()
    }

    fn stop(&mut self, reason: StopReason, active: Duration) {
        self.stopped.get_or_insert(active);
        self.cancelled |= reason == StopReason::Cancelled;
        self.job.stop.stop(reason);
    }
}

impl Slot {
    /// Reads what runs; `None` when it was settled or abandoned.
    pub(super) fn with_running<T>(&self, read: impl FnOnce(&Running) -> T) -> Option<T> {
        self.running.lock().as_ref().map(read)
    }

    /// Takes out what runs: whoever gets it settles it.
    pub(super) fn finish(&self) -> Option<Running> {
        self.running.lock().take()
    }

    /// Waits until the attempt is abandoned.
    pub(super) async fn abandoned(&self) {
        self.abandoned.notified().await;
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.is_abandoned.load(Ordering::Acquire)
    }

    /// The code waits for an instance from now on.
    pub(super) fn begin_wait(&self, engine: &Engine) {
        let active = engine.0.stalls.active(engine.0.clock.monotonic());
        if let Some(running) = self.running.lock().as_mut() {
            running.waits_since.get_or_insert(active);
        }
    }

    /// The code has got an instance. Returns for how long it waited.
    pub(super) fn end_wait(&self, engine: &Engine) -> Duration {
        let active = engine.0.stalls.active(engine.0.clock.monotonic());
        let mut running = self.running.lock();
        let Some(running) = running.as_mut() else {
            return Duration::ZERO;
        };
        let since = running.waits_since.take();
        let waited = since.map_or(Duration::ZERO, |since| active.saturating_sub(since));
        running.waited += waited;
        waited
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
        if let Some(exchange) = &running.job.exchange {
            exchange.begin(started);
        }
        if let Some(guard) = &running.job.guard {
            guard.begin(started);
        }
        let execution = Arc::make_mut(&mut running.job.execution);
        execution.start_time.get_or_insert(started);
        Ok(started)
    }
}

/// How many abandoned calls of one function may still run. Past that the function is refused: each of
/// them may keep a thread and a processor busy for ever.
const MAX_ABANDONED: usize = 4;

/// All that runs. At most as many as there may be instances and suspended jobs.
pub(super) struct Instances {
    slots: Mutex<HashMap<u64, Arc<Slot>>>,
    /// Abandoned calls that have not returned, by function.
    abandoned: Mutex<HashMap<FunctionId, usize>>,
    started: AtomicU64,
    /// Tells this platform's instances from those of others on the same store.
    owner: Owner,
}

impl Instances {
    pub(super) fn new(owner: &Owner) -> Self {
        Self {
            slots: Mutex::default(),
            abandoned: Mutex::default(),
            started: AtomicU64::new(0),
            owner: owner.clone(),
        }
    }

    /// Makes a slot for a job that is to run.
    pub(super) fn take_on(&self, engine: &Engine, mut job: Job, hold: Arc<Hold>) -> Arc<Slot> {
        let clock = &engine.0.clock;
        let since = clock.monotonic();
        let id = InstanceId::new(format!("{}-{}", self.owner, hold.number()));
        let execution = Arc::make_mut(&mut job.execution);
        execution.instance_id = Some(id.clone());
        execution.function_version = job.function.function.version;
        if let Some(exchange) = &job.exchange {
            exchange.take(clock.now());
        }
        let slot = Arc::new(Slot {
            execution: job.execution.id,
            number: self.started.fetch_add(1, Ordering::Relaxed),
            id,
            hold,
            running: Mutex::new(Some(Running {
                host_calls: Arc::new(HostCalls::of(job.exchange.clone())),
                job,
                started: clock.now(),
                since,
                active_since: engine.0.stalls.active(since),
                has_begun: false,
                waited: Duration::ZERO,
                waits_since: None,
                stopped: None,
                cancelled: false,
            })),
            abandoned: Notify::new(),
            is_abandoned: AtomicBool::new(false),
            removal: Semaphore::new(0),
        });
        self.slots.lock().insert(slot.number, slot.clone());
        slot
    }

    pub(super) fn remove(&self, slot: &Slot) {
        self.slots.lock().remove(&slot.number);
        slot.removal.close();
    }

    /// Waits until the execution has no slot.
    pub(super) async fn settled(&self, id: ExecutionId) {
        let slot = {
            let slots = self.slots.lock();
            slots.values().find(|slot| slot.execution == id).cloned()
        };
        if let Some(slot) = slot {
            // It has no permits: this ends with an error when it is closed.
            let _ = slot.removal.acquire().await;
        }
    }

    /// Stops the attempt that is `wanted`. Returns whether there is one.
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

    /// Stops all attempts.
    pub(super) fn stop_all(&self, engine: &Engine, reason: StopReason) {
        let active = engine.0.stalls.active(engine.0.clock.monotonic());
        for slot in self.slots.lock().values() {
            if let Some(running) = slot.running.lock().as_mut() {
                running.stop(reason, active);
            }
        }
    }

    /// Copies of the executions that have a slot and that `wanted` picks by what they are and by the
    /// status that they are shown in: pending until their attempt begins, then running.
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

    /// Stops what has run past its timeout, and abandons attempts whose calls do not return.
    pub(super) fn watch(&self, engine: &Engine) {
        let now = engine.0.stalls.beat(engine.0.clock.monotonic());
        let grace = engine.0.options.abandon_grace;
        let mut lost = Vec::new();
        for slot in self.slots.lock().values() {
            let mut current = slot.running.lock();
            let Some(running) = current.as_mut().filter(|running| running.has_begun) else {
                continue;
            };
            let timeout = running.job.timeout();
            let until = running.active_since + running.waited_until(now) + timeout;
            if now > until {
                running.stop(StopReason::Timeout, until);
            }
            let gone = running
                .stopped
                .is_some_and(|stopped| now.saturating_sub(stopped) > grace);
            if gone {
                // Before its call can find out.
                let function = running.job.function.function.id;
                *self.abandoned.lock().entry(function).or_default() += 1;
                slot.is_abandoned.store(true, Ordering::Release);
                let running = current.take();
                lost.extend(running.map(|running| (slot.clone(), running)));
                slot.abandoned.notify_one();
            }
        }
        let is_any_lost = !lost.is_empty();
        for (slot, running) in lost {
            // Its task may be blocked by the call.
            engine.end(&slot);
            abandon(engine, running);
        }
        if is_any_lost {
            engine.dispatch();
        }
    }

    /// Whether too many abandoned calls of `function` still run.
    pub(super) fn is_runaway(&self, function: FunctionId) -> bool {
        self.abandoned
            .lock()
            .get(&function)
            .is_some_and(|count| *count >= MAX_ABANDONED)
    }

    /// An abandoned call has returned.
    pub(super) fn came_back(&self, function: FunctionId) {
        let mut abandoned = self.abandoned.lock();
        if let Some(count) = abandoned.get_mut(&function) {
            *count -= 1;
            if *count == 0 {
                abandoned.remove(&function);
            }
        }
    }
}

/// Settles an attempt that was abandoned.
fn abandon(engine: &Engine, running: Running) {
    let function = running.job.function.clone();
    let reason = running.job.stop.reason().unwrap_or(StopReason::Timeout);
    tracing::warn!(
        execution_id = %running.job.execution.id,
        function_id = %function.function.id,
        "abandoned a call: it did not stop"
    );
    engine.0.counters.add(&engine.0.counters.abandoned);
    let outcome = not_run(reason.failure(running.job.timeout()));
    // The recorder may be busy, and the watchdog must not wait for it.
    let settled = settle(engine.clone(), running, outcome);
    engine.0.handle.spawn(settled);
}
