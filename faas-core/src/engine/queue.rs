//! The queue: hands jobs to instances.
//!
//! [`super::lanes`] decides whose turn it is, and [`super::admission`] who may wait. This file owns
//! the lock around the lanes and the waking of instances, which pull from the queue, each on its own
//! thread. An idle instance is woken last-in-first-out, so that under little load the same few stay
//! busy and the others can be given back.
//!
//! A job of an accepted execution must be claimed in the store before it runs. An instance that
//! comes upon one hands it to be claimed and takes another; claimed jobs come back to the front of
//! their lanes.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex, MutexGuard};
use tokio::sync::Notify;

use super::admission::{Admission, Place};
use super::job::Job;
use super::lanes::{Counts, Lanes, Limits, Pressure, Turn};
use crate::clock::Clock;
use crate::error::QueueBound;
use crate::model::{Execution, FunctionId};
use crate::options::PlatformOptions;

/// The queue.
pub(super) struct Queue {
    state: Mutex<QueueState>,
    admission: Arc<Admission>,
    clock: Arc<dyn Clock>,
    /// Notified when a job begins to wait, if the scaler asked for it.
    pressed: Notify,
}

struct QueueState {
    lanes: Lanes<Job>,
    /// Instances that wait, the one that waits shortest last.
    idle: VecDeque<Arc<Doorbell>>,
    /// Instances that were woken and have not looked yet. At most one is woken for work: it wakes the
    /// next when it finds more than it can take, so that a burst does not wake all for what one can
    /// do.
    waking: usize,
    instances: usize,
    /// How many instances are to end as soon as they are idle.
    retiring: usize,
    /// Whether the scaler is to be told when a job begins to wait.
    is_watched: bool,
    closed: bool,
}

/// What an idle instance waits on.
#[derive(Debug, Default)]
pub(super) struct Doorbell(Condvar);

/// How many there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Depth {
    /// Jobs that no instance runs yet.
    pub(crate) queued: usize,
    /// Jobs that instances run.
    pub(crate) running: usize,
    /// Instances that are to stay.
    pub(crate) instances: usize,
}

/// What an instance does when it finds nothing to do, one after the other, looking again in between.
enum BeforeSleep {
    Yield,
    TellIdle,
    Nothing,
}

/// What an instance is to do next.
pub(super) enum Next {
    /// Run this.
    Run(Job),
    /// Have these claimed, then ask again.
    Claim(Vec<Job>),
    /// End.
    Retire,
}

impl Queue {
    pub(super) fn new(options: &PlatformOptions, clock: Arc<dyn Clock>) -> Self {
        let limits = Limits {
            max_instances: options.max_instances,
            per_function: options.instances_per_function(),
        };
        Self {
            state: Mutex::new(QueueState {
                lanes: Lanes::new(limits),
                idle: VecDeque::new(),
                waking: 0,
                instances: 0,
                retiring: 0,
                is_watched: false,
                closed: false,
            }),
            admission: Admission::new(options),
            clock,
            pressed: Notify::new(),
        }
    }

    /// A place for a new job of `function` with an input of `bytes`, if there is one.
    pub(super) fn try_reserve(
        &self,
        function: FunctionId,
        bytes: usize,
    ) -> Result<Place, QueueBound> {
        self.admission.try_reserve(function, bytes)
    }

    /// Waits for a place: for work that was accepted earlier.
    pub(super) async fn reserve(&self, function: FunctionId, bytes: usize) -> Place {
        self.admission.reserve(function, bytes).await
    }

    /// Who may wait.
    pub(super) fn admission(&self) -> &Admission {
        &self.admission
    }

    /// Adds a job. Returns it when the queue is closed.
    pub(super) fn push(&self, mut job: Job) -> Result<(), Job> {
        let now = self.clock.monotonic();
        let mut state = self.state.lock();
        if state.closed {
            return Err(job);
        }
        job.queued_at = now;
        state.lanes.push(job, now);
        let is_pressed = state.is_watched && state.idle.is_empty();
        if is_pressed {
            state.is_watched = false;
        }
        Self::wake_one(state);
        if is_pressed {
            self.pressed.notify_one();
        }
        Ok(())
    }

    /// Puts jobs whose claims are stored at the front of their lanes, and forgets `refused` ones.
    /// Returns the jobs when the queue is closed.
    pub(super) fn claimed(&self, jobs: Vec<Job>, refused: &[FunctionId]) -> Vec<Job> {
        let now = self.clock.monotonic();
        let mut state = self.state.lock();
        for id in refused {
            state.lanes.not_claimed(*id, now);
        }
        if state.closed {
            for job in &jobs {
                state.lanes.not_claimed(job.function.function.id, now);
            }
            return jobs;
        }
        for job in jobs {
            state.lanes.claimed(job, now);
        }
        Self::wake_one(state);
        Vec::new()
    }

