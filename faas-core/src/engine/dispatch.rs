//! Starts what the queue hands out: each attempt is a task, on the engine's tokio runtime or where the
//! function runtime wants it.
//!
//! [`Engine::dispatch`] is called after each change that may let something start. A task that has
//! ended its attempt goes on with the next one itself, so that a busy engine starts no new tasks.

use std::sync::Arc;

use super::Engine;
use super::attempt::attempt;
use super::instances::Slot;
use super::job::Job;
use super::queue::Next;
use super::record::Record;
use super::runtimes::NamedRuntime;
use super::settle::{not_run, settle};
use crate::model::{Failure, FailureKind};

/// A job that is to run, on the slot that was made for it.
struct Ticket {
    engine: Engine,
    slot: Arc<Slot>,
    /// That of its function.
    runtime: Arc<NamedRuntime>,
    has_ended: bool,
}

impl Ticket {
    /// The job has been settled or abandoned: its instance is free.
    fn end(mut self) {
        self.engine.end(&self.slot);
        self.has_ended = true;
    }
}

impl Drop for Ticket {
    /// The task was dropped, or panicked, before its job was settled.
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        if let Some(running) = self.slot.finish() {
            let failure = Failure::new(FailureKind::Platform, "the attempt was dropped");
            let settled = settle(self.engine.clone(), running, not_run(failure));
            self.engine.0.handle.spawn(settled);
        }
        self.engine.end(&self.slot);
        self.engine.dispatch();
    }
}

impl Engine {
    /// Adds a job to the queue and starts it if it can start now. Returns it when the queue is
    /// closed.
    pub(super) fn enqueue(&self, job: Job) -> Result<(), Job> {
        self.0.queue.push(job)?;
        self.dispatch();
        Ok(())
    }

    /// An attempt has ended, or was abandoned: its instance is free.
    pub(super) fn end(&self, slot: &Slot) {
        self.0.instances.remove(slot);
        self.0.queue.end(&slot.hold);
    }

    /// Starts what can start now.
    pub(super) fn dispatch(&self) {
        while let Some(ticket) = self.next_ticket() {
            self.start_task(ticket);
        }
    }

    /// Starts a task where the runtime of the ticket wants it.
    fn start_task(&self, ticket: Ticket) {
        let runtime = ticket.runtime.clone();
        let attempts = Box::pin(serve(self.clone(), ticket));
        runtime.runtime.spawn(&self.0.handle, attempts);
    }

    fn next_ticket(&self) -> Option<Ticket> {
        loop {
            match self.0.queue.next()? {
                Next::Claim(jobs) => jobs
                    .into_iter()
                    .for_each(|job| self.0.recorder.send_soon(self, Record::Claim(job))),
                Next::Run(job, hold) => {
                    return Some(Ticket {
                        engine: self.clone(),
                        runtime: job.function.runtime.clone(),
                        slot: self.0.instances.take_on(self, job, hold),
                        has_ended: false,
                    });
                }
            }
        }
    }
}

/// Runs one attempt after the other, as long as there is one of the same runtime that can start.
async fn serve(engine: Engine, first: Ticket) {
    let runtime = first.runtime.clone();
    let mut next = Some(first);
    while let Some(ticket) = next {
        attempt(&engine, &ticket.slot).await;
        ticket.end();
        next = engine.next_ticket();
        if next.is_some() {
            // More than one job may be able to start.
            engine.dispatch();
        }
        // The threads of one runtime must not run the attempts of another.
        if let Some(other) = next.take_if(|next| !Arc::ptr_eq(&next.runtime, &runtime)) {
            engine.start_task(other);
        }
    }
}
