//! Cancelling an execution, wherever it is: on an instance, in the queue, in the store, or on another
//! platform.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::Engine;
use super::execute::cancelled;
use super::job::Answer;
use super::record::Stored;
use crate::error::{Conflict, Error, Resource};
use crate::model::{Execution, ExecutionId, FailureKind, Status};
use crate::runtime::StopReason;
use crate::store::Stage;

/// How long to try to cancel an execution that moves between these, or that another platform runs.
const CANCEL: Duration = Duration::from_secs(5);
/// The pause between attempts.
const PAUSE: Duration = Duration::from_millis(20);

impl Engine {
    /// Cancels an execution that has not ended, and returns it as it ended.
    pub(crate) async fn cancel(&self, id: ExecutionId) -> Result<Arc<Execution>, Error> {
        let until = self.0.clock.monotonic() + CANCEL;
        let mut requested = false;
        while self.0.clock.monotonic() < until {
            let ended = self.0.waiters.wait_for(id);
            if self.stop(id) {
                // It may have returned just before, or another platform has taken it over and ended it.
                let execution = tokio::select! {
                    ended = ended.ended(self) => ended?,
                    () = self.0.clock.sleep_until(until) => break,
                };
                if was_cancelled(&execution) {
                    return Ok(execution);
                }
                return Err(has_already(execution.status));
            }
            let failed = if let Some(job) = self.0.queue.remove(|execution| execution.id == id) {
                // A job behind it may start now.
                self.dispatch();
                let from = Stage::of(&job.execution);
                let stored = job.guard.map(|guard| Stored::held(from, guard));
                self.fail_as_cancelled(job.execution, stored, job.answer)
            } else {
                let found = self.0.store.execution(id).await?;
                let execution = found.ok_or(Error::NotFound(Resource::Execution))?;
                match execution.status {
                    Status::Failed if requested && was_cancelled(&execution) => {
                        return Ok(Arc::new(execution));
                    }
                    Status::Completed | Status::Failed => {
                        return Err(has_already(execution.status));
                    }
                    Status::Pending => {
                        let stored = Stored::not_held(Stage::of(&execution));
                        self.fail_as_cancelled(Arc::new(execution), Some(stored), None)
                    }
                    Status::Running => {
                        // It is between its claim and an instance, unless another platform has it.
                        if !requested
                            && !self.0.in_flight.has(id)
                            && let Some(shared) = self.0.store.as_shared()
                        {
                            requested = shared.request_cancel(id).await?;
                        }
                        self.0.clock.sleep(PAUSE).await;
                        continue;
                    }
                }
            };
            match failed.await {
                // The execution was claimed in the meantime.
                Ok(Err(Error::Conflict(_))) => {}
                Ok(outcome) => {
                    self.0.backlog.remove(id);
                    return outcome;
                }
                // The result of a direct one goes to the caller that waits for it.
                Err(_) => return ended.ended(self).await,
            }
        }
        Err(Conflict::ExecutionBusy("the execution could not be stopped yet: try again").into())
    }

    /// Stops an execution that is cancelled, if it is on an instance. Returns whether it is.
    pub(super) fn stop(&self, id: ExecutionId) -> bool {
        let wanted = |execution: &Execution| execution.id == id;
        let instances = &self.0.instances;
        instances.stop(self, StopReason::Cancelled, wanted)
    }

    /// Ends an execution that waits and that nothing else has, even if the caller goes away. The result
    /// goes to `answer`, or to the caller if there is none.
    fn fail_as_cancelled(
        &self,
        execution: Arc<Execution>,
        stored: Option<Stored>,
        answer: Option<Answer>,
    ) -> oneshot::Receiver<Result<Arc<Execution>, Error>> {
        let (sender, outcome) = oneshot::channel();
        let answer = answer.unwrap_or(sender);
        let engine = self.clone();
        tokio::spawn(async move {
            engine
                .fail(execution, cancelled(), Some(answer), stored)
                .await;
        });
        outcome
    }
}

/// The caller of an execution, which is cancelled if this is dropped before [`Self::has_answer`].
pub(super) struct CancelOnDrop {
    engine: Engine,
    execution: Option<ExecutionId>,
}

impl CancelOnDrop {
    pub(super) fn new(engine: &Engine, execution: ExecutionId) -> Self {
        Self {
            engine: engine.clone(),
            execution: Some(execution),
        }
    }

    pub(super) fn has_answer(mut self) {
        self.execution = None;
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        let Some(execution) = self.execution else {
            return;
        };
        let engine = self.engine.clone();
        self.engine.0.handle.spawn(async move {
            if let Err(error) = engine.cancel(execution).await {
                tracing::debug!(%execution, %error, "cannot cancel an execution without its caller");
            }
        });
    }
}

fn has_already(status: Status) -> Error {
    Conflict::ExecutionEnded(status).into()
}

fn was_cancelled(execution: &Execution) -> bool {
    let kind = execution.failure.as_ref().map(|failure| failure.kind);
    kind == Some(FailureKind::Cancelled)
}