    /// Waits for something to do. `finished` is the function whose job this instance has just run;
    /// `idle` is called when there is nothing, before it waits.
    pub(super) fn next(
        &self,
        bell: &Arc<Doorbell>,
        finished: Option<FunctionId>,
        mut idle: impl FnMut(),
    ) -> Next {
        let mut state = self.state.lock();
        if let Some(id) = finished {
            state.lanes.finish(id, self.clock.monotonic());
        }
        let mut before_sleep = BeforeSleep::Yield;
        loop {
            if state.retiring > 0 {
                state.retiring -= 1;
                // It may have been woken for work, which is another's now.
                Self::wake_one(state);
                return Next::Retire;
            }
            if state.closed {
                return Next::Retire;
            }
            let instances = state.instances;
            if let Some(turn) = state.lanes.take(instances, self.clock.monotonic()) {
                Self::wake_one(state);
                return match turn {
                    Turn::Claim(jobs) => Next::Claim(jobs),
                    Turn::Run(mut job) => {
                        job.place.leave_queue();
                        Next::Run(job)
                    }
                };
            }
            before_sleep = match before_sleep {
                // Those who bring work may be waiting for this very processor: letting them go
                // first is cheaper than to sleep and be woken.
                BeforeSleep::Yield => {
                    MutexGuard::unlocked(&mut state, std::thread::yield_now);
                    BeforeSleep::TellIdle
                }
                BeforeSleep::TellIdle => {
                    MutexGuard::unlocked(&mut state, &mut idle);
                    BeforeSleep::Nothing
                }
                BeforeSleep::Nothing => {
                    state.idle.push_back(bell.clone());
                    bell.0.wait(&mut state);
                    state.awake(bell);
                    BeforeSleep::Yield
                }
            };
        }
    }

    /// An instance is gone: it could not be started, or was given up while it ran a job of
    /// `running`.
    pub(super) fn lose_instance(&self, running: Option<FunctionId>) {
        let mut state = self.state.lock();
        state.instances -= 1;
        if let Some(function) = running {
            state.lanes.finish(function, self.clock.monotonic());
        }
        Self::wake_one(state);
    }

    /// One instance more.
    pub(super) fn add_instance(&self) {
        self.state.lock().instances += 1;
    }

    /// One instance less: an idle one ends now, or a busy one when it has finished.
    pub(super) fn retire_instance(&self) {
        let mut state = self.state.lock();
        let bell = state.give_back();
        drop(state);
        if let Some(bell) = bell {
            bell.0.notify_one();
        }
    }

    /// Takes the job that waits, claimed or not, of the execution that is `wanted` out.
    pub(super) fn remove(&self, wanted: impl Fn(&Execution) -> bool) -> Option<Job> {
        let mut state = self.state.lock();
        let now = self.clock.monotonic();
        let removed = state.lanes.remove(|job| wanted(&job.execution), now);
        if removed.is_some() {
            // A job behind it may start now.
            Self::wake_one(state);
        }
        removed
    }

    /// Calls `visit` with each job that waits for an instance.
    pub(super) fn for_each_waiting(&self, visit: impl FnMut(&Job)) {
        self.state.lock().lanes.for_each(visit);
    }

    pub(super) fn depth(&self) -> Depth {
        let state = self.state.lock();
        let Counts { queued, running } = state.lanes.counts();
        Depth {
            queued,
            running,
            instances: state.instances,
        }
    }

    /// What waits for want of an instance.
    pub(super) fn pressure(&self) -> Pressure {
        let now = self.clock.monotonic();
        self.state.lock().lanes.pressure(now)
    }

    /// Waits until a job begins to wait because no instance is idle; returns at once when one waits
    /// already.
    pub(super) async fn pressed(&self) {
        if !self.watch() {
            self.pressed.notified().await;
        }
    }

    /// Has the next job that begins to wait notify [`Self::pressed`]. Returns whether one waits
    /// already.
    fn watch(&self) -> bool {
        let now = self.clock.monotonic();
        let mut state = self.state.lock();
        let is_pressed = state.lanes.pressure(now).startable > 0;
        state.is_watched = !is_pressed;
        is_pressed
    }

    /// The functions that are at a limit of their own while jobs of theirs wait, or have filled
    /// their share of the queue, and how many jobs of the former wait.
    pub(super) fn saturated(&self) -> (Vec<FunctionId>, usize) {
        let (mut functions, jobs) = self.state.lock().lanes.saturated();
        functions.extend(self.admission.full_functions());
        functions.sort_unstable();
        functions.dedup();
        (functions, jobs)
    }

    /// Ends all instances as soon as they are idle, and returns the jobs that none of them took:
    /// first the claimed ones, then the others.
    pub(super) fn close(&self) -> (Vec<Job>, Vec<Job>) {
        let mut state = self.state.lock();
        state.closed = true;
        let drained = state.lanes.drain();
        for bell in &state.idle {
            bell.0.notify_one();
        }
        drop(state);
        self.admission.close();
        drained
    }

    /// Wakes an idle instance if there is something to do for it, unless one is on its way already.
    fn wake_one(mut state: MutexGuard<'_, QueueState>) {
        if state.waking > 0 || state.idle.is_empty() || !state.lanes.has_work(state.instances) {
            return;
        }
        let Some(bell) = state.idle.pop_back() else {
            return;
        };
        state.waking += 1;
        drop(state);
        bell.0.notify_one();
    }
}

