//! How many instances there should be.
//!
//! Owns the [`ScalingPolicy`] trait, the two policies that ship ([`QueueDriven`], the default, and
//! [`TargetConcurrency`]), and the [`simulator`] that tests them. A policy is pure: it has no clock
//! and changes nothing. The engine shows it a [`Snapshot`] at every tick, carries out its
//! [`Decision`] within the configured bounds, and records why.

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

/// What a policy decides on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// Time since the engine started.
    pub at: Duration,
    /// Executions that wait for an instance.
    pub queued: usize,
    /// Executions that run.
    pub running: usize,
    /// Instances there are.
    pub instances: usize,
    /// The fewest there may be.
    pub min_instances: usize,
    /// The most there may be.
    pub max_instances: usize,
}

impl Snapshot {
    /// Executions that wait or run.
    pub const fn load(&self) -> usize {
        self.queued.saturating_add(self.running)
    }

    /// `instances` brought within the bounds. Where these contradict each other, the upper one
    /// holds.
    pub fn bounded(&self, instances: usize) -> usize {
        instances.max(self.min_instances).min(self.max_instances)
    }

    /// What to do about a number of instances that lies outside the bounds; `None` inside.
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

/// What a policy wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Leave it.
    Hold,
    /// Change the number of instances. The engine keeps `instances` within the bounds.
    Scale {
        /// How many there should be.
        instances: usize,
        /// Why, in words: "queue length 14 > 10".
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
    /// Decides on `snapshot`. Snapshots come in order of time.
    fn decide(&mut self, snapshot: &Snapshot) -> Decision;
}

impl ScalingPolicy for Box<dyn ScalingPolicy> {
    fn decide(&mut self, snapshot: &Snapshot) -> Decision {
        self.as_mut().decide(snapshot)
    }
}
