//! Whose turn it is: the jobs of each function in a lane of their own, and the order of the lanes.
//!
//! Pure: no threads, no clock. [`super::queue`] calls it under its lock and passes the time.
//!
//! - Within a function, jobs start by priority, then first in, first out. Only a job that needs no
//!   claim may start while earlier ones are being claimed. As many jobs with one key may go at a
//!   time as the key's limit says ([`super::line`]).
//! - Between functions, the one that has used the least run time goes next ([`super::usage`]).
//! - A function runs at most as many jobs at a time as its own concurrency limit says, and holds at
//!   most [`Limits::per_function`] instances.
//! - While there are as many instances as there may be, the last free one goes only to a function
//!   that holds none. As long as fewer functions than there are instances are greedy, the others
//!   find one free. Running calls are never interrupted, so nothing else would help a newcomer.
//! - A job that must be claimed first is handed out to be claimed ahead of its turn, and comes back
//!   to the front of its lane. Each function may claim as many jobs ahead as leave the same number
//!   of claims to others, so that a function whose claimed jobs may not run does not use up all.
//! - A running job whose code waits is *suspended*: it holds no instance, and counts against
//!   the limits of its function's concurrency and of its key only. When its code can go on, it goes before the jobs of its
//!   function that have not begun.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use super::line::{Key, Line, Rank, Ranked};
use super::usage::{Used, VirtualTime};
use crate::model::FunctionId;

/// How many claims may be under way or unused for each instance. One function gets half of them:
/// enough to keep its instances busy while a group of claims is committed, few enough that little is
/// marked running that is not.
const CLAIMS_PER_INSTANCE: usize = 8;
/// How many lanes an instance looks at for claims at a time. Those that it passes over go to the back
/// of the ring, so that the next look begins behind them.
const MAX_LOOKS: usize = 64;
/// How often the run time of calls that still run is charged, at most.
const CHARGE_EVERY: Duration = Duration::from_millis(1);
/// How many functions that are idle and have used more than their share are remembered. Past that,
/// the smallest leads are forgotten.
const MAX_LEADS: usize = 4_096;
/// A lead that is not worth remembering, in seconds of run time.
const SMALL_LEAD: f64 = 0.001;

/// What the lanes need to know of a job.
pub(super) trait Queued: Ranked {
    fn function(&self) -> FunctionId;
    /// How many jobs of its function may run or be claimed at a time.
    fn concurrency(&self) -> usize;
    /// Whether it must be claimed before it runs.
    fn needs_claim(&self) -> bool;
    /// When it came, on the monotonic clock.
    fn queued_at(&self) -> Duration;
}

/// How many instances there may be, and how many of them one function may hold; and how many jobs
/// may be suspended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) max_instances: usize,
    pub(super) per_function: usize,
    pub(super) suspended: usize,
    pub(super) suspended_per_function: usize,
}

/// What an instance is to do.
#[derive(Debug)]
pub(super) enum Turn<J, R> {
    Run(J),
    Claim(Vec<J>),
    /// A suspended job goes on.
    Resume(R),
}

/// How many jobs there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Jobs that no instance runs.
    pub(super) queued: usize,
    /// Jobs that instances run.
    pub(super) running: usize,
    /// Jobs that have begun and whose code waits.
    pub(super) suspended: usize,
}

/// What waits for want of an instance, as opposed to a limit of its function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Pressure {
    /// Jobs of functions that are below their limits.
    pub(super) queued: usize,
    /// How many of these would start if there were enough instances.
    pub(super) startable: usize,
    /// How long the oldest of these has waited, not counting the time in which its function was at
    /// a limit.
    pub(super) oldest_wait: Duration,
}

/// All lanes, of jobs `J` whose suspended ones are known as `R`.
pub(super) struct Lanes<J, R> {
    limits: Limits,
    lanes: HashMap<FunctionId, Lane<J, R>>,
    order: Order,
    /// Lanes whose next job can be claimed.
    claimable: VecDeque<FunctionId>,
    time: VirtualTime,
    /// Of idle functions: what they have used, where that is more than the virtual time.
    leads: HashMap<FunctionId, Used>,
    charged_at: Duration,
    swept_at: Duration,
    /// Jobs in lanes that are not claimed.
    waiting: usize,
    /// Jobs that are being claimed.
    claiming: usize,
    /// Jobs that are claimed and wait.
    claimed: usize,
    running: usize,
    suspended: usize,
}