impl QueueState {
    /// The instance with this bell has woken: because it was woken, or by itself.
    fn awake(&mut self, bell: &Arc<Doorbell>) {
        match self.idle.iter().position(|idle| Arc::ptr_eq(idle, bell)) {
            Some(at) => drop(self.idle.remove(at)),
            None => self.waking = self.waking.saturating_sub(1),
        }
    }

    /// One instance less. Returns the bell of the one that has waited longest, to be rung: it counts
    /// as woken, so that the next is another.
    fn give_back(&mut self) -> Option<Arc<Doorbell>> {
        self.instances -= 1;
        self.retiring += 1;
        let bell = self.idle.pop_front()?;
        self.waking += 1;
        Some(bell)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::clock::SystemClock;
    use crate::engine::job::Loaded;
    use crate::runtime::{Limits, OpenEnvironment, Program};
    use crate::store::conformance::fixtures::Fixtures;

    /// Long enough for anything but a hang.
    const ENOUGH: Duration = Duration::from_secs(60);

    fn queue() -> Arc<Queue> {
        let clock = Arc::new(SystemClock::new());
        Arc::new(Queue::new(&PlatformOptions::default(), clock))
    }

    fn job(queue: &Queue) -> Job {
        let mut fixtures = Fixtures::new();
        let function = fixtures.function("add");
        let execution = Arc::new(fixtures.pending(function.id));
        let place = queue.try_reserve(function.id, 1).unwrap();
        let limits = Limits {
            timeout: Duration::from_secs(1),
            memory: 1 << 20,
            output: 1 << 20,
            log_lines: 1,
            log_bytes: 1,
        };
        let loaded = Loaded {
            function,
            program: Program::new(()),
            limits,
            environment: Ok(OpenEnvironment::EMPTY),
        };
        let (answer, _) = tokio::sync::oneshot::channel();
        Job::direct(place, Arc::new(loaded), execution, answer)
    }

    /// An instance that reports what it does next, once it waits.
    fn waiting(queue: &Arc<Queue>, done: &mpsc::Sender<&'static str>) {
        let before = queue.state.lock().idle.len();
        let (waiting, done) = (queue.clone(), done.clone());
        waiting.add_instance();
        std::thread::spawn(move || {
            let next = waiting.next(&Arc::default(), None, || {});
            done.send(match next {
                Next::Run(_) => "run",
                Next::Claim(_) => "claim",
                Next::Retire => "retire",
            })
        });
        while queue.state.lock().idle.len() == before {
            std::thread::yield_now();
        }
    }

    #[test]
    fn an_instance_that_ends_when_it_was_woken_for_work_wakes_another_for_it() {
        let queue = queue();
        let (done, events) = mpsc::channel();
        waiting(&queue, &done);
        waiting(&queue, &done);
        // One is to end and has not been woken for it yet.
        let mut state = queue.state.lock();
        state.instances -= 1;
        state.retiring += 1;
        drop(state);
        assert!(queue.push(job(&queue)).is_ok());
        // They may report in either order.
        let mut ended = [(); 2].map(|()| events.recv_timeout(ENOUGH).unwrap());
        ended.sort_unstable();
        assert_eq!(ended, ["retire", "run"]);
    }

    #[test]
    fn as_many_idle_instances_end_as_are_retired() {
        let queue = queue();
        let (done, events) = mpsc::channel();
        for _ in 0..5 {
            waiting(&queue, &done);
        }
        // None of them can wake before all were told.
        let mut state = queue.state.lock();
        let told = (0..3).filter_map(|_| state.give_back()).collect::<Vec<_>>();
        drop(state);
        told.iter().for_each(|bell| {
            bell.0.notify_one();
        });
        for _ in 0..3 {
            assert_eq!(events.recv_timeout(ENOUGH), Ok("retire"));
        }
        assert_eq!(queue.state.lock().idle.len(), 2);
        assert!(queue.push(job(&queue)).is_ok());
        assert_eq!(events.recv_timeout(ENOUGH), Ok("run"));
    }

    #[tokio::test]
    async fn the_scaler_is_told_when_a_job_begins_to_wait_and_not_when_an_instance_is_idle() {
        let queue = queue();
        let (done, events) = mpsc::channel();
        waiting(&queue, &done);
        let watched = queue.clone();
        let mut pressed = tokio::spawn(async move { watched.pressed().await });
        while !queue.state.lock().is_watched {
            tokio::task::yield_now().await;
        }
        assert!(queue.push(job(&queue)).is_ok());
        assert_eq!(events.recv_timeout(ENOUGH), Ok("run"));
        assert!(queue.state.lock().is_watched);
        assert!(queue.push(job(&queue)).is_ok());
        let told = tokio::time::timeout(ENOUGH, &mut pressed).await;
        assert!(told.is_ok());
        // One waits already.
        assert!(tokio::time::timeout(ENOUGH, queue.pressed()).await.is_ok());
    }
}
