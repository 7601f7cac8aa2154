//! How many instances there should be.
//!
//! Owns the [`ScalingPolicy`] trait, the two policies that ship, and the simulator that tests them.
//! A policy is pure: it has no clock and changes nothing. The engine shows it a [`Snapshot`] at
//! every tick, carries out its [`Decision`] within the configured bounds, and records why.

use std::time::Duration;

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

/// Decides how many instances there should be.
pub trait ScalingPolicy: Send + 'static {
    /// Decides on `snapshot`. Snapshots come in order of time.
    fn decide(&mut self, snapshot: &Snapshot) -> Decision;
}
