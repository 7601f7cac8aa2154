//! Simulates a policy on a trace of arrivals.
//!
//! A discrete-event simulation of the engine's queue and instances. It has its own clock: no real
//! time passes, and the same trace and policy always give the same [`Replay`]. It tests the
//! policies of this crate; you can use it to try your own policy or settings on your own load.
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

/// An execution that will arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// When the execution arrives.
    pub at: Duration,
    /// How long it runs.
    pub service: Duration,
}

/// Arrivals, and the length of the simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    arrivals: Vec<Arrival>,
    length: Duration,
}

impl Trace {
    /// A trace of these arrivals, in any order, simulated for `length`.
    pub fn new(mut arrivals: Vec<Arrival>, length: Duration) -> Self {
        arrivals.sort_by_key(|arrival| arrival.at);
        Self { arrivals, length }
    }

    /// No arrivals, for `length`.
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

    /// One execution every `interval` for `length`. An `interval` of zero becomes 1 ms.
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

    /// Repeats `teeth` times: the rate rises linearly from zero to `peak` executions per second
    /// within `tooth`, then drops to zero.
    pub fn sawtooth(peak: f64, tooth: Duration, service: Duration, teeth: usize) -> Self {
        // The number of arrivals by time t is peak × t² / (2 × tooth). Arrival n is where that
        // number reaches n.
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

    /// One execution that runs for `service`, simulated until its end.
    pub fn one_long(service: Duration) -> Self {
        let mut trace = Self::burst(1, service);
        trace.length = service;
        trace
    }

    /// This trace, then no arrivals for `length`.
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

    /// Returns the length of the simulation.
    pub fn length(&self) -> Duration {
        self.length
    }

    /// Returns the arrivals, in order of time.
    pub fn arrivals(&self) -> &[Arrival] {
        &self.arrivals
    }
}

/// The settings of the simulated engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Simulation {
    /// The minimum and initial number of instances.
    pub min_instances: usize,
    /// The maximum number of instances.
    pub max_instances: usize,
    /// How often the policy decides; zero becomes 1 ms.
    pub tick: Duration,
    /// How often the policy decides while executions wait and more instances are possible, if this
    /// is shorter; zero becomes 1 ms.
    pub busy_tick: Duration,
    /// The number of processors that executions share. When more executions run, all slow down.
    /// `None`: processors do not limit the executions.
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

/// The state at one tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The time of the tick.
    pub at: Duration,
    /// Waiting executions.
    pub queued: usize,
    /// Running executions. After instances are removed, there can be more than instances for a
    /// while, because running executions are not stopped.
    pub running: usize,
    /// Instances before the decision.
    pub instances: usize,
}

/// A change of capacity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When the change happened.
    pub at: Duration,
    /// The number of instances before.
    pub from: usize,
    /// The number of instances after, within the bounds.
    pub to: usize,
    /// The number of instances that the policy requested.
    pub asked: usize,
    /// The policy's reason.
    pub reason: String,
}

impl Change {
    /// Returns the direction of the change.
    pub const fn action(&self) -> ScalingAction {
        if self.to > self.from {
            ScalingAction::Up
        } else {
            ScalingAction::Down
        }
    }
}

/// The result of a simulation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    /// One sample per tick.
    pub timeline: Vec<Sample>,
    /// The changes of capacity.
    pub changes: Vec<Change>,
    /// Executions that ended during the simulation.
    pub completed: usize,
    /// The longest wait of a started execution.
    pub longest_wait: Duration,
}

impl Replay {
    /// Returns how often the direction of scaling changed (from up to down or back) at or after
    /// `from`.
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

    /// Returns the largest number of instances.
    pub fn peak_instances(&self) -> usize {
        let changed = self.changes.iter().map(|change| change.to);
        let seen = self.timeline.iter().map(|sample| sample.instances);
        changed.chain(seen).max().unwrap_or(0)
    }

    /// Returns the number of instances at the end.
    pub fn last_instances(&self) -> usize {
        let changed = self.changes.last().map(|change| change.to);
        let seen = self.timeline.last().map(|sample| sample.instances);
        changed.or(seen).unwrap_or(0)
    }

    /// Returns the first tick after which nothing waited; `None` if executions still waited at the
    /// end.
    pub fn drained_at(&self) -> Option<Duration> {
        let waiting = self.timeline.iter().rposition(|sample| sample.queued > 0);
        let first = waiting.map_or(0, |index| index + 1);
        self.timeline.get(first).map(|sample| sample.at)
    }

    /// Returns the total instance time, for example to compute a cost per hour.
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
    /// Simulates `policy` on `trace`.
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

    /// Returns whether executions wait and more instances are possible.
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
    /// How long an execution that started at time zero would have run alone by `now`. Less than
    /// `now` if executions slow each other down.
    progress: Duration,
    /// The progress at which each running execution ends.
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

    /// Starts waiting executions on idle instances.
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

    /// Ends executions in order until `until`; each end lets a waiting execution start.
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

    /// Returns how long the running executions need to progress by `work`.
    fn time_for(&self, work: Duration) -> Duration {
        let slowdown = self.slowdown();
        if slowdown > 1.0 {
            work.mul_f64(slowdown)
        } else {
            work
        }
    }

    /// Returns the factor by which running executions slow each other down.
    fn slowdown(&self) -> f64 {
        let processors = self.processors.unwrap_or(usize::MAX).max(1);
        self.ends.len() as f64 / processors as f64
    }
}
