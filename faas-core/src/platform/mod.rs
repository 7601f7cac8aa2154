//! The handle that a host holds.
//!
//! Owns the [`Platform`] and its [`PlatformBuilder`]: the configuration, and every operation that the
//! front ends offer, on the types of [`crate::model`]. How an execution runs is up to
//! [`crate::engine`].

mod builder;
mod costs;
mod environment;
mod executions;
mod functions;
mod http;
mod load_tests;
mod metrics;
mod reseal;
mod run;
mod schedules;
mod sessions;

use std::sync::Arc;

use tokio_util::sync::WaitForCancellationFutureOwned;

pub use crate::engine::VersionStats;
pub use crate::engine::{Accepted, Histogram, Invoked, LiveCounters};
pub use builder::PlatformBuilder;
pub use costs::{Costs, EstimateRequest, FunctionCost, SystemCost};
pub use environment::EnvironmentUpdate;
pub use executions::{CallOptions, Executions};
pub use functions::{AliasUpdate, FunctionUpdate, Functions, NewFunction};
pub use http::HttpFunction;
pub use load_tests::LoadTests;
pub use metrics::{HourOfExecutions, Overview};
pub use reseal::{Resealed, Unopened, reseal};
pub use run::{RunLimits, Script};
pub use schedules::{NewSchedule, ScheduleUpdate, Schedules};
pub use sessions::{SessionConfig, SessionInfo, SessionRun, Sessions};

use crate::bindings::Bindings;
use crate::cost::PriceBook;
use crate::engine::{Engine, Request};
use crate::error::Error;
use crate::events::EventBus;
use crate::kv::{self, Kv};
use crate::model::{CallerLabel, Execution, FunctionId, Json, KvLimits, Namespace, Timestamp};
use crate::options::PlatformOptions;
use crate::store::KvNamespace;

/// A running platform. Clones share it. It stops when [`Platform::shutdown`] is called. If the last
/// clone is dropped without that, it accepts nothing more and lets running calls finish.
///
/// ```
/// use faas_core::model::Status;
/// use faas_core::platform::{CallOptions, NewFunction};
/// use faas_core::{Error, Platform};
/// use serde_json::json;
///
/// # async fn call(platform: Platform) -> Result<(), Error> {
/// let fail = NewFunction::new("fail", "throws", "throw new Error(input)").retry_count(1);
/// let fail = platform.functions().upsert(fail).await?;
///
/// // A failure of the function is a value, not an error.
/// let done = platform.invoke(fail.id, json!("no")).await?;
/// assert_eq!(done.status, Status::Failed);
///
/// // This returns as soon as the execution is stored. It is retried, and survives a restart.
/// let options = CallOptions::default().idempotency_key("order-1");
/// let accepted = platform.execute_with(fail.id, json!("no"), options).await?;
/// println!("{:?}", platform.executions().get(accepted.id).await?.status);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Platform {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    load_tests: Arc<load_tests::Running>,
    sessions: Arc<sessions::Registry>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.engine.begin_shutdown();
    }
}

impl Platform {
    /// Configures a platform.
    pub fn builder() -> PlatformBuilder {
        PlatformBuilder::default()
    }

    fn new(engine: Engine) -> Self {
        Self {
            inner: Arc::new(Inner {
                engine,
                load_tests: Arc::default(),
                sessions: Arc::default(),
            }),
        }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    pub(crate) fn running_load_tests(&self) -> &Arc<load_tests::Running> {
        &self.inner.load_tests
    }

    /// Uploading, changing, listing and deleting functions.
    pub fn functions(&self) -> Functions<'_> {
        Functions { platform: self }
    }

    /// The functions of the host that user code can call.
    pub fn bindings(&self) -> &Bindings {
        &self.inner.engine.0.bindings
    }

