//! The life of one execution, from admission to the stored record.
//!
//! 1. **admit** ([`Engine::admit`]): the function is loaded, the input's size and the function's
//!    state are checked, a place in the queue is reserved. A refused request leaves no trace.
//! 2. **accept** ([`Engine::execute`]): an asynchronous execution is stored as pending before its
//!    caller is answered. A direct one ([`Engine::invoke`]) is stored only when it has ended, and
//!    its caller is answered after that.
//! 3. **queue** ([`super::queue`]): it waits for its turn and for an instance.
//! 4. **claim** ([`super::recorder`]): the store marks the next attempt of an accepted one as claimed,
//!    under the attempt's number.
//! 5. **acquire, begin, run** ([`super::attempt`]): in a task ([`super::dispatch`]). The attempt
//!    begins, and so does its time, once the runtime has an isolate for it. While its code waits, it
//!    holds no instance ([`super::call_host`]).
//! 6. **settle** ([`super::settle`]): it has completed, or failed, or will be tried again.
//! 7. **record, answer** ([`super::recorder`]): an ended execution is priced; the store commits it with
//!    whatever else gathered meanwhile; then its caller is answered, and its end is published.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::Engine;
use super::admission::Place;
use super::cancel::CancelOnDrop;
use super::delay::Waiting;
use super::job::{Answer, Job, Loaded};
use super::record::{Accepting, Record, Stored};
use crate::error::{Error, QueueBound, Resource};
use crate::model::{
    CallerLabel, Cost, Execution, ExecutionId, Failure, FailureKind, FollowUp, FunctionId,
    IllegalTransition, Json, Queueing, Status, Timestamp,
};
use crate::store::{IDEMPOTENCY_WINDOW, Written};

/// Where the end of a direct execution arrives.
type Ended = oneshot::Receiver<Result<Arc<Execution>, Error>>;

/// An execution that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// Its id.
    pub id: ExecutionId,
    /// Whether it was accepted earlier, with the same idempotency key and input or with the same
    /// singleton key.
    pub duplicate: bool,
    /// Its status now: pending, unless it was accepted earlier.
    pub status: Status,
}

impl Accepted {
    /// A new execution.
    pub(super) const fn new(id: ExecutionId) -> Self {
        Self {
            id,
            duplicate: false,
            status: Status::Pending,
        }
    }
}

/// An execution that was waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoked {
    /// The execution as it ended.
    pub execution: Arc<Execution>,
    /// Whether it was accepted earlier, with the same idempotency key and input or with the same
    /// singleton key.
    pub replayed: bool,
}

/// A request for an execution.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) input: Json,
    /// The alias whose version runs; `None`: `live`.
    pub(crate) alias: Option<Arc<str>>,
    /// The version that runs, whatever the aliases say.
    pub(crate) version: Option<u32>,
    /// Whether failures are retried as the version's configuration says.
    pub(crate) retry: bool,
    pub(crate) retry_of: Option<ExecutionId>,
    pub(crate) idempotency_key: Option<Arc<str>>,
    pub(crate) queueing: Queueing,
    /// When an accepted execution becomes due; `None`: at once.
    pub(crate) due_at: Option<Timestamp>,
    pub(crate) caller: Option<CallerLabel>,
    /// Whether a caller waits for the end of an accepted execution. Nothing follows the end then.
    pub(crate) is_waited_for: bool,
    /// How many destinations in a row led to it.
    pub(crate) hops: u32,
}

impl Request {
    /// A request for one attempt of the version that is `live`.
    pub(crate) fn once(input: Json, caller: Option<CallerLabel>) -> Self {
        Self {
            input,
            alias: None,
            version: None,
            retry: false,
            retry_of: None,
            idempotency_key: None,
            queueing: Queueing::default(),
            due_at: None,
            caller,
            is_waited_for: false,
            hops: 0,
        }
    }
}

impl Engine {
    /// Runs a function once and waits for its end, which is stored.
    pub(crate) async fn invoke(
        &self,
        function: FunctionId,
        request: Request,
    ) -> Result<Arc<Execution>, Error> {
        let (function, place) = self.admit(function, &request).await?;
        let (_, ended) = self.enqueue_direct(function, place, request)?;
        ended.await.unwrap_or_else(|_| Err(shutting_down()))
    }

