//! The queue: which job gets an instance next.
//!
//! An instance is a turn at running code: there are as many as the scaler says, and each job that
//! runs holds one ([`Hold`]). A job whose code waits gives its instance back and asks for one again
//! when it can go on. [`super::lanes`] decides whose turn it is, and [`super::admission`] who may
//! wait; this file owns the lock around the lanes. [`super::dispatch`] starts what it hands out.
//!
//! A job of an accepted execution must be claimed in the store before it runs. The queue hands it
//! out to be claimed ahead of its turn; claimed jobs come back to the front of their lanes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::admission::{Admission, Place};
use super::job::Job;
use super::lanes::{Counts, Lanes, Limits, Pressure, Turn};
use super::line::{Key, Ranked as _};
use crate::clock::Clock;
use crate::error::QueueBound;
use crate::model::{Execution, FunctionId};
use crate::options::PlatformOptions;

/// The queue.
pub(super) struct Queue {
    state: Mutex<QueueState>,
    admission: Arc<Admission>,
    max_instances: usize,
    clock: Arc<dyn Clock>,
    /// Notified when a job begins to wait for an instance, if [`Self::pressed`] asked for it.
    pressed: Notify,
}

struct QueueState {
    lanes: Lanes<Job, Arc<Hold>>,
    instances: usize,
    /// Numbers of instances that no job holds; the last is used next.
    free: Vec<u64>,
    /// How many jobs came so far.
    pushed: u64,
    /// How many numbers were given away so far.
    numbered: u64,
    /// Whether the scaler is to be told when a job begins to wait.
    is_watched: bool,
    closed: bool,
}

/// The hold of a job on an instance. It must end in [`Queue::end`].
pub(super) struct Hold {
    function: FunctionId,
    key: Option<Key>,
    /// Changed under the lock of the queue only.
    stage: Mutex<Stage>,
    /// The number of its instance, while it has one.
    number: AtomicU64,
    resumed: Notify,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Running,
    /// Its code waits, and it has no instance.
    Suspended,
    /// Its code can go on, and it waits for an instance.
    Resuming,
    Ended,
}

/// How many there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Depth {
    /// Jobs that have not begun.
    pub(crate) queued: usize,
    /// Jobs that hold an instance.
    pub(crate) running: usize,
    /// Jobs that have begun and hold none, because their code waits.
    pub(crate) waiting: usize,
    /// Instances.
    pub(crate) instances: usize,
}

/// What is to be done next.
pub(super) enum Next {
    /// Run this, on the instance that the hold stands for.
    Run(Job, Arc<Hold>),
    /// Have these claimed.
    Claim(Vec<Job>),
}

impl Hold {
    /// The number of the instance on which the job began, or on which it runs now.
    pub(super) fn number(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }

    /// Waits until [`Queue::resume`] has been granted.
    pub(super) async fn resumed(&self) {
        self.resumed.notified().await;
    }
}

