//! Replays a trace of arrivals against a policy.
//!
//! A discrete-event simulation of the engine's queue and instances with a clock of its own: the
//! same trace and policy give the same [`Replay`] every time, and no real time passes. The policies
//! of this crate are tested with it, and you can use it to try your own policy, or your own numbers,
//! on your own load.
//!
//! ```
//! use std::time::Duration;
//! use faas_core::scaling::QueueDriven;
//! use faas_core::scaling::simulator::{Simulation, Trace};
//!
//! let trace = Trace::burst(100, Duration::from_millis(500)).then_silence(Duration::from_secs(600));
//! let replay = Simulation::default().run(&trace, QueueDriven::default());
//! assert_eq!(replay.completed, 100);
//! assert!(replay.peak_instances() > 1);
//! assert_eq!(replay.last_instances(), 1);
//! ```

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use super::{Decision, ScalingPolicy, Snapshot};
use crate::model::ScalingAction;

/// One execution that will arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// When it arrives.
    pub at: Duration,
    /// How long an instance runs it.
    pub service: Duration,
}

/// Arrivals, and how long to watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    arrivals: Vec<Arrival>,
    length: Duration,
}

impl Trace {
    /// These arrivals, in any order, watched for `length`.
    pub fn new(mut arrivals: Vec<Arrival>, length: Duration) -> Self {
        arrivals.sort_by_key(|arrival| arrival.at);
        Self { arrivals, length }
    }

    /// Nothing, for `length`.
    pub fn silence(length: Duration) -> Self {
        Self::new(Vec::new(), length)
    }

    /// `count` executions at once.
    pub fn burst(count: usize, service: Duration) -> Self {
        let arrival = Arrival {
            at: Duration::ZERO,
            service,
        };
        Self::new(vec![arrival; count], Duration::ZERO)
    }

    /// One execution every `interval` for `length`. An `interval` of zero is taken as 1 ms.
    pub fn constant(interval: Duration, service: Duration, length: Duration) -> Self {
        let interval = interval.max(Duration::from_millis(1));
        let mut arrivals = Vec::new();
        let mut at = Duration::ZERO;
        while at < length {
            arrivals.push(Arrival { at, service });
            at += interval;
        }
        Self::new(arrivals, length)
    }

    /// `teeth` times a rate that rises evenly from nothing to `peak` executions a second within
    /// `tooth` and then drops to nothing.
    pub fn sawtooth(peak: f64, tooth: Duration, service: Duration, teeth: usize) -> Self {
        // The number of arrivals by time t is peak × t² / (2 × tooth); arrival n comes where that
        // reaches n.
        let seconds = tooth.as_secs_f64();
        let count = (peak * seconds / 2.0) as usize;
        let mut arrivals = Vec::new();
        let mut start = Duration::ZERO;
        for _ in 0..teeth {
            arrivals.extend((0..count).map(|n| Arrival {
                at: start + Duration::from_secs_f64((2.0 * n as f64 * seconds / peak).sqrt()),
                service,
            }));
            start += tooth;
        }
        Self::new(arrivals, start)
    }

    /// A single execution that runs for `service`, watched until its end.
    pub fn one_long(service: Duration) -> Self {
        let mut trace = Self::burst(1, service);
        trace.length = service;
        trace
    }

    /// This trace, then nothing for `length`.
    #[must_use]
    pub fn then_silence(self, length: Duration) -> Self {
        self.then(Self::silence(length))
    }

    /// This trace, then `next`.
    #[must_use]
    pub fn then(mut self, next: Self) -> Self {
        let start = self.length;
        self.arrivals
            .extend(next.arrivals.into_iter().map(|a| Arrival {
                at: start + a.at,
                ..a
            }));
        self.length += next.length;
        self
    }

    /// How long it is watched.
    pub fn length(&self) -> Duration {
        self.length
    }

    /// The arrivals, in order of time.
    pub fn arrivals(&self) -> &[Arrival] {
        &self.arrivals
    }
}