    /// Runs a script once and waits for its end, which is stored. If the future is dropped before
    /// that, the execution is cancelled.
    pub(crate) async fn run(
        &self,
        script: Arc<Loaded>,
        request: Request,
    ) -> Result<Arc<Execution>, Error> {
        self.check_open()?;
        self.check_input(script.function.id, &request.input)?;
        let place = self.reserve(script.function.id, &request.input)?;
        self.attended(script, place, request).await
    }

    /// As [`Self::invoke`]. If the future is dropped before its end, the execution is cancelled.
    pub(crate) async fn invoke_attended(
        &self,
        function: FunctionId,
        request: Request,
    ) -> Result<Arc<Execution>, Error> {
        let (function, place) = self.admit(function, &request).await?;
        self.attended(function, place, request).await
    }

    async fn attended(
        &self,
        function: Arc<Loaded>,
        place: Place,
        request: Request,
    ) -> Result<Arc<Execution>, Error> {
        let (id, ended) = self.enqueue_direct(function, place, request)?;
        let caller = CancelOnDrop::new(self, id);
        let ended = ended.await.unwrap_or_else(|_| Err(shutting_down()));
        caller.has_answer();
        ended
    }

    /// Queues an execution that is stored when it has ended, and says where its end is sent.
    fn enqueue_direct(
        &self,
        function: Arc<Loaded>,
        place: Place,
        request: Request,
    ) -> Result<(ExecutionId, Ended), Error> {
        let mut execution = self.accepted(&function, request);
        execution.claim().map_err(illegal)?;
        let id = execution.id;
        let (answer, ended) = oneshot::channel();
        self.enqueue(Job::direct(place, function, Arc::new(execution), answer))
            .map_err(|_| shutting_down())?;
        Ok((id, ended))
    }

    /// Stores an execution as pending, then queues it. Nobody waits for its end, so that a dead letter and
    /// deliveries may follow it. If the idempotency key was used before, or another execution has the
    /// singleton key, returns that execution instead.
    pub(crate) async fn execute(
        &self,
        function: FunctionId,
        request: Request,
    ) -> Result<Accepted, Error> {
        let (input, key) = (request.input.clone(), request.idempotency_key.clone());
        let first = match self.admit_once(function, &request).await? {
            Admitted::New(function, place) => {
                let new = self.accepting(place, function, request)?;
                let id = new.execution.id;
                match self.accept_one(new).await? {
                    Some(first) => first,
                    None => return Ok(Accepted::new(id)),
                }
            }
            Admitted::Before(first) => first,
        };
        self.duplicate(first, key, &input).await
    }

    /// Stores an execution as pending, queues it and waits for its end. If the idempotency key was used
    /// before, waits for the end of the first execution instead.
    pub(crate) async fn execute_and_wait(
        &self,
        function: FunctionId,
        mut request: Request,
    ) -> Result<Invoked, Error> {
        request.is_waited_for = true;
        let (input, key) = (request.input.clone(), request.idempotency_key.clone());
        let first = match self.admit_once(function, &request).await? {
            Admitted::New(function, place) => {
                let new = self.accepting(place, function, request)?;
                let ended = self.0.waiters.wait_for(new.execution.id);
                match self.accept_one(new).await? {
                    Some(first) => first,
                    None => {
                        return Ok(Invoked {
                            execution: ended.ended(self).await?,
                            replayed: false,
                        });
                    }
                }
            }
            Admitted::Before(first) => first,
        };
        self.replay(first, key, &input).await?;
        Ok(Invoked {
            execution: self.wait(first).await?,
            replayed: true,
        })
    }

    /// Admits a request, or finds the execution that was accepted before with its idempotency key
    /// where a new one would be refused now.
    async fn admit_once(&self, function: FunctionId, request: &Request) -> Result<Admitted, Error> {
        let refused = match self.admit_waiting(function, request).await {
            Ok((function, place)) => return Ok(Admitted::New(function, place)),
            Err(refused) => refused,
        };
        let (Error::Inactive | Error::Runaway | Error::Overloaded { .. }) = refused else {
            return Err(refused);
        };
        match self.accepted_before(function, request).await? {
            Some(first) => Ok(Admitted::Before(first)),
            None => Err(refused),
        }
    }

    /// The execution that was accepted with the idempotency key of this request.
    pub(super) async fn accepted_before(
        &self,
        function: FunctionId,
        request: &Request,
    ) -> Result<Option<ExecutionId>, Error> {
        let Some(key) = &request.idempotency_key else {
            return Ok(None);
        };
        let since = self.0.clock.now() - IDEMPOTENCY_WINDOW;
        Ok(self.0.store.find_idempotent(function, key, since).await?)
    }

