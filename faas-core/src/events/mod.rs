//! Live events.
//!
//! This module has the [`Event`]s and the [`EventBus`]: a ring of the latest events, bounded in
//! number and bytes. Any number of [`Subscriber`]s read it at their own speed. Publishing never
//! waits. A subscriber that falls behind the ring receives a gap ([`Received::Gap`]); when the
//! platform has ended, it receives the end ([`Received::Ended`]).
//!
//! [`EventKind::Completed`], [`EventKind::Retry`] and [`EventKind::Failed`] are published after the
//! store has committed what they report. [`EventKind::Started`] announces a run: the store knows an
//! asynchronous execution by then, but a direct one only when it has ended. If the process dies before
//! that, no other event and no record follows.
//!
//! ```
//! use faas_core::Platform;
//! use faas_core::events::{EventKind, Received};
//!
//! # async fn watch(platform: Platform) {
//! let mut subscriber = platform.events().subscribe(None);
//! loop {
//!     match subscriber.next(16).await {
//!         Received::Events(events) => {
//!             for event in events {
//!                 if let EventKind::Completed(execution) = &event.kind {
//!                     println!("{}: {} took {:?}", event.seq, execution.id, execution.duration);
//!                 }
//!             }
//!         }
//!         Received::Gap { from, to } => println!("missed {from} to {to}"),
//!         Received::Ended => break,
//!     }
//! }
//! # }
//! ```

mod bus;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;

pub use bus::{EventBus, Position, Received, Subscriber};

use crate::egress::RefusedBy;
use crate::model::LoadTest;
use crate::model::{Execution, ExecutionId, FunctionId, ScalingEvent, Timestamp};

/// An event.
#[derive(Debug)]
pub struct Event {
    /// The sequence number: starts at 1 and increases by one per event of this epoch.
    pub seq: u64,
    /// When the event was published.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
    /// A cache for a front end's encoding, so that an event is encoded at most once for all
    /// subscribers.
    pub encoded: OnceLock<Bytes>,
}

/// What happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum EventKind {
    /// An attempt began to run. A direct execution is not stored yet.
    Started {
        /// The execution.
        execution_id: ExecutionId,
        /// Its function.
        function_id: FunctionId,
    },
    /// An execution returned a value; its record is stored.
    Completed(Arc<Execution>),
    /// An attempt failed and another will follow; this is stored.
    Retry {
        /// The execution.
        execution_id: ExecutionId,
        /// Its function.
        function_id: FunctionId,
        /// The number of retries, including the announced one.
        retry_count: u32,
        /// The time until the retry is due.
        delay: Duration,
    },
    /// An execution failed finally; its record is stored.
    Failed(Arc<Execution>),
    /// Capacity changed.
    Scaling(Arc<ScalingEvent>),
    /// A rule refused a request of a function's code. At most ten a second for each function.
    RequestRefused(Arc<RefusedRequest>),
    /// Published once a second while there are subscribers.
    Metrics(Arc<LiveMetrics>),
    /// Published once a second while a load test runs.
    LoadTestProgress(Arc<LoadTest>),
    /// A load test ended.
    LoadTestFinished(Arc<LoadTest>),
}

impl EventKind {
    /// Returns the function that the event is about, if any.
    pub fn function_id(&self) -> Option<FunctionId> {
        match self {
            Self::Started { function_id, .. } | Self::Retry { function_id, .. } => {
                Some(*function_id)
            }
            Self::Completed(execution) | Self::Failed(execution) => Some(execution.function_id),
            Self::Scaling(event) => event.function_id,
            Self::LoadTestProgress(test) | Self::LoadTestFinished(test) => Some(test.function_id),
            Self::RequestRefused(refused) => Some(refused.function_id),
            Self::Metrics(_) => None,
        }
    }

    /// Returns an upper bound of the memory that the event uses, in bytes.
    fn weight(&self) -> usize {
        const FIXED: usize = 512;
        match self {
            Self::Completed(execution) | Self::Failed(execution) => {
                let logs: usize = execution
                    .logs
                    .iter()
                    .map(|line| line.message.len() + 48)
                    .sum();
                // The encoding may contain the output again.
                FIXED
                    + execution.input.len()
                    + 2 * execution.output.as_ref().map_or(0, |o| o.len())
                    + logs
            }
            Self::LoadTestProgress(test) | Self::LoadTestFinished(test) => {
                let result = &test.result;
                FIXED
                    + 2 * test.input.len()
                    + 256 * (result.timeline.len() + result.scaling_events.len())
                    + 512 * result.errors.len()
            }
            Self::RequestRefused(refused) => {
                FIXED + 2 * (refused.host.len() + refused.method.len() + refused.reason.len())
            }
            _ => FIXED,
        }
    }
}

/// A request that a rule refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRequest {
    /// The execution whose code made it.
    pub execution_id: ExecutionId,
    /// Its function.
    pub function_id: FunctionId,
    /// The method.
    pub method: String,
    /// The host; empty if the URL is not valid.
    pub host: String,
    /// The port; 0 if the URL is not valid.
    pub port: u16,
    /// Whose rule it was.
    pub by: RefusedBy,
    /// Which rule, and why.
    pub reason: String,
    /// How many requests of the function were refused since its last such event, besides this one.
    pub more: u64,
}

/// The engine's current state, and its activity in the last second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct LiveMetrics {
    /// Executions waiting for an instance.
    pub queued: usize,
    /// Running executions.
    pub running: usize,
    /// Executions that have begun and hold no instance, because their code waits.
    pub waiting: usize,
    /// Instances.
    pub instances: usize,
    /// Executions that ended in the last second.
    pub completed: u64,
    /// Failed executions among them.
    pub failed: u64,
    /// Cold starts in the last second.
    pub cold_starts: u64,
    /// Median run time of the executions of the last minute.
    pub p50: Duration,
    /// The 95th percentile of these run times.
    pub p95: Duration,
    /// The 99th percentile of these run times.
    pub p99: Duration,
    /// Warm isolates.
    pub warm_isolates: usize,
}
