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
use tokio::sync::{Semaphore, TryAcquireError};

use super::job::Job;
use crate::model::{ExecutionId, FunctionId};

/// How many claims may be under way or unused for each instance: enough to keep an instance busy
/// while a group of claims is committed, few enough that little is marked running that is not.
const CLAIMS_PER_INSTANCE: usize = 4;
/// How many functions an instance looks at for one job. Those that it passes over go to the back of
/// the ring, so that the next look begins behind them.
const MAX_LOOKS: usize = 64;

/// The queue.
pub(super) struct Queue {
    state: Mutex<State>,
    /// Room for jobs that wait in lanes; the bound of the queue.
    room: Semaphore,
}

#[derive(Default)]
struct State {
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
    idle: Vec<Arc<Doorbell>>,
    /// Instances that were woken and have not looked yet. There is at most one: it wakes the next
    /// when it finds more than it can take, so that a burst does not wake all for what one can do.
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

/// Room for one job.
pub(super) struct Room(());

/// Why there is no room.
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
            room: Semaphore::new(capacity.min(Semaphore::MAX_PERMITS)),
        }
    }

    /// Takes room for one job, if there is any.
    pub(super) fn try_reserve(&self) -> Result<Room, Full> {
        match self.room.try_acquire() {
            Ok(permit) => {
                permit.forget();
                Ok(Room(()))
            }
            Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => Err(Full),
        }
    }

    /// Waits for room for one job: for work that was accepted before.
    pub(super) async fn reserve(&self) -> Room {
        if let Ok(permit) = self.room.acquire().await {
            permit.forget();
        }
        Room(())
    }

    /// Gives room back unused.
    pub(super) fn release(&self, room: Room) {
        let Room(()) = room;
        self.room.add_permits(1);
    }

    /// Adds a job. It is given back when the queue was closed.
    pub(super) fn push(&self, room: Room, job: Job) -> Result<(), Job> {
        let mut state = self.state.lock();
        if state.closed {
            drop(state);
            self.release(room);
            return Err(job);
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
                return Next::Retire;
            }
            if state.closed {
                return Next::Retire;
            }
            let (next, freed) = state.take();
            if freed > 0 {
                self.room.add_permits(freed);
            }
            if let Some(next) = next {
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
                    state.idle.push(bell.clone());
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
        state.instances -= 1;
        state.retiring += 1;
        // The one that has waited longest.
        if let Some(bell) = state.idle.first().cloned() {
            drop(state);
            bell.0.notify_one();
        }
    }

    /// Takes a waiting job out: it was cancelled.
    pub(super) fn remove(&self, id: ExecutionId) -> Option<Job> {
        let mut state = self.state.lock();
        let mut found = None;
        for lane in state.lanes.values_mut() {
            if let Some(at) = lane.jobs.iter().position(|job| job.execution.id == id) {
                found = lane.jobs.remove(at);
                break;
            }
        }
        found.as_ref()?;
        state.waiting -= 1;
        drop(state);
        self.room.add_permits(1);
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
        self.room.close();
        (claimed, waiting)
    }

    /// Wakes an idle instance, unless one is on its way already.
    fn wake_one(mut state: MutexGuard<'_, State>) {
        if state.waking > 0 {
            return;
        }
        let Some(bell) = state.idle.pop() else { return };
        state.waking += 1;
        drop(state);
        bell.0.notify_one();
    }
}

impl State {
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

    /// What an instance can do now, and how many jobs left their lanes for it.
    fn take(&mut self) -> (Option<Next>, usize) {
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
                lane.in_ring = false;
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
                return (Some(Next::Run(job)), 1);
            }
            claims.push(job);
        }
        if !claims.is_empty() {
            self.claiming += claims.len();
            let taken = claims.len();
            return (Some(Next::Claim(claims)), taken);
        }
        let next = self.claimed.pop_front();
        self.running += usize::from(next.is_some());
        (next.map(Next::Run), 0)
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
