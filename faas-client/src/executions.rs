//! Executions: reading, listing and cancelling them.

use std::fmt::Write as _;

use faas_api::{Execution, ExecutionKey, ExecutionPage, ExecutionStatus, FunctionKey, Moment};
use hyper::Method;

use crate::client::Client;
use crate::error::Error;

/// Which executions to list.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ExecutionQuery {
    /// Only those of this function.
    pub function: Option<FunctionKey>,
    /// Only those in this state.
    pub status: Option<ExecutionStatus>,
    /// Only those that were accepted at or after this time.
    pub from: Option<Moment>,
    /// The most to return, up to 1000; 50 by default.
    pub limit: Option<u32>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<ExecutionKey>,
}

impl ExecutionQuery {
    fn path(&self) -> String {
        let mut path = "/api/executions?".to_owned();
        let mut add = |name: &str, value: &dyn std::fmt::Display| {
            // Writing to a string cannot fail.
            let _ = write!(path, "{name}={value}&");
        };
        if let Some(function) = &self.function {
            add("functionId", function);
        }
        if let Some(status) = &self.status {
            add("status", status);
        }
        if let Some(from) = &self.from {
            add("from", from);
        }
        if let Some(limit) = &self.limit {
            add("limit", limit);
        }
        if let Some(cursor) = &self.cursor {
            add("cursor", cursor);
        }
        path
    }
}

impl Client {
    /// A page of executions, newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn executions(
        &self,
        query: &ExecutionQuery,
    ) -> Result<ExecutionPage<'static>, Error> {
        self.get(&query.path()).await
    }

    /// One execution, with its logs.
    ///
    /// # Errors
    /// See [`Error`]; the code `execution_not_found`.
    pub async fn execution(&self, id: ExecutionKey) -> Result<Execution<'static>, Error> {
        self.get(&format!("/api/executions/{id}")).await
    }

    /// Cancels an execution that has not ended.
    ///
    /// # Errors
    /// See [`Error`]; the codes `execution_not_found` and `conflict`.
    pub async fn cancel(&self, id: ExecutionKey) -> Result<Execution<'static>, Error> {
        let path = format!("/api/executions/{id}/cancel");
        self.send(Method::POST, &path, None::<&()>).await
    }
}