    /// The answer about the execution that was accepted first, see [`Self::replay`].
    pub(super) async fn duplicate(
        &self,
        first: ExecutionId,
        key: Option<Arc<str>>,
        input: &Json,
    ) -> Result<Accepted, Error> {
        let stored = self.replay(first, key, input).await?;
        Ok(Accepted {
            id: first,
            duplicate: true,
            status: stored.status,
        })
    }

    /// The execution that was accepted first, as it is now. If it has the idempotency key `key`, it
    /// must have this input; otherwise it has the singleton key of the request.
    async fn replay(
        &self,
        first: ExecutionId,
        key: Option<Arc<str>>,
        input: &Json,
    ) -> Result<Execution, Error> {
        let stored = self.0.store.execution(first).await?;
        let stored = stored.ok_or(Error::NotFound(Resource::Execution))?;
        let has_key = key.is_some() && stored.idempotency_key == key;
        if !has_key || same_value(&stored.input, input) {
            Ok(self.shown(stored))
        } else {
            Err(Error::IdempotencyKeyReused { execution: first })
        }
    }

    /// Waits until an accepted execution has ended.
    pub(crate) async fn wait(&self, id: ExecutionId) -> Result<Arc<Execution>, Error> {
        let ended = self.0.waiters.wait_for(id);
        match self.0.store.execution(id).await? {
            Some(execution) if execution.status.is_terminal() => Ok(Arc::new(execution)),
            Some(_) => ended.ended(self).await,
            None => Err(Error::NotFound(Resource::Execution)),
        }
    }

    /// Checks whether a call may be accepted, and reserves a place for it in the queue.
    async fn admit(
        &self,
        function: FunctionId,
        request: &Request,
    ) -> Result<(Arc<Loaded>, Place), Error> {
        let loaded = self.check_request(function, request).await?;
        Ok((loaded, self.reserve(function, &request.input)?))
    }

    /// Checks whether an execution may be accepted, and reserves a place where it waits.
    pub(super) async fn admit_waiting(
        &self,
        function: FunctionId,
        request: &Request,
    ) -> Result<(Arc<Loaded>, Waiting), Error> {
        let loaded = self.check_request(function, request).await?;
        let waiting = match request.due_at {
            None => Waiting::Queued(self.reserve(function, &request.input)?),
            Some(due) => self.reserve_delay(due)?,
        };
        Ok((loaded, waiting))
    }

    /// Checks everything but the room in the queue. Loads the function.
    async fn check_request(
        &self,
        function: FunctionId,
        request: &Request,
    ) -> Result<Arc<Loaded>, Error> {
        self.check_open()?;
        let (engine, input) = (&self.0, &request.input);
        let alias = request.alias.as_deref();
        let mut loaded = engine.registry.called(function, alias).await?;
        if let Some(version) = request.version
            && version != loaded.function.version
        {
            loaded = engine.registry.version(function, version).await?;
        }
        self.check_input(function, input)?;
        Ok(loaded)
    }

    /// Checks whether a function may be called with this input.
    fn check_input(&self, function: FunctionId, input: &Json) -> Result<(), Error> {
        if self.0.instances.is_runaway(function) {
            return Err(Error::Runaway);
        }
        let (size, limit) = (input.len(), self.0.options.max_input);
        if size > limit {
            return Err(Error::TooLarge(format!(
                "the input has {size} bytes: at most {limit} are accepted"
            )));
        }
        Ok(())
    }

    /// Checks whether an HTTP request may be accepted, and reserves a place for it in the queue. The
    /// front end has limited its size.
    pub(super) fn admit_http(&self, function: FunctionId, input: &Json) -> Result<Place, Error> {
        self.check_open()?;
        if self.0.instances.is_runaway(function) {
            return Err(Error::Runaway);
        }
        self.reserve(function, input)
    }

    /// Checks whether executions are accepted at all.
    fn check_open(&self) -> Result<(), Error> {
        if self.0.stopping.is_cancelled() {
            return Err(shutting_down());
        }
        if !self.0.recorder.is_healthy() {
            return Err(store_unavailable());
        }
        Ok(())
    }