    /// Reading, cancelling and repeating executions.
    pub fn executions(&self) -> Executions<'_> {
        Executions { platform: self }
    }

    /// Schedules: functions that are executed by the clock.
    pub const fn schedules(&self) -> Schedules<'_> {
        Schedules { platform: self }
    }

    /// The namespace of keys and values with this name: a shared one, or `function:ID` for a function's
    /// own one.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the name is not valid, or if the store keeps no keys and values.
    pub fn kv(&self, namespace: &str) -> Result<Kv, Error> {
        let engine = &self.engine().0;
        let namespace = Namespace::named(namespace).map_err(Error::Invalid)?;
        kv::key_value(&*engine.store)?;
        let (store, clock) = (engine.store.clone(), engine.clock.clone());
        Ok(Kv::new(store, clock, engine.options.kv_limits, namespace))
    }

    /// The namespaces that have keys, by name, from after `after` on. At most `limit`, and at most
    /// 1,000.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be reached.
    pub async fn kv_namespaces(
        &self,
        after: Option<&Namespace>,
        limit: usize,
    ) -> Result<Vec<KvNamespace>, Error> {
        // A store without keys and values has no namespaces.
        let Some(kv) = self.engine().0.store.as_key_value() else {
            return Ok(Vec::new());
        };
        let limit = limit.min(KvLimits::MAX_PAGE);
        Ok(kv.kv_namespaces(after, limit).await?)
    }

    /// Cost reports and estimates.
    pub fn costs(&self) -> Costs<'_> {
        Costs { platform: self }
    }

    /// Load tests: many calls of one function, and what they do and cost.
    pub const fn load_tests(&self) -> LoadTests<'_> {
        LoadTests::new(self)
    }

    /// Calls a function and waits for its end: one attempt, no retries. The execution's `status` and
    /// `failure` say what the function itself does wrong. The execution is stored when this returns.
    ///
    /// # Errors
    /// [`Error::NotStored`] if it ran and its result could not be stored; any other error if it did
    /// not run.
    pub async fn invoke(
        &self,
        function: FunctionId,
        input: impl Into<Json>,
    ) -> Result<Arc<Execution>, Error> {
        let request = Request::once(input.into(), None);
        self.engine().invoke(function, request).await
    }

    /// Calls a function and waits for its end, with options. With an idempotency key or with retries,
    /// the execution is stored before it runs, so that it survives a restart.
    ///
    /// # Errors
    /// [`Error::IdempotencyKeyReused`], or when it could not be run or not be stored.
    pub async fn invoke_with(
        &self,
        function: FunctionId,
        input: impl Into<Json>,
        options: CallOptions,
    ) -> Result<Arc<Execution>, Error> {
        let invoked = self.call(function, input, options).await?;
        Ok(invoked.execution)
    }

    /// As [`Self::invoke_with`], and says whether the execution is an earlier one with the same
    /// idempotency key.
    ///
    /// # Errors
    /// As [`Self::invoke_with`].
    pub async fn call(
        &self,
        function: FunctionId,
        input: impl Into<Json>,
        options: CallOptions,
    ) -> Result<Invoked, Error> {
        let (engine, is_attended) = (self.engine(), options.cancel_on_drop);
        let request = options.call(input.into())?;
        let is_shared =
            request.idempotency_key.is_some() || request.queueing.singleton_key.is_some();
        if is_shared || request.retry {
            return engine.execute_and_wait(function, request).await;
        }
        let execution = if is_attended {
            engine.invoke_attended(function, request).await?
        } else {
            engine.invoke(function, request).await?
        };
        Ok(Invoked {
            execution,
            replayed: false,
        })
    }

    /// Accepts an execution and returns as soon as it is stored. It is retried as the function's
    /// configuration says. The same idempotency key for the same function and input returns the first
    /// execution for 24 hours.
    ///
    /// # Errors
    /// [`Error::IdempotencyKeyReused`], or when it was not accepted.
    pub async fn execute(
        &self,
        function: FunctionId,
        input: impl Into<Json>,
    ) -> Result<Accepted, Error> {
        self.execute_with(function, input, CallOptions::default())
            .await
    }

    /// Accepts an execution and returns as soon as it is stored, with options. With a delay it stays
    /// pending until it is due.
    ///
    /// # Errors
    /// When it was not accepted.
    pub async fn execute_with(
        &self,
        function: FunctionId,
        input: impl Into<Json>,
        options: CallOptions,
    ) -> Result<Accepted, Error> {
        let request = options.execution(input.into(), self.now())?;
        self.engine().execute(function, request).await
    }

    /// Accepts up to 1,000 executions of one function, whose inputs have up to 8 MiB together, with one
    /// commit. The answers are in the order of the executions.
    ///
    /// If one of them is invalid or does not fit into the queue, none is accepted.
    ///
    /// # Errors
    /// As for [`Self::execute_with`].
    pub async fn execute_batch(
        &self,
        function: FunctionId,
        executions: Vec<(Json, CallOptions)>,
    ) -> Result<Vec<Accepted>, Error> {
        let now = self.now();
        let requests = executions
            .into_iter()
            .map(|(input, options)| options.execution(input, now))
            .collect::<Result<_, _>>()?;
        self.engine().execute_batch(function, requests).await
    }

    /// The live events.
    pub fn events(&self) -> &EventBus {
        &self.engine().0.events
    }

    /// The prices in force.
    pub fn price_book(&self) -> &PriceBook {
        &self.engine().0.price_book
    }

    /// The options in force.
    pub fn options(&self) -> &PlatformOptions {
        &self.engine().0.options
    }

    /// Whether functions can have secrets: the platform has a key to seal them with. Without one,
    /// setting a secret fails with [`Conflict::NoSecretKey`](crate::error::Conflict::NoSecretKey).
    pub fn can_store_secrets(&self) -> bool {
        !self.engine().0.secret_keys.is_empty()
    }

    /// The time by the platform's clock.
    pub fn now(&self) -> Timestamp {
        self.engine().0.clock.now()
    }

    /// Describes the store for people, without a password.
    pub fn describe_store(&self) -> String {
        self.engine().0.store.describe()
    }

    /// Describes the runtime and its isolation for people; several with their names.
    pub fn describe_runtime(&self) -> String {
        self.engine().0.runtimes.describe()
    }

    /// The names of the runtimes, which functions can name in
    /// [`config.runtime`](crate::model::FunctionConfig::runtime). The first one is the default.
    pub fn runtimes(&self) -> impl Iterator<Item = &str> {
        self.inner.engine.0.runtimes.names()
    }

    /// Whether the platform can run functions and store the results: it does not shut down, the store
    /// accepts a small write, and the runtime can make what a call runs in. Store and runtime are
    /// tried once a second at most, however often this is called.
    ///
    /// # Errors
    /// [`Error::Unavailable`], which says what is wrong.
    pub async fn ready(&self) -> Result<(), Error> {
        self.engine().ready().await
    }

    /// Resolves when the platform begins to shut down. Front ends close their connections then.
    pub fn stopped(&self) -> WaitForCancellationFutureOwned {
        self.engine().0.stopping.clone().cancelled_owned()
    }

    /// Stops accepting work, lets running calls finish within the configured grace, leaves the rest
    /// pending in the store, and closes the store. Returns at once if the tokio runtime that the
    /// platform was built on is gone.
    pub async fn shutdown(&self) {
        self.engine().shutdown().await;
    }
}

fn check_caller(caller: Option<&CallerLabel>) -> Result<(), Error> {
    match caller.and_then(CallerLabel::fault) {
        Some(fault) => Err(Error::Invalid(fault)),
        None => Ok(()),
    }
}
