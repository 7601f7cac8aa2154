//! The queue: which job runs next, and where.
//!
//! First in, first out for each function; round-robin between functions, so that the flood of one
//! does not starve another; at most as many of a function at a time as its concurrency limit says.
//! Instances pull from it, each on its own thread. An idle one is woken last-in-first-out, so that
//! under little load the same few stay busy and the others can be given back.
//!
//! A job of an accepted execution must be claimed in the store before it runs. An instance that
//! comes upon one hands it to be claimed and takes another; claimed jobs come back at the front.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use parking_lot::{Condvar, Mutex, MutexGuard};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::job::Job;
use crate::model::{Execution, FunctionId};

/// How many claims may be under way or unused for each instance: enough to keep an instance busy
/// while a group of claims is committed, few enough that little is marked running that is not.
const CLAIMS_PER_INSTANCE: usize = 4;
/// How many functions an instance looks at for one job. Those that it passes over go to the back of
/// the ring, so that the next look begins behind them.
const MAX_LOOKS: usize = 64;

/// The queue.
pub(super) struct Queue {
    state: Mutex<QueueState>,
    /// QueuePermit for jobs that do not run yet, claimed or not; the bound of the queue.
    permits: Arc<Semaphore>,
}

#[derive(Default)]
struct QueueState {
    lanes: HashMap<FunctionId, Lane>,
    /// The functions that have a job which may run, in the order in which they take turns.
    ring: VecDeque<FunctionId>,
    /// Jobs whose claim is stored. They count as running in their lanes.
    claimed: VecDeque<Job>,
    /// Jobs handed out to be claimed.
    claiming: usize,
    /// Jobs in lanes.
    waiting: usize,
    /// Jobs that instances run.
    running: usize,
    /// Instances that wait, the one that waits shortest last.
    idle: VecDeque<Arc<Doorbell>>,
    /// Instances that were woken and have not looked yet. At most one is woken for work: it wakes the
    /// next when it finds more than it can take, so that a burst does not wake all for what one can
    /// do.
    waking: usize,
    instances: usize,
    /// How many instances are to end as soon as they are idle.
    retiring: usize,
    closed: bool,
}

/// The jobs of one function.
#[derive(Default)]
struct Lane {
    jobs: VecDeque<Job>,
    /// Jobs that run or are claimed.
    active: usize,
    in_ring: bool,
}

/// What an idle instance waits on.
#[derive(Debug, Default)]
pub(super) struct Doorbell(Condvar);

/// QueuePermit for one job; given back when it is dropped unused. There is none to give back in a queue that
/// was closed.
pub(super) struct QueuePermit(Option<OwnedSemaphorePermit>);

