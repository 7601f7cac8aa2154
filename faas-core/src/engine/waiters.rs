//! Callers that wait for the end of an accepted execution.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::Engine;
use super::execute::shutting_down;
use super::job::Answer;
use crate::error::{Error, Resource};
use crate::model::{Execution, ExecutionId};

/// How often to check in the store whether another platform has ended the execution.
const POLL: Duration = Duration::from_millis(250);

/// The waiting callers, by execution.
#[derive(Default)]
pub(super) struct Waiters {
    waiting: Mutex<HashMap<ExecutionId, Vec<Answer>>>,
}

impl Waiters {
    /// Starts to wait for the end of `id`.
    pub(super) fn wait_for(&self, id: ExecutionId) -> Waiting<'_> {
        let (answer, ended) = oneshot::channel();
        self.waiting.lock().entry(id).or_default().push(answer);
        Waiting {
            waiters: self,
            id,
            ended,
        }
    }

    pub(super) fn tell(&self, execution: &Arc<Execution>) {
        let waiting = self.waiting.lock().remove(&execution.id);
        for answer in waiting.into_iter().flatten() {
            // The caller may have gone away.
            let _ = answer.send(Ok(execution.clone()));
        }
    }

    /// Reports that the end of `id` could not be stored.
    pub(super) fn refuse(&self, id: ExecutionId, error: impl Fn() -> Error) {
        let waiting = self.waiting.lock().remove(&id);
        for answer in waiting.into_iter().flatten() {
            // The caller may have gone away.
            let _ = answer.send(Err(error()));
        }
    }

    /// Answers all callers that the platform shuts down.
    pub(super) fn dismiss(&self) {
        let waiting = std::mem::take(&mut *self.waiting.lock());
        for answer in waiting.into_values().flatten() {
            let _ = answer.send(Err(shutting_down()));
        }
    }
}

/// Waits for the end of an execution, until it is dropped.
pub(super) struct Waiting<'a> {
    waiters: &'a Waiters,
    id: ExecutionId,
    ended: oneshot::Receiver<Result<Arc<Execution>, Error>>,
}

impl Waiting<'_> {
    /// Returns the ended execution. On a shared store, another platform may have ended it.
    pub(super) async fn ended(mut self, engine: &Engine) -> Result<Arc<Execution>, Error> {
        let may_end_elsewhere = engine.0.store.as_shared().is_some();
        loop {
            tokio::select! {
                ended = &mut self.ended => return ended.unwrap_or_else(|_| Err(shutting_down())),
                () = engine.0.clock.sleep(POLL), if may_end_elsewhere => {}
            }
            if engine.0.in_flight.has(self.id) {
                continue;
            }
            match engine.0.store.execution(self.id).await {
                Ok(Some(execution)) if execution.status.is_terminal() => {
                    return Ok(Arc::new(execution));
                }
                Ok(None) => return Err(Error::NotFound(Resource::Execution)),
                // The store may be unavailable for a while.
                Ok(Some(_)) | Err(_) => {}
            }
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.ended.close();
        let mut waiting = self.waiters.waiting.lock();
        if let Some(answers) = waiting.get_mut(&self.id) {
            answers.retain(|answer| !answer.is_closed());
            if answers.is_empty() {
                waiting.remove(&self.id);
            }
        }
    }
}