    fn reserve(&self, function: FunctionId, input: &Json) -> Result<Place, Error> {
        let engine = &self.0;
        match engine.queue.try_reserve(function, input.len()) {
            Ok(place) => Ok(place),
            Err(bound) => Err(self.overloaded(bound)),
        }
    }

    /// Counts and returns a refusal.
    pub(super) fn overloaded(&self, bound: QueueBound) -> Error {
        self.0.counters.add(&self.0.counters.rejected);
        Error::Overloaded {
            bound,
            retry_after: Duration::from_secs(1),
        }
    }

    /// A new execution, as it is accepted.
    pub(super) fn accepted(&self, function: &Loaded, request: Request) -> Execution {
        let now = self.0.clock.now();
        let free = Cost::zero(function.function.tier, &self.0.price_book);
        let (id, function_id) = (self.0.ids.execution(now), function.function.id);
        let max_retries = if request.retry {
            function.function.config.retry_count
        } else {
            0
        };
        Execution {
            function_version: function.function.version,
            max_retries,
            retry_of: request.retry_of,
            due_at: request.due_at,
            idempotency_key: request.idempotency_key,
            queueing: request.queueing,
            caller: request.caller,
            ..Execution::new(id, function_id, request.input, free, now)
        }
    }

    /// A new execution that is not stored yet, with its place.
    pub(super) fn accepting(
        &self,
        waiting: Waiting,
        function: Arc<Loaded>,
        request: Request,
    ) -> Result<Accepting, Error> {
        let follow_up = (!request.is_waited_for).then(|| {
            let destinations = function.function.config.destinations.as_deref();
            Box::new(FollowUp::new(request.hops, destinations))
        });
        let execution = Arc::new(Execution {
            follow_up,
            ..self.accepted(&function, request)
        });
        let guard =
            self.0.in_flight.take(execution.id).ok_or_else(|| {
                Error::Internal("the id of a new execution is in use already".into())
            })?;
        Ok(Accepting {
            execution,
            function,
            waiting,
            guard,
            schedule: None,
        })
    }

    /// Has pending executions stored at once and then queued, even if the caller gives up waiting.
    pub(super) async fn accept(&self, new: Vec<Accepting>) -> Result<Vec<Written>, Error> {
        let (done, stored) = oneshot::channel();
        self.0.recorder.send(Record::Accept { new, done }).await;
        stored.await.unwrap_or_else(|_| Err(shutting_down()))
    }

    /// Accepts one execution. Returns the id of the first one if the idempotency key was used before.
    async fn accept_one(&self, new: Accepting) -> Result<Option<ExecutionId>, Error> {
        match self.accept(vec![new]).await?.first() {
            Some(Written::Done) => Ok(None),
            Some(Written::Duplicate(first)) => Ok(Some(*first)),
            Some(Written::Stale) | None => Err(Error::Internal(
                "a new execution was refused as stale".into(),
            )),
        }
    }

    /// Ends an execution that does not run: it was cancelled, or its function or version is gone.
    pub(super) async fn fail(
        &self,
        mut execution: Arc<Execution>,
        failure: Failure,
        answer: Option<Answer>,
        stored: Option<Stored>,
    ) {
        let ended = Arc::make_mut(&mut execution);
        if let Err(error) = ended.fail(failure, self.0.clock.now()) {
            tracing::error!(%error, "cannot fail an execution");
            return;
        }
        let record = Record::ended(self, execution, stored, answer, None);
        self.0.recorder.send(record).await;
    }
}

/// What becomes of a request with an idempotency key.
enum Admitted {
    New(Arc<Loaded>, Waiting),
    /// It was accepted before.
    Before(ExecutionId),
}

/// Whether two texts are the same JSON value: spaces and the order of members do not matter.
pub(super) fn same_value(one: &Json, other: &Json) -> bool {
    let value = |json: &Json| serde_json::from_str::<serde_json::Value>(json.as_str());
    one.as_str() == other.as_str()
        || matches!((value(one), value(other)), (Ok(one), Ok(other)) if one == other)
}

/// The failure of an execution that was cancelled.
pub(super) fn cancelled() -> Failure {
    Failure::new(FailureKind::Cancelled, "cancelled")
}

pub(super) fn shutting_down() -> Error {
    Error::Unavailable("the platform is shutting down".into())
}

pub(super) fn store_unavailable() -> Error {
    Error::Unavailable("the store does not accept writes: try again later".into())
}

pub(super) fn illegal(error: IllegalTransition) -> Error {
    Error::Internal(error.to_string().into())
}