/// How the simulated engine is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Simulation {
    /// The fewest instances, and how many there are at the start.
    pub min_instances: usize,
    /// The most instances.
    pub max_instances: usize,
    /// How often the policy is asked; zero is taken as 1 ms.
    pub tick: Duration,
    /// How often it is asked while executions wait and there may be more instances, if that is more
    /// often; zero is taken as 1 ms.
    pub busy_tick: Duration,
    /// How many processors executions share. They slow each other down when more of them run.
    /// `None`: they do not use a processor, or there are enough.
    pub processors: Option<usize>,
}

impl Default for Simulation {
    fn default() -> Self {
        Self {
            min_instances: 1,
            max_instances: 10,
            tick: Duration::from_millis(200),
            busy_tick: Duration::from_millis(20),
            processors: None,
        }
    }
}

/// What the policy saw at one tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When.
    pub at: Duration,
    /// Executions that waited.
    pub queued: usize,
    /// Executions that ran. More than there are instances for a while after a scale-down, since
    /// nothing that runs is stopped.
    pub running: usize,
    /// Instances there were before the decision.
    pub instances: usize,
}

/// One change that the policy made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Duration,
    /// From how many instances.
    pub from: usize,
    /// To how many, within the bounds.
    pub to: usize,
    /// What the policy asked for, whatever the bounds.
    pub asked: usize,
    /// Why, in the policy's words.
    pub reason: String,
}

impl Change {
    /// Which way it went.
    pub const fn action(&self) -> ScalingAction {
        if self.to > self.from {
            ScalingAction::Up
        } else {
            ScalingAction::Down
        }
    }
}

/// What happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    /// One sample for each tick.
    pub timeline: Vec<Sample>,
    /// The changes of capacity.
    pub changes: Vec<Change>,
    /// Executions that ended within the watched time.
    pub completed: usize,
    /// The longest that any of the started ones waited.
    pub longest_wait: Duration,
}

impl Replay {
    /// How often capacity turned round (from rising to falling or back) at or after `from`.
    pub fn direction_changes(&self, from: Duration) -> usize {
        let directions: Vec<_> = self
            .changes
            .iter()
            .filter(|change| change.at >= from)
            .map(Change::action)
            .collect();
        directions
            .windows(2)
            .filter(|pair| pair.first() != pair.last())
            .count()
    }

    /// The most instances there were.
    pub fn peak_instances(&self) -> usize {
        let changed = self.changes.iter().map(|change| change.to);
        let seen = self.timeline.iter().map(|sample| sample.instances);
        changed.chain(seen).max().unwrap_or(0)
    }

    /// How many instances there were at the end.
    pub fn last_instances(&self) -> usize {
        let changed = self.changes.last().map(|change| change.to);
        let seen = self.timeline.last().map(|sample| sample.instances);
        changed.or(seen).unwrap_or(0)
    }

    /// The first tick from which on nothing waited any more; `None` when something still did.
    pub fn drained_at(&self) -> Option<Duration> {
        let waiting = self.timeline.iter().rposition(|sample| sample.queued > 0);
        let first = waiting.map_or(0, |index| index + 1);
        self.timeline.get(first).map(|sample| sample.at)
    }

    /// Instance time: what the capacity would cost by the hour.
    pub fn instance_time(&self) -> Duration {
        let spans = self.timeline.iter().zip(self.timeline.iter().skip(1));
        spans
            .map(|(a, b)| {
                let instances = u32::try_from(a.instances).unwrap_or(u32::MAX);
                (b.at - a.at).saturating_mul(instances)
            })
            .sum()
    }
}

impl Simulation {
    /// Replays `trace` against `policy`.
    pub fn run(&self, trace: &Trace, mut policy: impl ScalingPolicy) -> Replay {
        let mut engine = Engine::new(self.min_instances, self.processors);
        let mut arrivals = trace.arrivals.iter().copied().peekable();
        let tick = self.tick.max(Duration::from_millis(1));
        let busy_tick = self.busy_tick.max(Duration::from_millis(1)).min(tick);
        let mut next = Duration::ZERO;
        while next <= trace.length {
            while let Some(arrival) = arrivals.next_if(|arrival| arrival.at <= next) {
                engine.end_until(arrival.at);
                engine.arrive(arrival);
                if self.is_pressed(&engine) {
                    next = next.min(arrival.at + busy_tick);
                }
            }
            engine.end_until(next);
            self.ask(&mut policy, &mut engine, next);
            next += if self.is_pressed(&engine) {
                busy_tick
            } else {
                tick
            };
        }
        engine.replay
    }

