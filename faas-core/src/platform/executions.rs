//! Reading, cancelling and repeating executions.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::{Platform, check_caller};
use crate::engine::{Accepted, Request};
use crate::error::{Conflict, Error, Resource};
use crate::http;
#[cfg(doc)]
use crate::model::LONGEST_DELAY;
use crate::model::{
    CallerLabel, Execution, ExecutionId, FunctionId, Json, ListedExecution, Queueing, Timestamp,
};
use crate::store::{ExecutionQuery, PageBudget};

/// How to call a function: for [`Platform::invoke_with`] and [`Platform::execute_with`].
///
/// ```
/// use faas_core::platform::CallOptions;
///
/// let once = CallOptions::default().idempotency_key("order-1").retry(false);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallOptions {
    /// The same key for the same function within 24 hours gives the first execution, not a second.
    pub idempotency_key: Option<String>,
    /// Whether failures are retried as the function's configuration says. `None`:
    /// [`Platform::execute_with`] retries, [`Platform::invoke_with`] does not.
    pub retry: Option<bool>,
    /// The alias whose version runs. `None`: `live`.
    pub alias: Option<String>,
    /// When it runs, compared with others of the function.
    pub queueing: Queueing,
    /// How long an execution waits before it is due, at most [`LONGEST_DELAY`]. Only for
    /// [`Platform::execute_with`], and not together with `run_at`.
    pub delay: Option<Duration>,
    /// When an execution is due; a time in the past means at once. Only for
    /// [`Platform::execute_with`], and at most [`LONGEST_DELAY`] ahead.
    pub run_at: Option<Timestamp>,
    /// Whether dropping the future of [`Platform::invoke_with`] cancels the execution. No effect on
    /// calls with an idempotency key or with retries, which survive their callers.
    pub cancel_on_drop: bool,
    /// Who calls. It is kept with the execution and all of its attempts, and host functions get it
    /// as [`HostCall::caller`](crate::bindings::HostCall::caller). A later call with the same
    /// idempotency key does not change it.
    pub caller: Option<CallerLabel>,
}

impl CallOptions {
    /// Gives the first execution for a second call with the same key.
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Whether failures are retried as the function's configuration says.
    #[must_use]
    pub const fn retry(mut self, retry: bool) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Sets the alias whose version runs.
    #[must_use]
    pub fn alias(mut self, alias: impl Into<String>) -> Self {
        self.alias = Some(alias.into());
        self
    }

    /// Sets when it runs, compared with others of the function.
    #[must_use]
    pub fn queueing(mut self, queueing: Queueing) -> Self {
        self.queueing = queueing;
        self
    }