/// The jobs of one function.
struct Lane<J, R> {
    jobs: Line<J>,
    /// Those whose claim is stored.
    claimed: BTreeMap<Rank, J>,
    claiming: usize,
    running: usize,
    suspended: usize,
    /// Suspended ones that can go on, and since when. They go first.
    resuming: VecDeque<(R, Duration)>,
    used: Used,
    /// Until when `used` counts what runs.
    charged_at: Duration,
    /// Its place in the order, while it has a job that may start.
    place: Option<Place>,
    is_claimable: bool,
    /// Since when it is below its limits.
    open_since: Option<Duration>,
}

/// A lane's place in the order: the least used first; among equals, whoever had no turn for longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    used: Used,
    serial: u64,
    function: FunctionId,
}

/// The lanes that have a job which may start.
#[derive(Default)]
struct Order {
    /// Those of functions that hold no instance.
    newcomers: BTreeSet<Place>,
    /// Those of functions that hold some.
    holders: BTreeSet<Place>,
    serial: u64,
}

impl Order {
    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    fn insert(&mut self, place: Place, holds: bool) {
        let set = if holds {
            &mut self.holders
        } else {
            &mut self.newcomers
        };
        set.insert(place);
    }

    fn remove(&mut self, place: &Place) {
        if !self.newcomers.remove(place) {
            self.holders.remove(place);
        }
    }

    /// Whose turn it is; with `newcomers_only`, among those that hold no instance.
    fn first(&self, newcomers_only: bool) -> Option<Place> {
        let newcomer = self.newcomers.first();
        let holder = self.holders.first().filter(|_| !newcomers_only);
        match (newcomer, holder) {
            (Some(one), Some(other)) => Some(*one.min(other)),
            (one, other) => one.or(other).copied(),
        }
    }
}

impl<J: Queued, R> Lane<J, R> {
    fn new(used: Used, now: Duration) -> Self {
        Self {
            jobs: Line::new(),
            claimed: BTreeMap::new(),
            claiming: 0,
            running: 0,
            suspended: 0,
            resuming: VecDeque::new(),
            used,
            charged_at: now,
            place: None,
            is_claimable: false,
            open_since: None,
        }
    }

    /// Jobs that are claimed, or being claimed, and do not run.
    fn ahead(&self) -> usize {
        self.claimed.len() + self.claiming
    }

    /// How many of its unclaimed jobs its concurrency limit lets through.
    fn below_concurrency(&self) -> usize {
        let active = self.running + self.suspended + self.ahead();
        let limit = self.jobs.first().map_or(0, Queued::concurrency);
        self.jobs.ready().min(limit.saturating_sub(active))
    }

    /// Whether its first job could start now on a free instance.
    fn is_ready(&self, limits: Limits) -> bool {
        self.running < limits.per_function
            && (!self.resuming.is_empty()
                || !self.claimed.is_empty()
                || self.first_free().is_some())
    }

    /// The rank of its first unclaimed job, if that needs no claim and could start.
    fn first_free(&self) -> Option<Rank> {
        let first = self.jobs.first().filter(|job| !job.needs_claim())?;
        (self.below_concurrency() > 0).then(|| first.rank())
    }

    fn can_claim(&self) -> bool {
        self.jobs.first().is_some_and(Queued::needs_claim) && self.below_concurrency() > 0
    }

    fn is_idle(&self) -> bool {
        self.jobs.is_empty() && self.ahead() == 0 && self.running == 0 && self.suspended == 0
    }

    fn queued_below_limits(&self, limits: Limits) -> usize {
        if self.running < limits.per_function {
            self.resuming.len() + self.ahead() + self.below_concurrency()
        } else {
            0
        }
    }

    fn startable(&self, limits: Limits) -> usize {
        let free = limits.per_function.saturating_sub(self.running);
        self.queued_below_limits(limits).min(free)
    }

    /// How long its first job has waited for want of an instance.
    fn wait(&self, limits: Limits, now: Duration) -> Duration {
        let resuming = self.resuming.front().map(|(_, since)| *since);
        let first = self.claimed.values().next().or_else(|| self.jobs.first());
        let first = resuming.or_else(|| first.map(Queued::queued_at));
        match (first, self.open_since) {
            (Some(since), Some(open)) if self.startable(limits) > 0 => {
                now.saturating_sub(since.max(open))
            }
            _ => Duration::ZERO,
        }
    }

    fn charge(&mut self, time: &VirtualTime, now: Duration) {
        self.used = time.charge(self.used, self.running, self.charged_at, now);
        self.charged_at = now;
    }
}

