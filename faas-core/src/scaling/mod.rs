//! Scaling policies, which decide the number of instances.
//!
//! This module has the [`ScalingPolicy`] trait, two policies ([`QueueDriven`], the default, and
//! [`TargetConcurrency`]), and the [`simulator`] that tests them. A policy has no clock and no side
//! effects. At every tick, the engine passes it a [`Snapshot`], applies its [`Decision`] within the
//! configured bounds, and records the reason.

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

/// The state for a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The time since the engine started.
    pub at: Duration,
    /// Executions that wait for an instance. Executions whose function is at a limit do not count:
    /// another instance would not help them.
    pub queued: usize,
    /// How many of the queued executions would start if there were enough instances. Less than
    /// `queued` if the limits of their functions admit only some of them.
    pub startable: usize,
    /// How long the oldest queued execution has waited, without the time during which its function
    /// was at a limit. Zero when none waits.
    pub oldest_wait: Duration,
    /// Running executions.
    pub running: usize,
    /// The number of instances.
    pub instances: usize,
    /// The minimum number of instances.
    pub min_instances: usize,
    /// The maximum number of instances.
    pub max_instances: usize,
}

impl Snapshot {
    /// Creates a snapshot at time zero without queued or running executions. Set the other fields
    /// as needed.
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

    /// Returns the number of queued and running executions.
    pub const fn load(&self) -> usize {
        self.queued.saturating_add(self.running)
    }

    /// Returns `instances` clamped to the bounds. If the bounds contradict each other, the upper
    /// one applies.
    pub fn bounded(&self, instances: usize) -> usize {
        instances.max(self.min_instances).min(self.max_instances)
    }

    /// Returns the decision if the number of instances is out of bounds; otherwise `None`.
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

/// The decision of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Keep the number of instances.
    Hold,
    /// Change the number of instances. The engine keeps `instances` within the bounds.
    Scale {
        /// The new number of instances.
        instances: usize,
        /// The reason, for people: "queue length 14 > 10".
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
    /// Returns the decision for `snapshot`. Snapshots are in order of time. While this method
    /// panics, the default policy decides instead.
    fn decide(&mut self, snapshot: &Snapshot) -> Decision;
}

impl ScalingPolicy for Box<dyn ScalingPolicy> {
    fn decide(&mut self, snapshot: &Snapshot) -> Decision {
        self.as_mut().decide(snapshot)
    }
}
