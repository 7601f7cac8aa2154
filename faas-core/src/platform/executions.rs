//! Reading, cancelling and repeating executions.

use std::sync::Arc;

use super::{Error, Platform};
use crate::model::{Execution, ExecutionId};
use crate::store::ExecutionQuery;

/// How to call a function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvokeOptions {
    /// The same key for the same function within 24 hours gives the first execution, not a second.
    pub idempotency_key: Option<String>,
    /// Retry failures as the function's configuration says.
    pub retry: bool,
}

/// An execution that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Its id.
    pub id: ExecutionId,
    /// Whether it was accepted earlier, with the same idempotency key.
    pub duplicate: bool,
}

/// See [`Platform::executions`].
#[derive(Clone, Copy)]
pub struct Executions<'a> {
    pub(super) platform: &'a Platform,
}

impl Executions<'_> {
    /// The execution with this id, running ones included.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn get(&self, _id: ExecutionId) -> Result<Arc<Execution>, Error> {
        todo!()
    }

    /// Executions that match, newest first, running ones included.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn list(&self, _query: &ExecutionQuery) -> Result<Vec<Arc<Execution>>, Error> {
        todo!()
    }

    /// Cancels an execution that has not ended. One that runs is stopped; it is returned as it
    /// ended.
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Error::Conflict`] when it has ended.
    pub async fn cancel(&self, _id: ExecutionId) -> Result<Arc<Execution>, Error> {
        todo!()
    }

    /// Accepts a failed execution again, as a new one that names it in `retry_of`.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`] when it has not failed, or as for
    /// [`Platform::execute`].
    pub async fn retry(&self, _id: ExecutionId) -> Result<ExecutionId, Error> {
        todo!()
    }
}
