//! Executions that are accepted for a later time.
//!
//! A delayed execution is stored as pending with the time when it is due, and waits in the backlog. It
//! takes up no place in the queue until then. On a shared store any platform takes it up once it is
//! due.

use std::time::Duration;

use super::Engine;
use super::admission::Place;
use super::backlog::After;
use super::job::Job;
use super::record::Accepting;
use crate::error::{Error, QueueBound};
use crate::model::{LONGEST_DELAY, Timestamp};

/// Where an execution waits once it is accepted.
pub(super) enum Waiting {
    /// In the queue.
    Queued(Place),
    /// In the backlog, until it is due.
    Delayed(Timestamp),
}

impl Engine {
    /// Checks whether one more execution may wait until `due`.
    pub(super) fn reserve_delay(&self, due: Timestamp) -> Result<Waiting, Error> {
        if due.since(self.0.clock.now()) > LONGEST_DELAY {
            return Err(Error::Invalid(format!(
                "an execution may be delayed by {} days at most",
                LONGEST_DELAY.as_secs() / (24 * 3600)
            )));
        }
        if self.0.backlog.len() >= self.0.options.max_delayed {
            return Err(self.overloaded(QueueBound::Delayed));
        }
        Ok(Waiting::Delayed(due))
    }
}

impl Accepting {
    /// Queues the execution, or has it wait, now that it is stored.
    pub(super) fn stored(self, engine: &Engine, now: Timestamp) {
        match self.waiting {
            Waiting::Queued(place) => {
                let job = Job::accepted(place, self.function, self.execution, self.guard);
                // If the queue was closed meanwhile, the execution stays pending in the store.
                let _ = engine.0.queue.push(job);
            }
            Waiting::Delayed(due) => {
                let wait: Duration = due.since(now);
                let due = engine.0.clock.monotonic() + wait;
                engine.0.backlog.schedule(self.guard, due, After::Record);
            }
        }
    }
}
