//! How many instances there should be.
//!
//! Owns the [`ScalingPolicy`] trait, the two policies that ship ([`QueueDriven`], the default, and
//! [`TargetConcurrency`]), and the [`simulator`] that tests them. A policy is pure: it has no clock
//! and changes nothing. The engine passes it a [`Snapshot`] at every tick, carries out its
//! [`Decision`] within the configured bounds, and records the reason.

mod milliseconds;
mod queue_driven;
pub mod simulator;
mod target_concurrency;
#[cfg(test)]
mod trace_tests;
mod window;

use std::time::Duration;

pub use queue_driven::{QueueDriven, QueueDrivenOptions};
pub use target_concurrency::{TargetConcurrency, TargetConcurrencyOptions};

/// The state that a policy decides on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Time since the engine started.
    pub at: Duration,
    /// Executions that wait for an instance. Executions of a function that is at a limit of its own
    /// do not count: another instance would not help them.
    pub queued: usize,
    /// How many of the queued executions would start if there were enough instances. Fewer than
    /// `queued` where the limits of their functions let only some of them through.
    pub startable: usize,
    /// How long the oldest of the queued executions has waited, not counting the time in which its
    /// function was at a limit. Zero when none waits.
    pub oldest_wait: Duration,
    /// Executions that run.
    pub running: usize,
    /// The number of instances.
    pub instances: usize,
    /// The fewest instances that there may be.
    pub min_instances: usize,
    /// The most instances that there may be.
    pub max_instances: usize,
}

impl Snapshot {
    /// A snapshot at time zero in which nothing waits and nothing runs. Set the other fields as
    /// needed.
    pub const fn new(instances: usize, min_instances: usize, max_instances: usize) -> Self {
        Self {
            at: Duration::ZERO,
            queued: 0,
            startable: 0,
            oldest_wait: Duration::ZERO,
            running: 0,
            instances,
            min_instances,
            max_instances,
        }
    }

    /// Executions that wait or run.
    pub const fn load(&self) -> usize {
        self.queued.saturating_add(self.running)
    }

    /// `instances` brought within the bounds. If they contradict each other, the upper one applies.
    pub fn bounded(&self, instances: usize) -> usize {
        instances.max(self.min_instances).min(self.max_instances)
    }

    /// The decision for a number of instances that is out of bounds; `None` if it is within them.
    fn back_within_bounds(&self) -> Option<Decision> {
        let instances = self.bounded(self.instances);
        let reason = if instances == self.instances {
            return None;
        } else if instances > self.instances {
            format!("{} instances < minimum {instances}", self.instances)
        } else {
            format!("{} instances > maximum {instances}", self.instances)
        };
        Some(Decision::Scale { instances, reason })
    }
}

/// What a policy decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Keep the number of instances.
    Hold,
    /// Change the number of instances. The engine keeps `instances` within the bounds.
    Scale {
        /// How many instances there should be.
        instances: usize,
        /// The reason, in words: "queue length 14 > 10".
        reason: String,
    },
}

/// Decides how many instances there should be. Policies are tested with the [`simulator`].
///
/// ```
/// use std::time::Duration;
/// use faas_core::scaling::simulator::{Simulation, Trace};
/// use faas_core::scaling::{Decision, ScalingPolicy, Snapshot};
///
/// /// One instance for each execution that waits or runs.
/// struct OneEach;
///
/// impl ScalingPolicy for OneEach {
///     fn decide(&mut self, snapshot: &Snapshot) -> Decision {
///         let instances = snapshot.bounded(snapshot.load());
///         if instances == snapshot.instances {
///             return Decision::Hold;
///         }
///         let reason = format!("{} executions", snapshot.load());
///         Decision::Scale { instances, reason }
///     }
/// }
///
/// let burst = Trace::burst(8, Duration::from_secs(3));
/// let replay = Simulation::default().run(&burst, OneEach);
/// assert!(replay.longest_wait <= Simulation::default().tick);
/// ```
pub trait ScalingPolicy: Send + 'static {
    /// Decides on `snapshot`. Snapshots come in order of time. If this panics, the default policy
    /// decides instead until it returns again.
    fn decide(&mut self, snapshot: &Snapshot) -> Decision;
}

impl ScalingPolicy for Box<dyn ScalingPolicy> {
    fn decide(&mut self, snapshot: &Snapshot) -> Decision {
        self.as_mut().decide(snapshot)
    }
}
