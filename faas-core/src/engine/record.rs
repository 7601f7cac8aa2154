//! What the recorder writes: each record, what the store is to do for it, and who waits for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::Engine;
use super::admission::Place;
use super::delay::Waiting;
use super::in_flight::InFlightGuard;
use super::job::{Answer, Job, Loaded};
use crate::cost::{Usage, price};
use crate::error::Error;
use crate::error::StoreError;
use crate::model::{Execution, Failure, FailureKind, Json, ScalingEvent, Schedule, Status};
use crate::store::{Stage, Write, Written};

/// Something to be written.
pub(super) enum Record {
    /// Pending executions, which are stored at once. Then they are queued, or wait until they are due,
    /// even if their caller has gone away.
    Accept {
        new: Vec<Accepting>,
        done: oneshot::Sender<Result<Vec<Written>, Error>>,
    },
    /// The next attempt of a pending execution; the job goes back to the queue.
    Claim(Job),
    /// What an attempt, or a cancellation, made of an execution.
    Ended(Box<Ended>),
    /// A change of capacity.
    Scaling(Arc<ScalingEvent>),
    /// Nothing: answered when everything sent before is written.
    Flush(oneshot::Sender<()>),
}

/// A pending execution that is not stored yet.
pub(super) struct Accepting {
    pub(super) execution: Arc<Execution>,
    pub(super) function: Arc<Loaded>,
    pub(super) waiting: Waiting,
    pub(super) guard: InFlightGuard,
    /// The schedule after this firing of it.
    pub(super) schedule: Option<Arc<Schedule>>,
}

impl Accepting {
    fn write(&self) -> Write {
        let execution = self.execution.clone();
        match &self.schedule {
            None => Write::Insert(execution),
            Some(schedule) => Write::Fire {
                execution,
                schedule: schedule.clone(),
            },
        }
    }
}

/// What an attempt, or a cancellation, made of an execution.
pub(super) struct Ended {
    pub(super) execution: Arc<Execution>,
    /// What the store knows of it; `None` for a direct one.
    pub(super) stored: Option<Stored>,
    pub(super) answer: Option<Answer>,
    /// When it is pending again: how long until it is due.
    pub(super) retry_after: Option<Duration>,
    /// What it takes up of the queue's bounds until it is written.
    place: Option<Box<Place>>,
}

/// What the store knows of an execution that is settled.
pub(super) struct Stored {
    from: Stage,
    /// Kept until it is written.
    pub(super) guard: Option<InFlightGuard>,
}

impl Stored {
    /// This platform has it in hand.
    pub(super) const fn held(from: Stage, guard: InFlightGuard) -> Self {
        let guard = Some(guard);
        Self { from, guard }
    }

    /// This platform does not have it in hand.
    pub(super) const fn not_held(from: Stage) -> Self {
        Self { from, guard: None }
    }
}

impl Record {
    /// What an attempt, or a cancellation, made of an execution. What has ended is priced.
    pub(super) fn ended(
        engine: &Engine,
        mut execution: Arc<Execution>,
        stored: Option<Stored>,
        answer: Option<Answer>,
        retry_after: Option<Duration>,
    ) -> Self {
        if execution.status.is_terminal() {
            let ended = Arc::make_mut(&mut execution);
            ended.cost = price(&Usage::of(ended), &engine.0.price_book);
        }
        Self::Ended(Box::new(Ended {
            execution,
            stored,
            answer,
            retry_after,
            place: None,
        }))
    }

    /// Keeps `place` until the record is written.
    #[must_use]
    pub(super) fn keeping(mut self, place: Box<Place>) -> Self {
        if let Self::Ended(ended) = &mut self {
            ended.place = Some(place);
        }
        self
    }

    /// About how many bytes writing it takes.
    pub(super) fn bytes(&self) -> usize {
        const FIXED: usize = 256;
        match self {
            Self::Accept { new, .. } => new
                .iter()
                .map(|new| FIXED + new.execution.input.len())
                .sum(),
            Self::Ended(ended) => {
                let output = ended.execution.output.as_ref().map_or(0, Json::len);
                FIXED + ended.execution.input.len() + output
            }
            Self::Claim(_) | Self::Scaling(_) | Self::Flush(_) => FIXED,
        }
    }

    /// Adds what the store is to do to `writes`.
    pub(super) fn write(&self, engine: &Engine, writes: &mut Vec<Write>) {
        writes.push(match self {
            Self::Accept { new, .. } => {
                writes.extend(new.iter().map(Accepting::write));
                return;
            }
            Self::Claim(job) => Write::Claim {
                id: job.execution.id,
                attempt: job.execution.attempt + 1,
                lease: engine.lease(engine.lease_length(job.function.limits.timeout)),
            },
            Self::Ended(ended) => match &ended.stored {
                Some(stored) => Write::Settle {
                    execution: ended.execution.clone(),
                    from: stored.from,
                },
                None => Write::Insert(ended.execution.clone()),
            },
            Self::Scaling(event) => Write::Scaling(ScalingEvent::clone(event)),
            Self::Flush(_) => return,
        });
    }

    /// Of an execution that has ended: one that says that its result was refused, without the parts
    /// that the function made. Gives it back when there are none.
    pub(super) fn without_result(self, error: &StoreError) -> Result<Self, Self> {
        let Self::Ended(mut ended) = self else {
            return Err(self);
        };
        let execution = &ended.execution;
        let has_none = execution.output.is_none() && execution.logs.is_empty();
        if has_none || !execution.status.is_terminal() {
            return Err(Self::Ended(ended));
        }
        tracing::error!(%error, execution_id = %execution.id, "the store refused a result");
        let refused = format!("the result could not be stored: {error}");
        let execution = Arc::make_mut(&mut ended.execution);
        execution.output = None;
        execution.logs.clear();
        execution.status = Status::Failed;
        execution.failure = Some(Failure::new(FailureKind::Platform, refused));
        Ok(Self::Ended(ended))
    }
}