/// The queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

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
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::default(),
            permits: Arc::new(Semaphore::new(capacity.min(Semaphore::MAX_PERMITS))),
        }
    }

    /// Reserves a place in the queue for one job, if there is one.
    pub(super) fn try_reserve(&self) -> Result<QueuePermit, Full> {
        match self.permits.clone().try_acquire_owned() {
            Ok(permit) => Ok(QueuePermit(Some(permit))),
            Err(_) => Err(Full),
        }
    }

    /// Waits for a place in the queue: for work that was accepted before.
    pub(super) async fn reserve(&self) -> QueuePermit {
        QueuePermit(self.permits.clone().acquire_owned().await.ok())
    }

    /// Adds a job. It is given back when the queue was closed.
    pub(super) fn push(&self, permit: QueuePermit, job: Job) -> Result<(), Job> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(job);
        }
        // It is given back when the job runs, or is taken out.
        if let Some(permit) = permit.0 {
            permit.forget();
        }
        let id = job.function.function.id;
        let limit = job.concurrency();
        let lane = state.lanes.entry(id).or_default();
        lane.jobs.push_back(job);
        if !lane.in_ring && lane.active < limit {
            lane.in_ring = true;
            state.ring.push_back(id);
        }
        state.waiting += 1;
        Self::wake_one(state);
        Ok(())
    }

    /// Puts jobs whose claims are stored at the front, and forgets `refused` ones, whose function's
    /// turns they give back. Gives the jobs back when the queue was closed.
    pub(super) fn claimed(&self, jobs: Vec<Job>, refused: &[FunctionId]) -> Vec<Job> {
        let mut state = self.state.lock();
        state.claiming -= jobs.len() + refused.len();
        self.permits.add_permits(refused.len());
        if state.closed {
            return jobs;
        }
        for id in refused {
            state.leave(*id);
        }
        state.claimed.extend(jobs);
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
            state.running -= 1;
            state.leave(id);
        }
        let mut before_sleep = BeforeSleep::Yield;
        loop {
            if state.retiring > 0 {
                state.retiring -= 1;
                // It may have been woken for work, which is another's now.
                if state.has_work() {
                    Self::wake_one(state);
                }
                return Next::Retire;
            }
            if state.closed {
                return Next::Retire;
            }
            if let Some(next) = state.take() {
                if matches!(next, Next::Run(_)) {
                    self.permits.add_permits(1);
                }
                if state.has_work() {
                    Self::wake_one(state);
                }
                return next;
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
            state.running -= 1;
            state.leave(function);
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
        let claimed = state.claimed.iter().position(|job| wanted(&job.execution));
        if let Some(job) = claimed.and_then(|at| state.claimed.remove(at)) {
            state.leave(job.function.function.id);
            Self::wake_one(state);
            self.permits.add_permits(1);
            return Some(job);
        }
        let mut found = None;
        for lane in state.lanes.values_mut() {
            if let Some(at) = lane.jobs.iter().position(|job| wanted(&job.execution)) {
                found = lane.jobs.remove(at);
                break;
            }
        }
        found.as_ref()?;
        state.waiting -= 1;
        drop(state);
        self.permits.add_permits(1);
        found
    }

    /// Calls `visit` with each job that waits for an instance.
    pub(super) fn for_each_waiting(&self, visit: impl FnMut(&Job)) {
        let state = self.state.lock();
        state
            .lanes
            .values()
            .flat_map(|lane| &lane.jobs)
            .chain(&state.claimed)
            .for_each(visit);
    }

    pub(super) fn depth(&self) -> Depth {
        let state = self.state.lock();
        Depth {
            queued: state.waiting + state.claiming + state.claimed.len(),
            running: state.running,
            instances: state.instances,
        }
    }

    /// The functions that run as often as they may while more of their jobs wait, and how many do.
    pub(super) fn saturated(&self) -> (Vec<FunctionId>, usize) {
        let state = self.state.lock();
        let lanes = state.lanes.iter();
        let saturated = lanes.filter(|(_, lane)| !lane.in_ring && !lane.jobs.is_empty());
        saturated.fold((Vec::new(), 0), |(mut functions, jobs), (id, lane)| {
            functions.push(*id);
            (functions, jobs + lane.jobs.len())
        })
    }

    /// Ends all instances as soon as they are idle, and returns the jobs that none of them took:
    /// first the claimed ones, then the others.
    pub(super) fn close(&self) -> (Vec<Job>, Vec<Job>) {
        let mut state = self.state.lock();
        state.closed = true;
        state.ring.clear();
        state.waiting = 0;
        let waiting = state
            .lanes
            .drain()
            .flat_map(|(_, lane)| lane.jobs)
            .collect();
        let claimed = state.claimed.drain(..).collect();
        for bell in &state.idle {
            bell.0.notify_one();
        }
        drop(state);
        self.permits.close();
        (claimed, waiting)
    }

    /// Wakes an idle instance, unless one is on its way already.
    fn wake_one(mut state: MutexGuard<'_, QueueState>) {
        if state.waking > 0 {
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
    /// Whether another instance would find something to do.
    fn has_work(&self) -> bool {
        !(self.claimed.is_empty() && self.ring.is_empty())
    }

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

    /// What an instance can do now.
    fn take(&mut self) -> Option<Next> {
        let mut claims = Vec::new();
        let most_claims = CLAIMS_PER_INSTANCE * self.instances.max(1);
        for _ in 0..self.ring.len().min(MAX_LOOKS) {
            let Some(id) = self.ring.pop_front() else {
                break;
            };
            let Some(lane) = self.lanes.get_mut(&id) else {
                continue;
            };
            let Some(job) = lane.jobs.front() else {
                // Its last job was cancelled.
                lane.in_ring = false;
                if lane.active == 0 {
                    self.lanes.remove(&id);
                }
                continue;
            };
            let ahead = self.claimed.len() + self.claiming + claims.len();
            if job.needs_claim && ahead >= most_claims {
                self.ring.push_back(id);
                continue;
            }
            if !job.needs_claim && self.claimed.len() + claims.len() > 0 {
                // Its turn comes when those before it are out of the way.
                self.ring.push_front(id);
                break;
            }
            let limit = job.concurrency();
            let Some(job) = lane.jobs.pop_front() else {
                continue;
            };
            lane.active += 1;
            lane.in_ring = !lane.jobs.is_empty() && lane.active < limit;
            if lane.in_ring {
                self.ring.push_back(id);
            }
            self.waiting -= 1;
            if !job.needs_claim {
                self.running += 1;
                return Some(Next::Run(job));
            }
            claims.push(job);
        }
        if !claims.is_empty() {
            self.claiming += claims.len();
            return Some(Next::Claim(claims));
        }
        let next = self.claimed.pop_front();
        self.running += usize::from(next.is_some());
        next.map(Next::Run)
    }

    /// A job of `function` does not run any more: its lane may take another turn.
    fn leave(&mut self, id: FunctionId) {
        let Some(lane) = self.lanes.get_mut(&id) else {
            return;
        };
        lane.active = lane.active.saturating_sub(1);
        match lane.jobs.front() {
            Some(job) if !lane.in_ring && lane.active < job.concurrency() => {
                lane.in_ring = true;
                self.ring.push_back(id);
            }
            None if lane.active == 0 => {
                self.lanes.remove(&id);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::engine::job::Loaded;
    use crate::runtime::{Limits, OpenEnvironment, Program};
    use crate::store::conformance::fixtures::Fixtures;

    fn job() -> Job {
        let mut fixtures = Fixtures::new();
        let function = fixtures.function("add");
        let execution = Arc::new(fixtures.pending(function.id));
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
        Job::direct(Arc::new(loaded), execution, answer)
    }

    /// An instance that says what it does next, once it waits.
    fn waiting(queue: &Arc<Queue>, said: &mpsc::Sender<&'static str>) {
        let before = queue.state.lock().idle.len();
        let (waiting, said) = (queue.clone(), said.clone());
        waiting.add_instance();
        std::thread::spawn(move || {
            let next = waiting.next(&Arc::default(), None, || {});
            said.send(match next {
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
        const ENOUGH: Duration = Duration::from_secs(10);
        let queue = Arc::new(Queue::new(10));
        let (said, heard) = mpsc::channel();
        waiting(&queue, &said);
        waiting(&queue, &said);
        // One is to end and has not been woken for it yet.
        let mut state = queue.state.lock();
        state.instances -= 1;
        state.retiring += 1;
        drop(state);
        let permit = queue.try_reserve().unwrap();
        assert!(queue.push(permit, job()).is_ok());
        assert_eq!(heard.recv_timeout(ENOUGH), Ok("retire"));
        assert_eq!(heard.recv_timeout(ENOUGH), Ok("run"));
    }

    #[test]
    fn as_many_waiting_instances_end_as_are_given_back() {
        const ENOUGH: Duration = Duration::from_secs(10);
        let queue = Arc::new(Queue::new(10));
        let (said, heard) = mpsc::channel();
        for _ in 0..5 {
            waiting(&queue, &said);
        }
        // None of them can wake before all were told.
        let mut state = queue.state.lock();
        let told = (0..3).filter_map(|_| state.give_back()).collect::<Vec<_>>();
        drop(state);
        told.iter().for_each(|bell| {
            bell.0.notify_one();
        });
        for _ in 0..3 {
            assert_eq!(heard.recv_timeout(ENOUGH), Ok("retire"));
        }
        assert_eq!(queue.state.lock().idle.len(), 2);
        let permit = queue.try_reserve().unwrap();
        assert!(queue.push(permit, job()).is_ok());
        assert_eq!(heard.recv_timeout(ENOUGH), Ok("run"));
    }

    #[test]
    fn room_that_is_not_used_is_given_back() {
        let queue = Queue::new(1);
        let permit = queue.try_reserve().unwrap();
        assert!(queue.try_reserve().is_err());
        drop(permit);
        let permit = queue.try_reserve().unwrap();
        assert!(queue.push(permit, job()).is_ok());
        assert!(queue.try_reserve().is_err());
    }
}
