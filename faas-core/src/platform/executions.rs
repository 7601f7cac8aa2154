//! Reading, cancelling and repeating executions.

use std::sync::Arc;

use super::Platform;
use crate::engine::{Accepted, Request};
use crate::error::Error;
use crate::model::{Execution, ExecutionId, ListedExecution, Status};
use crate::store::{ExecutionQuery, PageBudget};

/// How to call a function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvokeOptions {
    /// The same key for the same function within 24 hours gives the first execution, not a second.
    pub idempotency_key: Option<String>,
    /// Retry failures as the function's configuration says.
    pub retry: bool,
}

/// See [`Platform::executions`].
#[derive(Clone, Copy)]
pub struct Executions<'a> {
    pub(super) platform: &'a Platform,
}

impl Executions<'_> {
    /// The execution with this id, as it is now: pending until its attempt begins, then running.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn get(&self, id: ExecutionId) -> Result<Arc<Execution>, Error> {
        let engine = self.platform.engine();
        let stored = engine.0.store.execution(id).await?;
        if let Some(stored) = stored.as_ref().filter(|stored| stored.status.is_terminal()) {
            return Ok(Arc::new(stored.clone()));
        }
        if let Some(live) = engine.live(id) {
            return Ok(live);
        }
        if stored.is_none() {
            // Between its end and its commit, a direct one is neither live nor stored.
            engine.written().await;
        }
        match engine.0.store.execution(id).await? {
            Some(stored) => Ok(Arc::new(engine.shown(stored))),
            None => Err(Error::NotFound("execution")),
        }
    }

    /// Executions that match, newest first, as they are now: pending until their attempt begins, then
    /// running. Direct ones that have not ended are included. Long inputs, outputs, logs and attempts
    /// are left out once the list has [`ExecutionQuery::max_bytes`] of them.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn list(&self, query: &ExecutionQuery) -> Result<Vec<ListedExecution>, Error> {
        let engine = self.platform.engine();
        let mut stored = engine.stored(query).await?;
        let oldest = if stored.len() < query.limit {
            None
        } else {
            stored.last().map(|execution| execution.id)
        };
        let live = engine.all_live(|execution, status| {
            query
                .function
                .is_none_or(|function| function == execution.function_id)
                && query.state().is_none_or(|wanted| wanted == status)
                && query.failure.is_none()
                && query.period.contains(execution.created_at)
                && query.before.is_none_or(|before| execution.id < before)
                && oldest.is_none_or(|oldest| execution.id >= oldest)
        });
        for execution in live {
            match stored.binary_search_by(|stored| execution.id.cmp(&stored.id)) {
                Ok(at) => {
                    if let Some(stored) = stored
                        .get_mut(at)
                        .filter(|stored| !stored.status.is_terminal())
                    {
                        *stored = execution.into();
                    }
                }
                Err(at) => stored.insert(at, execution.into()),
            }
        }
        stored.truncate(query.limit);
        // Those that are live were not counted yet.
        let mut budget = PageBudget::new(query.max_bytes);
        let stored = stored.into_iter();
        Ok(stored.map(|one| budget.bounded(one)).collect())
    }

    /// Cancels an execution that has not ended, and returns it as it ended. One that runs is
    /// stopped. It is not retried.
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Error::Conflict`] when it has ended.
    pub async fn cancel(&self, id: ExecutionId) -> Result<Arc<Execution>, Error> {
        self.platform.engine().cancel(id).await
    }

    /// Accepts a failed execution again, as a new one that names it in `retry_of`.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`] when it has not failed, or as for
    /// [`Platform::execute`].
    pub async fn retry(&self, id: ExecutionId) -> Result<Accepted, Error> {
        let failed = self.get(id).await?;
        if failed.status != Status::Failed {
            return Err(Error::Conflict(format!(
                "the execution is {}: only a failed one can be retried",
                failed.status
            )));
        }
        let function = self.platform.functions().get(failed.function_id).await?;
        let request = Request {
            input: failed.input.clone(),
            max_retries: function.config.retry_count,
            retry_of: Some(id),
            idempotency_key: None,
        };
        self.platform
            .engine()
            .execute(failed.function_id, request)
            .await
    }
}
