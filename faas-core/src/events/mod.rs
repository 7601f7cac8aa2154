//! Live events.
//!
//! This module has the [`Event`]s and the [`EventBus`]: a ring of the latest events, bounded in number
//! and in bytes, that any number of [`Subscriber`]s read at their own pace, each with its own cursor.
//! Publishing never waits. A subscriber that falls behind what the ring still holds receives a gap
//! ([`Received::Gap`]), and the end once the platform is gone ([`Received::Ended`]).
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

use crate::model::LoadTest;
use crate::model::{Execution, ExecutionId, FunctionId, ScalingEvent, Timestamp};

/// One event.
#[derive(Debug)]
pub struct Event {
    /// Rises by one with each event of this epoch; the first is 1.
    pub seq: u64,
    /// When it was published.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
    /// Room for a front end to keep its encoding in, so that an event is encoded once for all its
    /// subscribers and not at all when it has none.
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
    /// An execution returned a value, and that is stored.
    Completed(Arc<Execution>),
    /// An attempt failed, and another will follow; that is stored.
    Retry {
        /// The execution.
        execution_id: ExecutionId,
        /// Its function.
        function_id: FunctionId,
        /// How many retries there have been, with the one announced.
        retry_count: u32,
        /// How long until it is due.
        delay: Duration,
    },
    /// An execution failed for good, and that is stored.
    Failed(Arc<Execution>),
    /// Capacity changed.
    Scaling(Arc<ScalingEvent>),
    /// Once a second while there are subscribers.
    Metrics(Arc<LiveMetrics>),
    /// Once a second while a load test runs.
    LoadTestProgress(Arc<LoadTest>),
    /// A load test ended.
    LoadTestFinished(Arc<LoadTest>),
}

impl EventKind {
    /// The function that the event is about, if it is about one.
    pub fn function_id(&self) -> Option<FunctionId> {
        match self {
            Self::Started { function_id, .. } | Self::Retry { function_id, .. } => {
                Some(*function_id)
            }
            Self::Completed(execution) | Self::Failed(execution) => Some(execution.function_id),
            Self::Scaling(event) => event.function_id,
            Self::LoadTestProgress(test) | Self::LoadTestFinished(test) => Some(test.function_id),
            Self::Metrics(_) => None,
        }
    }

    /// A bound on the memory that it holds, in bytes.
    fn weight(&self) -> usize {
        const FIXED: usize = 512;
        match self {
            Self::Completed(execution) | Self::Failed(execution) => {
                let logs: usize = execution
                    .logs
                    .iter()
                    .map(|line| line.message.len() + 48)
                    .sum();
                // An encoding may hold the output once more.
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
            _ => FIXED,
        }
    }
}

/// What the engine does at the moment and did in the last second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct LiveMetrics {
    /// Executions that wait for an instance.
    pub queued: usize,
    /// Executions that run.
    pub running: usize,
    /// Instances there are.
    pub instances: usize,
    /// Executions that ended in the last second.
    pub completed: u64,
    /// Of these, the ones that failed.
    pub failed: u64,
    /// Cold starts in the last second.
    pub cold_starts: u64,
    /// Run time of the executions of the last minute: median.
    pub p50: Duration,
    /// 95th percentile.
    pub p95: Duration,
    /// 99th percentile.
    pub p99: Duration,
    /// Isolates kept warm.
    pub warm_isolates: usize,
}
