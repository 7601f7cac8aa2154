//! Why a request failed.

use std::fmt;

use faas_api::{ErrorDetails, ExecutionKey};
use serde::Deserialize;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The client is not configured correctly, or a value cannot be sent. The text says what to change.
    #[error("{0}")]
    Invalid(String),
    /// No connection to the server could be made.
    #[error("cannot connect to {server}")]
    Connect {
        /// The server's URL.
        server: String,
        /// Why.
        source: Cause,
    },
    /// The connection ended during the request. The server may have carried it out.
    #[error("the connection to {server} ended during the request")]
    Broken {
        /// The server's URL.
        server: String,
        /// Why.
        source: Cause,
    },
    /// The server answered with an error.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// The answer is not one of this API: the URL may be that of another server.
    #[error("{server} answered {status}, but not as this API does: {problem}")]
    Unexpected {
        /// The server's URL.
        server: String,
        /// The HTTP status.
        status: u16,
        /// What is wrong.
        problem: String,
    },
}

impl Error {
    /// The server's error, if it answered with one.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the server answered with this code, such as `function_not_found`.
    pub fn has_code(&self, code: &str) -> bool {
        self.api().is_some_and(|error| error.code == code)
    }
}

/// An error that the server answered.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// For programs: one of [`faas_api::ERROR_CODES`], or one of a newer server.
    pub code: String,
    /// For people.
    pub message: String,
    /// More about some errors.
    pub details: Option<ErrorDetails>,
    /// The execution that the error is about.
    pub execution: Option<ExecutionKey>,
    /// The JavaScript stack, if a function failed.
    pub stack: Option<String>,
    /// The id of the request, which the server's log has too.
    pub request_id: Option<String>,
    /// After how many seconds a retry may succeed.
    pub retry_after: Option<u64>,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}

/// The body of an error, of all routes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Body {
    pub(crate) error: String,
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) details: Option<ErrorDetails>,
    #[serde(default)]
    pub(crate) execution_id: Option<ExecutionKey>,
    #[serde(default)]
    pub(crate) stack: Option<String>,
}