impl<J: Queued, R> Lanes<J, R> {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            lanes: HashMap::new(),
            order: Order::default(),
            claimable: VecDeque::new(),
            time: VirtualTime::default(),
            leads: HashMap::new(),
            charged_at: Duration::ZERO,
            swept_at: Duration::ZERO,
            waiting: 0,
            claiming: 0,
            claimed: 0,
            running: 0,
            suspended: 0,
        }
    }

    pub(super) const fn counts(&self) -> Counts {
        Counts {
            queued: self.waiting + self.claiming + self.claimed,
            running: self.running,
            suspended: self.suspended,
        }
    }

    /// Adds a job to its function's lane.
    pub(super) fn push(&mut self, job: J, now: Duration) {
        let id = job.function();
        let (lanes, leads) = (&mut self.lanes, &mut self.leads);
        let lane = lanes
            .entry(id)
            .or_insert_with(|| Lane::new(leads.remove(&id).unwrap_or_default(), now));
        lane.jobs.push(job);
        self.waiting += 1;
        self.update(id, now);
    }

    /// What is to be done with a free one of `instances` instances, if one is free. Jobs are claimed
    /// only then, so that those of a busy platform stay for others on the same store.
    pub(super) fn take(&mut self, instances: usize, now: Duration) -> Option<Turn<J, R>> {
        if self.running >= instances {
            return None;
        }
        let claims = self.take_claims(instances, now);
        if !claims.is_empty() {
            return Some(Turn::Claim(claims));
        }
        self.charge_all(now);
        let place = self.order.first(self.is_last_reserved(instances))?;
        self.time.advance(place.used);
        let lane = self.lanes.get_mut(&place.function)?;
        lane.charge(&self.time, now);
        let turn = if let Some((resumed, _)) = lane.resuming.pop_front() {
            lane.suspended = lane.suspended.saturating_sub(1);
            self.suspended = self.suspended.saturating_sub(1);
            Turn::Resume(resumed)
        } else {
            let free = lane.first_free();
            let claimed = lane.claimed.first_entry();
            match claimed.filter(|claimed| free.is_none_or(|free| *claimed.key() < free)) {
                Some(claimed) => {
                    self.claimed -= 1;
                    Turn::Run(claimed.remove())
                }
                None => {
                    let job = lane.jobs.pop()?;
                    self.waiting -= 1;
                    Turn::Run(job)
                }
            }
        };
        lane.running += 1;
        self.running += 1;
        // Its next turn comes behind those of others that have used as much.
        self.leave_order(place.function);
        self.update(place.function, now);
        Some(turn)
    }

    /// A job of `function` with `key` does not run any more.
    pub(super) fn finish(&mut self, function: FunctionId, key: Option<&Key>, now: Duration) {
        if let Some(lane) = self.lanes.get_mut(&function) {
            lane.jobs.release(key);
            lane.charge(&self.time, now);
            lane.running = lane.running.saturating_sub(1);
            self.running = self.running.saturating_sub(1);
        }
        self.update(function, now);
    }

    /// The code of a running job of `function` waits. Returns whether the job is suspended, which
    /// it is unless as many are as may be.
    pub(super) fn suspend(&mut self, function: FunctionId, now: Duration) -> bool {
        let limits = self.limits;
        let Some(lane) = self.lanes.get_mut(&function) else {
            return false;
        };
        if self.suspended >= limits.suspended || lane.suspended >= limits.suspended_per_function {
            return false;
        }
        lane.charge(&self.time, now);
        lane.suspended += 1;
        self.suspended += 1;
        lane.running = lane.running.saturating_sub(1);
        self.running = self.running.saturating_sub(1);
        self.update(function, now);
        true
    }

    /// A suspended job of `function` can go on.
    pub(super) fn resume(&mut self, function: FunctionId, resumed: R, now: Duration) {
        if let Some(lane) = self.lanes.get_mut(&function) {
            lane.resuming.push_back((resumed, now));
        }
        self.update(function, now);
    }

    /// A suspended job of `function` with `key` has ended. `is_it` finds it among those that can go
    /// on.
    pub(super) fn finish_suspended(
        &mut self,
        function: FunctionId,
        key: Option<&Key>,
        is_it: impl Fn(&R) -> bool,
        now: Duration,
    ) {
        if let Some(lane) = self.lanes.get_mut(&function) {
            lane.resuming.retain(|(resuming, _)| !is_it(resuming));
            lane.jobs.release(key);
            lane.suspended = lane.suspended.saturating_sub(1);
            self.suspended = self.suspended.saturating_sub(1);
        }
        self.update(function, now);
    }

    /// The claim of `job`, which was handed out for it, is stored.
    pub(super) fn claimed(&mut self, job: J, now: Duration) {
        let id = job.function();
        self.claiming -= 1;
        self.claimed += 1;
        let lane = self
            .lanes
            .entry(id)
            .or_insert_with(|| Lane::new(Used::default(), now));
        lane.claiming = lane.claiming.saturating_sub(1);
        lane.claimed.insert(job.rank(), job);
        self.update(id, now);
    }

    /// A job that was handed out to be claimed does not come back.
    pub(super) fn not_claimed(&mut self, job: &J, now: Duration) {
        let function = job.function();
        self.claiming -= 1;
        if let Some(lane) = self.lanes.get_mut(&function) {
            lane.jobs.release(job.key().map(|(key, _)| key));
            lane.claiming = lane.claiming.saturating_sub(1);
        }
        self.update(function, now);
    }

    /// Takes the first waiting job, claimed or not, that is `wanted` out.
    pub(super) fn remove(&mut self, wanted: impl Fn(&J) -> bool, now: Duration) -> Option<J> {
        let mut found = None;
        for (id, lane) in &mut self.lanes {
            let mut claimed = lane.claimed.iter();
            if let Some(rank) = claimed.find(|(_, job)| wanted(job)).map(|(rank, _)| *rank) {
                let job = lane.claimed.remove(&rank)?;
                lane.jobs.release(job.key().map(|(key, _)| key));
                self.claimed -= 1;
                found = Some((*id, job));
                break;
            }
            if let Some(job) = lane.jobs.remove(&wanted) {
                self.waiting -= 1;
                found = Some((*id, job));
                break;
            }
        }
        let (id, job) = found?;
        self.update(id, now);
        Some(job)
    }

    /// Takes all jobs out that have not begun: the claimed ones, and the others.
    pub(super) fn drain(&mut self, now: Duration) -> (Vec<J>, Vec<J>) {
        let (mut claimed, mut waiting) = (Vec::new(), Vec::new());
        for lane in self.lanes.values_mut() {
            for job in std::mem::take(&mut lane.claimed).into_values() {
                lane.jobs.release(job.key().map(|(key, _)| key));
                claimed.push(job);
            }
            waiting.extend(lane.jobs.drain());
            lane.place = None;
            lane.is_claimable = false;
        }
        (self.claimed, self.waiting) = (0, 0);
        self.order = Order::default();
        self.claimable.clear();
        let suspended = self.lanes.iter().filter(|(_, lane)| lane.suspended > 0);
        for id in suspended.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.update(id, now);
        }
        (claimed, waiting)
    }

    /// Calls `visit` with each waiting job.
    pub(super) fn for_each(&self, visit: impl FnMut(&J)) {
        let lanes = self.lanes.values();
        lanes
            .flat_map(|lane| lane.claimed.values().chain(lane.jobs.iter()))
            .for_each(visit);
    }

    /// What waits for want of an instance.
    pub(super) fn pressure(&self, now: Duration) -> Pressure {
        let lanes = self.lanes.values();
        lanes.fold(Pressure::default(), |sum, lane| Pressure {
            queued: sum.queued + lane.queued_below_limits(self.limits),
            startable: sum.startable + lane.startable(self.limits),
            oldest_wait: sum.oldest_wait.max(lane.wait(self.limits, now)),
        })
    }

    /// The functions that are at a limit of their own while jobs of theirs wait, and how many wait.
    pub(super) fn saturated(&self) -> (Vec<FunctionId>, usize) {
        let lanes = self.lanes.iter();
        let saturated = lanes.filter(|(_, lane)| {
            !lane.jobs.is_empty() && lane.queued_below_limits(self.limits) == 0
        });
        saturated.fold((Vec::new(), 0), |(mut functions, jobs), (id, lane)| {
            functions.push(*id);
            (functions, jobs + lane.jobs.len())
        })
    }

    /// Whether the free instance that is to be given away is the last and goes to newcomers only.
    const fn is_last_reserved(&self, instances: usize) -> bool {
        let Limits {
            max_instances,
            per_function,
            ..
        } = self.limits;
        per_function < max_instances
            && instances >= max_instances
            && instances.saturating_sub(self.running) <= 1
    }

    /// Whether `lane` may claim another job.
    fn may_claim(&self, lane: &Lane<J, R>, instances: usize) -> bool {
        let all = CLAIMS_PER_INSTANCE * instances.max(1);
        let left = all.saturating_sub(self.claimed + self.claiming);
        lane.ahead() < left
    }

    /// Takes the jobs that are to be claimed now.
    fn take_claims(&mut self, instances: usize, now: Duration) -> Vec<J> {
        let mut claims = Vec::new();
        for _ in 0..self.claimable.len().min(MAX_LOOKS) {
            let Some(id) = self.claimable.pop_front() else {
                break;
            };
            let lane = self.lanes.get(&id);
            let may = lane.is_some_and(|lane| lane.can_claim() && self.may_claim(lane, instances));
            let Some(lane) = self.lanes.get_mut(&id) else {
                continue;
            };
            lane.is_claimable = false;
            if may && let Some(job) = lane.jobs.pop() {
                lane.claiming += 1;
                self.claiming += 1;
                self.waiting -= 1;
                claims.push(job);
            }
            self.update(id, now);
        }
        claims
    }

    /// Charges what still runs to the lanes that compete for a turn.
    fn charge_all(&mut self, now: Duration) {
        if now.saturating_sub(self.charged_at) < CHARGE_EVERY {
            return;
        }
        self.charged_at = now;
        if let Some(factor) = self.time.rescale(now) {
            self.rescale(factor);
        }
        for mut place in std::mem::take(&mut self.order.holders) {
            if let Some(lane) = self.lanes.get_mut(&place.function) {
                lane.charge(&self.time, now);
                place.used = lane.used;
                lane.place = Some(place);
                self.order.holders.insert(place);
            }
        }
        if now.saturating_sub(self.swept_at) >= Duration::from_secs(1) {
            self.swept_at = now;
            self.sweep_leads(now);
        }
    }

    fn rescale(&mut self, factor: f64) {
        for used in self.leads.values_mut() {
            *used = used.scaled(factor);
        }
        for lane in self.lanes.values_mut() {
            lane.used = lane.used.scaled(factor);
            if let Some(place) = &mut lane.place {
                place.used = place.used.scaled(factor);
            }
        }
        let scale = |places: &BTreeSet<Place>| {
            let scaled = places.iter().map(|place| Place {
                used: place.used.scaled(factor),
                ..*place
            });
            scaled.collect()
        };
        self.order.newcomers = scale(&self.order.newcomers);
        self.order.holders = scale(&self.order.holders);
    }

    /// Forgets leads that do not matter any more.
    fn sweep_leads(&mut self, now: Duration) {
        let mut small = SMALL_LEAD;
        loop {
            let time = &self.time;
            self.leads.retain(|_, used| time.lead(*used, now) > small);
            if self.leads.len() <= MAX_LEADS / 2 {
                return;
            }
            small *= 2.0;
        }
    }

    /// Takes a lane out of the order.
    fn leave_order(&mut self, id: FunctionId) {
        if let Some(place) = self.lanes.get_mut(&id).and_then(|lane| lane.place.take()) {
            self.order.remove(&place);
        }
    }

    /// Puts a lane where it belongs after a change: into the order, into the claimable ones, or away
    /// when it is idle.
    fn update(&mut self, id: FunctionId, now: Duration) {
        let Some(lane) = self.lanes.get_mut(&id) else {
            return;
        };
        let before = lane.place.take();
        if let Some(place) = &before {
            self.order.remove(place);
        }
        if lane.is_ready(self.limits) {
            if before.is_none() {
                lane.used = lane.used.max(self.time.now());
            }
            let serial = before.map(|place| place.serial);
            let place = Place {
                used: lane.used,
                serial: serial.unwrap_or_else(|| self.order.next_serial()),
                function: id,
            };
            lane.place = Some(place);
            self.order.insert(place, lane.running > 0);
        }
        if lane.can_claim() && !lane.is_claimable {
            lane.is_claimable = true;
            self.claimable.push_back(id);
        }
        lane.open_since = match lane.startable(self.limits) {
            0 => None,
            _ => Some(lane.open_since.unwrap_or(now)),
        };
        if lane.is_idle() {
            let used = lane.used;
            if lane.is_claimable {
                self.claimable.retain(|claimable| *claimable != id);
            }
            self.lanes.remove(&id);
            if self.time.lead(used, now) > SMALL_LEAD {
                if self.leads.len() >= MAX_LEADS {
                    self.sweep_leads(now);
                }
                self.leads.insert(id, used);
            }
        }
    }
}

#[cfg(test)]
#[path = "lanes_tests.rs"]
mod tests;