    /// Sets how long an execution waits before it is due.
    #[must_use]
    pub const fn delay(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// Sets when an execution is due.
    #[must_use]
    pub const fn run_at(mut self, at: Timestamp) -> Self {
        self.run_at = Some(at);
        self
    }

    /// Whether dropping the future of [`Platform::invoke_with`] cancels the execution.
    #[must_use]
    pub const fn cancel_on_drop(mut self, cancel: bool) -> Self {
        self.cancel_on_drop = cancel;
        self
    }

    /// Sets who calls.
    #[must_use]
    pub fn caller(mut self, caller: CallerLabel) -> Self {
        self.caller = Some(caller);
        self
    }

    /// The request of a call that is waited for.
    pub(super) fn call(self, input: Json) -> Result<Request, Error> {
        if self.delay.is_some() || self.run_at.is_some() {
            return Err(Error::Invalid(
                "`delay` and `runAt` are for executions that nobody waits for: use execute".into(),
            ));
        }
        self.request(input, false, None)
    }

    /// The request of an execution that is accepted at `now`.
    pub(super) fn execution(self, input: Json, now: Timestamp) -> Result<Request, Error> {
        let due_at = match (self.delay, self.run_at) {
            (Some(_), Some(_)) => {
                return Err(Error::Invalid("use either `delay` or `runAt`".into()));
            }
            (Some(delay), None) => Some(now + delay),
            (None, at) => at,
        };
        self.request(input, true, due_at.filter(|due| *due > now))
    }

    fn request(
        self,
        input: Json,
        retry: bool,
        due_at: Option<Timestamp>,
    ) -> Result<Request, Error> {
        check_caller(self.caller.as_ref())?;
        self.queueing.check().map_err(Error::Invalid)?;
        Ok(Request {
            alias: self.alias.map(Arc::from),
            retry: self.retry.unwrap_or(retry),
            idempotency_key: self.idempotency_key.map(Arc::from),
            due_at,
            queueing: self.queueing,
            ..Request::once(input, self.caller)
        })
    }
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
            engine.written(id).await;
        }
        match engine.0.store.execution(id).await? {
            Some(stored) => Ok(Arc::new(engine.shown(stored))),
            None => Err(Error::NotFound(Resource::Execution)),
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

    /// The newest execution of each of these functions, as it is now. Long inputs, outputs, logs and
    /// attempts of executions that have ended are left out. Functions without executions are left out.
    /// It takes one look-up in the store for each function.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be reached.
    pub async fn latest(
        &self,
        functions: &[FunctionId],
    ) -> Result<HashMap<FunctionId, ListedExecution>, Error> {
        let engine = self.platform.engine();
        let stored = engine.0.store.latest_executions(functions).await?;
        let stored = stored.into_iter();
        let mut latest: HashMap<_, _> = stored
            .map(|(id, stored)| (id, engine.shown_in_list(stored)))
            .collect();
        let wanted: HashSet<_> = functions.iter().collect();
        for live in engine.all_live(|execution, _| wanted.contains(&execution.function_id)) {
            let known = latest.get(&live.function_id);
            // What the store has as ended is newer than what is live.
            let is_newer = known.is_none_or(|known| {
                live.id > known.id || (live.id == known.id && !known.status.is_terminal())
            });
            if is_newer {
                latest.insert(live.function_id, live.into());
            }
        }
        Ok(latest)
    }

    /// Cancels an execution that has not ended, and returns it as it ended. A running one is stopped.
    /// It is not retried.
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Conflict::ExecutionEnded`].
    pub async fn cancel(&self, id: ExecutionId) -> Result<Arc<Execution>, Error> {
        self.platform.engine().cancel(id).await
    }

    /// Repeats an execution that has ended, with the same input, as a new one that names it in
    /// `retry_of`. It runs the current version of the function, for the same caller.
    ///
    /// An execution that has answered an HTTP request answers the same request again, if the function
    /// still answers requests. Nobody gets the response, and the new execution is stored only at its
    /// end.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Conflict::ExecutionNotEnded`], or as for [`Platform::execute`];
    /// [`Error::Invalid`] when a part of the HTTP request is not recorded: its body came in pieces, or
    /// it has credentials.
    pub async fn retry(&self, id: ExecutionId) -> Result<Accepted, Error> {
        let ended = self.ended(id).await?;
        let (input, caller) = (ended.input.clone(), ended.caller.clone());
        self.repeat(&ended, input, caller).await
    }

    /// As [`retry`](Self::retry), with another input.
    ///
    /// # Errors
    /// As for [`retry`](Self::retry).
    pub async fn retry_with_input(
        &self,
        id: ExecutionId,
        input: impl Into<Json>,
    ) -> Result<Accepted, Error> {
        let ended = self.ended(id).await?;
        self.repeat(&ended, input.into(), ended.caller.clone())
            .await
    }

    /// As [`retry`](Self::retry), for this caller, and with another input if there is one.
    ///
    /// # Errors
    /// As for [`retry`](Self::retry).
    pub async fn retry_for(
        &self,
        id: ExecutionId,
        input: Option<Json>,
        caller: Option<CallerLabel>,
    ) -> Result<Accepted, Error> {
        check_caller(caller.as_ref())?;
        let ended = self.ended(id).await?;
        let input = input.unwrap_or_else(|| ended.input.clone());
        self.repeat(&ended, input, caller).await
    }

    async fn ended(&self, id: ExecutionId) -> Result<Arc<Execution>, Error> {
        let execution = self.get(id).await?;
        if execution.status.is_terminal() {
            Ok(execution)
        } else {
            Err(Conflict::ExecutionNotEnded(execution.status).into())
        }
    }

    async fn repeat(
        &self,
        ended: &Execution,
        input: Json,
        caller: Option<CallerLabel>,
    ) -> Result<Accepted, Error> {
        if ended.function_id == FunctionId::RUN {
            let text = "the execution has run code that is not stored: run the code again";
            return Err(Error::Invalid(text.to_owned()));
        }
        if let Some(request) = http::recorded(&input)
            && let http = self.platform.http_function_of(ended.function_id, None)
            && let Some(http) = http.await?
        {
            let mut request = request.map_err(|part| {
                Error::Invalid(format!(
                    "the execution has answered an HTTP request that is not recorded as a whole, \
                     without {part}: send the request again"
                ))
            })?;
            request.caller = caller;
            return http.call_again(request, ended.id);
        }
        let request = Request {
            retry: true,
            retry_of: Some(ended.id),
            queueing: ended.queueing.clone(),
            ..Request::once(input, caller)
        };
        let engine = self.platform.engine();
        engine.execute(ended.function_id, request).await
    }
}