    /// Whether something waits, and there may be more instances.
    fn is_pressed(&self, engine: &Engine) -> bool {
        !engine.queue.is_empty() && engine.instances < self.max_instances
    }

    fn ask(&self, policy: &mut impl ScalingPolicy, engine: &mut Engine, now: Duration) {
        let oldest = engine.queue.front();
        let snapshot = Snapshot {
            at: now,
            queued: engine.queue.len(),
            startable: engine.queue.len(),
            oldest_wait: oldest.map_or(Duration::ZERO, |oldest| now.saturating_sub(oldest.at)),
            running: engine.ends.len(),
            ..Snapshot::new(engine.instances, self.min_instances, self.max_instances)
        };
        engine.replay.timeline.push(Sample {
            at: now,
            queued: snapshot.queued,
            running: snapshot.running,
            instances: snapshot.instances,
        });
        let Decision::Scale { instances, reason } = policy.decide(&snapshot) else {
            return;
        };
        let to = snapshot.bounded(instances);
        if to != engine.instances {
            engine.replay.changes.push(Change {
                at: now,
                from: engine.instances,
                to,
                asked: instances,
                reason,
            });
            engine.instances = to;
            engine.start(now);
        }
    }
}

/// The simulated queue and instances.
struct Engine {
    instances: usize,
    processors: Option<usize>,
    queue: VecDeque<Arrival>,
    now: Duration,
    /// How long an execution that has always run would have run by `now`: less than that where
    /// executions slow each other down.
    progress: Duration,
    /// The progress at which each of the running executions ends.
    ends: BinaryHeap<Reverse<Duration>>,
    replay: Replay,
}

impl Engine {
    fn new(instances: usize, processors: Option<usize>) -> Self {
        Self {
            instances,
            processors,
            queue: VecDeque::new(),
            now: Duration::ZERO,
            progress: Duration::ZERO,
            ends: BinaryHeap::new(),
            replay: Replay::default(),
        }
    }

    fn arrive(&mut self, arrival: Arrival) {
        self.queue.push_back(arrival);
        self.start(arrival.at);
    }

    /// Starts what waits on the instances that are idle at `now`.
    fn start(&mut self, now: Duration) {
        while self.ends.len() < self.instances {
            let Some(next) = self.queue.pop_front() else {
                return;
            };
            let waited = now.saturating_sub(next.at);
            self.replay.longest_wait = self.replay.longest_wait.max(waited);
            self.ends.push(Reverse(self.progress + next.service));
        }
    }

    /// Ends, in order, what ends by `until`, each making room for the next that waits.
    fn end_until(&mut self, until: Duration) {
        while let Some(&Reverse(end)) = self.ends.peek() {
            let ends_at = self.now + self.time_for(end.saturating_sub(self.progress));
            if ends_at > until {
                break;
            }
            self.now = ends_at;
            self.progress = end;
            self.ends.pop();
            self.replay.completed += 1;
            self.start(ends_at);
        }
        let left = until.saturating_sub(self.now);
        let slowdown = self.slowdown();
        self.progress += if slowdown > 1.0 {
            left.div_f64(slowdown)
        } else {
            left
        };
        self.now = until.max(self.now);
    }

    /// How long it takes each of the running executions to get on by `work`.
    fn time_for(&self, work: Duration) -> Duration {
        let slowdown = self.slowdown();
        if slowdown > 1.0 {
            work.mul_f64(slowdown)
        } else {
            work
        }
    }

    /// How many times as long the running executions take as each would alone.
    fn slowdown(&self) -> f64 {
        let processors = self.processors.unwrap_or(usize::MAX).max(1);
        self.ends.len() as f64 / processors as f64
    }
}
