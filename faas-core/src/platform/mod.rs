//! The handle that a host holds.
//!
//! Owns the [`Platform`] and its [`PlatformBuilder`]: what a host configures, and every operation
//! that the front ends offer, in the words of [`crate::model`]. It decides nothing that an
//! execution goes through; that is the [`crate::engine`]'s.

mod builder;
mod costs;
mod executions;
mod functions;
mod metrics;

use std::sync::Arc;

pub use builder::{PlatformBuilder, PlatformOptions};
pub use costs::{Costs, EstimateRequest, FunctionCost, SystemCost};
pub use executions::{Accepted, Executions, InvokeOptions};
pub use functions::{FunctionUpdate, Functions, NewFunction};
pub use metrics::{Histogram, LiveCounters, Overview};

use crate::cost::PriceBook;
use crate::events::EventBus;
use crate::model::{Execution, FunctionId, Json};
use crate::runtime::CompileError;
use crate::store::StoreError;

/// A running platform. Clones share it; it stops when [`Platform::shutdown`] is called.
#[derive(Clone)]
pub struct Platform {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {}

impl Platform {
    /// Configures a platform.
    pub fn builder() -> PlatformBuilder {
        PlatformBuilder::default()
    }

    /// Uploading, changing, listing and deleting functions.
    pub fn functions(&self) -> Functions<'_> {
        Functions { platform: self }
    }

    /// Reading, cancelling and repeating executions.
    pub fn executions(&self) -> Executions<'_> {
        Executions { platform: self }
    }

    /// Cost reports and estimates.
    pub fn costs(&self) -> Costs<'_> {
        Costs { platform: self }
    }

    /// Calls a function and waits for its end: one attempt, no retries. What the function itself
    /// does wrong is told by the execution's `status` and `failure`; the execution is in the store.
    ///
    /// # Errors
    /// When it could not be run or not be stored.
    pub async fn invoke(
        &self,
        _function: FunctionId,
        _input: impl Into<Json>,
    ) -> Result<Execution, Error> {
        todo!()
    }

    /// Calls a function and waits for its end, with options. See [`Platform::invoke`].
    ///
    /// # Errors
    /// When it could not be run or not be stored.
    pub async fn invoke_with(
        &self,
        _function: FunctionId,
        _input: Json,
        _options: InvokeOptions,
    ) -> Result<Arc<Execution>, Error> {
        todo!()
    }

    /// Accepts an execution and returns as soon as it is stored; retries follow the function's
    /// configuration. Only `options.idempotency_key` matters.
    ///
    /// # Errors
    /// When it was not accepted.
    pub async fn execute(
        &self,
        _function: FunctionId,
        _input: impl Into<Json>,
        _options: InvokeOptions,
    ) -> Result<Accepted, Error> {
        todo!()
    }

    /// The live events.
    pub fn events(&self) -> &EventBus {
        todo!()
    }

    /// The prices in force.
    pub fn price_book(&self) -> &PriceBook {
        todo!()
    }

    /// What it was configured with.
    pub fn options(&self) -> &PlatformOptions {
        todo!()
    }

    /// Whether the store can be reached and written to.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn ready(&self) -> Result<(), Error> {
        todo!()
    }

    /// Resolves once the platform has been told to shut down.
    pub fn stopped(&self) -> tokio_util::sync::WaitForCancellationFutureOwned {
        todo!()
    }

    /// Stops taking work, lets what runs finish within the configured grace, leaves the rest
    /// pending in the store, and closes it.
    pub async fn shutdown(&self) {
        todo!()
    }
}

/// Why the platform did not do what it was asked. What a function itself does wrong is not here:
/// that is an execution that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request itself is wrong; the text says what and what was expected.
    #[error("{0}")]
    Invalid(String),
    /// The code does not compile.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// There is none such: "function", "execution".
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The function takes no executions.
    #[error("function is not active")]
    Inactive,
    /// What was asked does not fit the present state: a name that is taken, an execution that has
    /// ended.
    #[error("{0}")]
    Conflict(String),
    /// The queue is full; trying again after this time may help.
    #[error("queue is full: try again in {} s", retry_after.as_secs())]
    Overloaded {
        /// When to try again.
        retry_after: std::time::Duration,
    },
    /// The store is away, or the platform shuts down. Trying again later may help.
    #[error("{0}")]
    Unavailable(String),
    /// A fault of the platform's own.
    #[error("internal error: {0}")]
    Internal(String),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Unavailable(error.to_string()),
            StoreError::Conflict(_) | StoreError::Stale => Self::Conflict(error.to_string()),
            StoreError::Unusable(_) => Self::Internal(error.to_string()),
        }
    }
}