impl Queue {
    /// Creates a queue whose jobs run or wait in at most `capacity` isolates at a time.
    pub(super) fn new(
        options: &PlatformOptions,
        capacity: Option<usize>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let room = capacity.unwrap_or(usize::MAX);
        let room = room.saturating_sub(options.max_instances);
        let limits = Limits {
            max_instances: options.max_instances,
            per_function: options.instances_per_function(),
            suspended: options.max_waiting.min(room),
            suspended_per_function: options.waiting_per_function(),
        };
        Self {
            state: Mutex::new(QueueState {
                lanes: Lanes::new(limits),
                instances: 0,
                free: Vec::new(),
                pushed: 0,
                numbered: 0,
                is_watched: false,
                closed: false,
            }),
            admission: Admission::new(options),
            max_instances: options.max_instances,
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
        job.serial = state.pushed;
        state.pushed += 1;
        state.lanes.push(job, now);
        self.tell_scaler(&mut state);
        Ok(())
    }

    /// Lets jobs whose claims are stored run, and forgets `refused` ones. Returns the jobs when the
    /// queue is closed.
    pub(super) fn claimed(&self, jobs: Vec<Job>, refused: &[Job]) -> Vec<Job> {
        let now = self.clock.monotonic();
        let mut state = self.state.lock();
        for job in refused {
            state.lanes.not_claimed(job, now);
        }
        if state.closed {
            for job in &jobs {
                state.lanes.not_claimed(job, now);
            }
            return jobs;
        }
        for job in jobs {
            state.lanes.claimed(job, now);
        }
        Vec::new()
    }

    /// Returns what is to be done next, and lets suspended jobs go on whose turn it is. `None` until
    /// something changes.
    pub(super) fn next(&self) -> Option<Next> {
        let now = self.clock.monotonic();
        let mut state = self.state.lock();
        loop {
            let instances = state.instances;
            match state.lanes.take(instances, now)? {
                Turn::Claim(jobs) => return Some(Next::Claim(jobs)),
                Turn::Run(mut job) => {
                    job.place.leave_queue();
                    let hold = Hold {
                        function: job.function.function.id,
                        key: job.key().map(|(key, _)| key.clone()),
                        stage: Mutex::new(Stage::Running),
                        number: AtomicU64::new(state.take_number()),
                        resumed: Notify::new(),
                    };
                    return Some(Next::Run(job, Arc::new(hold)));
                }
                Turn::Resume(hold) => {
                    hold.number.store(state.take_number(), Ordering::Relaxed);
                    *hold.stage.lock() = Stage::Running;
                    hold.resumed.notify_one();
                }
            }
        }
    }

    /// The code of a job waits. Returns whether the job has given its instance back for that: not if
    /// as many are suspended as may be.
    pub(super) fn suspend(&self, hold: &Hold) -> bool {
        let mut state = self.state.lock();
        let mut stage = hold.stage.lock();
        if *stage != Stage::Running || !state.lanes.suspend(hold.function, self.clock.monotonic()) {
            return false;
        }
        *stage = Stage::Suspended;
        state.free.push(hold.number());
        true
    }

    /// The code of a job can go on. Returns whether the job is suspended: [`Hold::resumed`] then
    /// tells when it has an instance again.
    pub(super) fn resume(&self, hold: &Arc<Hold>) -> bool {
        let mut state = self.state.lock();
        let mut stage = hold.stage.lock();
        if *stage != Stage::Suspended {
            return false;
        }
        *stage = Stage::Resuming;
        drop(stage);
        let now = self.clock.monotonic();
        state.lanes.resume(hold.function, hold.clone(), now);
        self.tell_scaler(&mut state);
        true
    }

    /// A job has ended, or was given up.
    pub(super) fn end(&self, hold: &Arc<Hold>) {
        let now = self.clock.monotonic();
        let mut state = self.state.lock();
        let stage = std::mem::replace(&mut *hold.stage.lock(), Stage::Ended);
        match stage {
            Stage::Running => {
                state.free.push(hold.number());
                state.lanes.finish(hold.function, hold.key.as_ref(), now);
            }
            Stage::Suspended | Stage::Resuming => {
                let is_it = |resuming: &Arc<Hold>| Arc::ptr_eq(resuming, hold);
                let key = hold.key.as_ref();
                state.lanes.finish_suspended(hold.function, key, is_it, now);
            }
            Stage::Ended => {}
        }
    }

    /// Sets the number of instances. If there are fewer than before, jobs that run go on, and the
    /// next ones start when enough have ended.
    pub(super) fn set_instances(&self, instances: usize) {
        self.state.lock().instances = instances;
    }

    /// Takes the job that waits, claimed or not, of the execution that is `wanted` out.
    pub(super) fn remove(&self, wanted: impl Fn(&Execution) -> bool) -> Option<Job> {
        let mut state = self.state.lock();
        let now = self.clock.monotonic();
        state.lanes.remove(|job| wanted(&job.execution), now)
    }

    /// Calls `visit` with each job that has not begun.
    pub(super) fn for_each_waiting(&self, visit: impl FnMut(&Job)) {
        self.state.lock().lanes.for_each(visit);
    }

    pub(super) fn depth(&self) -> Depth {
        let state = self.state.lock();
        let Counts {
            queued,
            running,
            suspended,
        } = state.lanes.counts();
        Depth {
            queued,
            running,
            waiting: suspended,
            instances: state.instances,
        }
    }

    /// What waits for want of an instance.
    pub(super) fn pressure(&self) -> Pressure {
        let now = self.clock.monotonic();
        self.state.lock().lanes.pressure(now)
    }

    /// Waits until a job begins to wait because no instance is free; returns at once when one waits
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

    fn tell_scaler(&self, state: &mut QueueState) {
        if state.is_watched && state.lanes.counts().running >= state.instances {
            state.is_watched = false;
            self.pressed.notify_one();
        }
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

    /// Lets no more jobs begin, and returns those that have not: first the claimed ones, then the
    /// others. Suspended jobs still go on, on as many instances as there may be.
    pub(super) fn close(&self) -> (Vec<Job>, Vec<Job>) {
        let now = self.clock.monotonic();
        let mut state = self.state.lock();
        state.closed = true;
        state.instances = state.instances.max(self.max_instances);
        let drained = state.lanes.drain(now);
        drop(state);
        self.admission.close();
        drained
    }
}

impl QueueState {
    fn take_number(&mut self) -> u64 {
        self.free.pop().unwrap_or_else(|| {
            self.numbered += 1;
            self.numbered
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::SystemClock;
    use crate::engine::job::Loaded;
    use crate::engine::registry::tests::idle;
    use crate::runtime::{Limits, OpenEnvironment, Program};
    use crate::store::conformance::fixtures::Fixtures;

    /// Long enough for anything but a hang.
    const ENOUGH: Duration = Duration::from_secs(60);

    fn queue(instances: usize, max_waiting: usize) -> Queue {
        let options = PlatformOptions {
            max_waiting,
            ..PlatformOptions::default()
        };
        let queue = Queue::new(&options, None, Arc::new(SystemClock::new()));
        queue.set_instances(instances);
        queue
    }

    /// A job of a function that is the same each time.
    fn job(queue: &Queue) -> Job {
        let mut fixtures = Fixtures::new();
        let mut function = fixtures.function("add");
        function.id = FunctionId::from_u128(1);
        let execution = Arc::new(fixtures.pending(function.id));
        let place = queue.try_reserve(function.id, 1).unwrap();
        let limits = Limits {
            timeout: Duration::from_secs(1),
            memory: 1 << 20,
            output: 1 << 20,
            log_lines: 1,
            log_bytes: 1,
            host_calls: 1,
            host_bytes: 1,
        };
        let loaded = Loaded {
            egress_secrets: Arc::default(),
            namespaces: Vec::new(),
            function,
            program: Program::new(()),
            runtime: idle().find(None).unwrap().clone(),
            limits,
            bindings: Arc::new([]),
            environment: Ok(Arc::new(OpenEnvironment::EMPTY)),
            script: None,
            session: None,
        };
        let (answer, _) = tokio::sync::oneshot::channel();
        Job::direct(place, Arc::new(loaded), execution, answer)
    }

    fn started(queue: &Queue) -> Option<Arc<Hold>> {
        match queue.next()? {
            Next::Run(_, hold) => Some(hold),
            Next::Claim(_) => panic!("nothing needs a claim"),
        }
    }

    fn depth(queue: &Queue) -> (usize, usize, usize) {
        let depth = queue.depth();
        (depth.queued, depth.running, depth.waiting)
    }

    #[test]
    fn a_job_that_waits_lets_another_run_and_goes_on_before_those_that_have_not_begun() {
        let queue = queue(1, 10);
        for _ in 0..3 {
            assert!(queue.push(job(&queue)).is_ok());
        }
        let first = started(&queue).unwrap();
        assert!(started(&queue).is_none());
        assert!(queue.suspend(&first));
        let second = started(&queue).unwrap();
        assert_eq!(first.number(), second.number());
        assert_eq!(depth(&queue), (1, 1, 1));
        assert!(queue.resume(&first));
        assert!(started(&queue).is_none());
        queue.end(&second);
        // It has the instance now, and the third job has not begun.
        assert!(started(&queue).is_none());
        assert_eq!(depth(&queue), (1, 1, 0));
        queue.end(&first);
        assert!(started(&queue).is_some());
    }

    #[test]
    fn a_job_that_waits_when_as_many_wait_as_may_keeps_its_instance() {
        let queue = queue(2, 1);
        for _ in 0..2 {
            assert!(queue.push(job(&queue)).is_ok());
        }
        let [one, other] = [(); 2].map(|()| started(&queue).unwrap());
        assert!(queue.suspend(&one));
        assert!(!queue.suspend(&other));
        assert!(!queue.resume(&other));
        assert_eq!(depth(&queue), (0, 1, 1));
        queue.end(&other);
        queue.end(&one);
        assert_eq!(depth(&queue), (0, 0, 0));
    }

    #[test]
    fn fewer_jobs_wait_if_the_runtime_has_isolates_for_fewer() {
        let options = PlatformOptions::default();
        let capacity = Some(options.max_instances + 1);
        let queue = Queue::new(&options, capacity, Arc::new(SystemClock::new()));
        queue.set_instances(2);
        for _ in 0..2 {
            assert!(queue.push(job(&queue)).is_ok());
        }
        let [one, other] = [(); 2].map(|()| started(&queue).unwrap());
        assert!(queue.suspend(&one));
        assert!(!queue.suspend(&other));
    }

    #[test]
    fn a_job_that_ends_while_it_waits_leaves_nothing_behind() {
        let queue = queue(1, 10);
        for _ in 0..2 {
            assert!(queue.push(job(&queue)).is_ok());
        }
        let one = started(&queue).unwrap();
        assert!(queue.suspend(&one));
        let other = started(&queue).unwrap();
        assert!(queue.resume(&one));
        queue.end(&one);
        queue.end(&one);
        queue.end(&other);
        assert_eq!(depth(&queue), (0, 0, 0));
        assert!(queue.next().is_none());
    }

    #[test]
    fn a_closed_queue_starts_nothing_and_lets_those_that_wait_go_on() {
        let queue = queue(1, 10);
        for _ in 0..2 {
            assert!(queue.push(job(&queue)).is_ok());
        }
        let one = started(&queue).unwrap();
        assert!(queue.suspend(&one));
        let (claimed, waiting) = queue.close();
        assert_eq!((claimed.len(), waiting.len()), (0, 1));
        assert!(queue.push(job(&queue)).is_err());
        assert!(queue.resume(&one));
        assert!(started(&queue).is_none());
        assert_eq!(depth(&queue), (0, 1, 0));
    }

    #[test]
    fn with_fewer_instances_than_before_the_next_jobs_start_when_enough_have_ended() {
        let queue = queue(2, 10);
        for _ in 0..3 {
            assert!(queue.push(job(&queue)).is_ok());
        }
        let [one, other] = [(); 2].map(|()| started(&queue).unwrap());
        queue.set_instances(1);
        queue.end(&one);
        assert!(started(&queue).is_none());
        queue.end(&other);
        assert!(started(&queue).is_some());
    }

    #[tokio::test]
    async fn the_scaler_is_told_when_a_job_begins_to_wait_and_not_when_an_instance_is_free() {
        let queue = Arc::new(queue(1, 10));
        let watched = queue.clone();
        let mut pressed = tokio::spawn(async move { watched.pressed().await });
        while !queue.state.lock().is_watched {
            tokio::task::yield_now().await;
        }
        assert!(queue.push(job(&queue)).is_ok());
        assert!(started(&queue).is_some());
        assert!(queue.state.lock().is_watched);
        assert!(queue.push(job(&queue)).is_ok());
        let told = tokio::time::timeout(ENOUGH, &mut pressed).await;
        assert!(told.is_ok());
        // One waits already.
        assert!(tokio::time::timeout(ENOUGH, queue.pressed()).await.is_ok());
    }
}
