//! The responses to requests that fail.
//!
//! Maps the platform's errors to a status and a stable `code`, and writes one of two envelopes:
//! `{"error", "code", "details"?, "executionId"?}`, and for costs the same with `"success": false`.
//! Causes inside the server are logged and not sent to the client.

use axum::http::header::{ACCEPT_ENCODING, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use faas_api::{ErrorBody, ErrorDetails};
use faas_core::Error;
use faas_core::error::{CompileError, Conflict, Resource};
use faas_core::model::ExecutionId;

use crate::answer;
use crate::guard::CHALLENGE;

/// A request that failed.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// Boxed, because few errors have details and results are moved often.
    details: Option<Box<ErrorDetails>>,
    /// The execution that the error is about.
    execution: Option<Box<ExecutionId>>,
    /// The number of seconds after which a retry may succeed.
    retry_after: Option<u64>,
    /// The cause, for the log only.
    report: Option<String>,
}

/// The cause of a response with status 500 or above, kept in the response for the log.
#[derive(Debug, Clone)]
pub(crate) struct Report(pub(crate) String);

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        debug_assert!(
            faas_api::ERROR_CODES.contains(&code),
            "{code} is not one of the error codes"
        );
        Self {
            status,
            code,
            message: message.into(),
            details: None,
            execution: None,
            retry_after: None,
            report: None,
        }
    }

    /// The request is invalid; `message` says what is wrong and what is expected.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    /// The same error with another status.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// No function has this id, or it is not an id.
    pub(crate) fn no_function() -> Self {
        Self::from(Error::NotFound(Resource::Function))
    }

    /// No execution has this id, or it is not an id.
    pub(crate) fn no_execution() -> Self {
        Self::from(Error::NotFound(Resource::Execution))
    }

    /// No load test has this id, or it is not an id.
    pub(crate) fn no_load_test() -> Self {
        Self::from(Error::NotFound(Resource::LoadTest))
    }

    /// No schedule has this id, or it is not an id.
    pub(crate) fn no_schedule() -> Self {
        Self::from(Error::NotFound(Resource::Schedule))
    }

    /// No session has this id, or it is not an id.
    pub(crate) fn no_session() -> Self {
        Self::from(Error::NotFound(Resource::Session))
    }

    /// No key has this id, or it is not an id.
    pub(crate) fn no_key() -> Self {
        Self::from(Error::NotFound(Resource::Key))
    }

    /// The caller is refused.
    pub(crate) fn refused(
        status: u16,
        code: &'static str,
        message: String,
        retry_after: Option<u64>,
    ) -> Self {
        Self {
            retry_after,
            ..Self::new(
                StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN),
                code,
                message,
            )
        }
    }

    /// The body is larger than `limit` bytes.
    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "payload_too_large",
            format!("the body is larger than {limit} bytes"),
        )
    }

    /// The body has an unsupported encoding; `message` names it.
    pub(crate) fn unsupported_encoding(message: impl Into<String>) -> Self {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self::new(status, "unsupported_encoding", message)
    }

    /// Request bodies use all the memory that they are allowed.
    pub(crate) fn too_many_bodies() -> Self {
        Self {
            retry_after: Some(1),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "over_capacity",
                "too many request bodies arrive at the same time: try again later",
            )
        }
    }

    /// The body arrives too slowly.
    pub(crate) fn body_too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "request_timeout",
            "the body takes too long to arrive",
        )
    }

    /// The request exceeded its timeout.
    pub(crate) fn timed_out() -> Self {
        Self {
            retry_after: Some(1),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "request_timeout",
                "the request took too long",
            )
        }
    }

    /// An error inside the server. `report` is for the log.
    pub(crate) fn internal(report: impl Into<String>) -> Self {
        Self {
            report: Some(report.into()),
            ..Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal_error",
                "internal error",
            )
        }
    }

    fn respond(self, success: Option<bool>) -> Response {
        let mut body = ErrorBody::new(self.code, self.message);
        body.success = success;
        body.details = self.details.map(|details| *details);
        body.execution_id = self.execution.as_deref().copied().map(Into::into);
        let body = serde_json::to_vec(&body);
        let mut response = answer::json_bytes(self.status, body.unwrap_or_default());
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, CHALLENGE);
        }
        if self.status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            let accepted = crate::body::ACCEPTED;
            response.headers_mut().insert(ACCEPT_ENCODING, accepted);
        }
        if let Some(report) = self.report {
            response.extensions_mut().insert(Report(report));
        }
        response
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.respond(None)
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Invalid(_) => Self::invalid(message),
            Error::Compile(error) => Self {
                details: place(&error).map(Box::new),
                ..Self::new(StatusCode::BAD_REQUEST, "compile_error", message)
            },
            Error::TooLarge(_) => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", message)
            }
            Error::NotFound(what) => {
                let (code, message) = match what {
                    Resource::Function => ("function_not_found", "Function not found".to_owned()),
                    Resource::Execution => {
                        ("execution_not_found", "Execution not found".to_owned())
                    }
                    Resource::Key => ("key_not_found", "Key not found".to_owned()),
                    Resource::Version => ("version_not_found", "Version not found".to_owned()),
                    Resource::Alias => ("alias_not_found", "Alias not found".to_owned()),
                    Resource::LoadTest => ("load_test_not_found", "Load test not found".to_owned()),
                    Resource::Schedule => ("schedule_not_found", "Schedule not found".to_owned()),
                    _ => ("not_found", message),
                };
                Self::new(StatusCode::NOT_FOUND, code, message)
            }
            Error::Inactive => Self::new(StatusCode::BAD_REQUEST, "function_inactive", message),
            Error::Conflict(conflict) => {
                let code = match conflict {
                    Conflict::LoadTestRunning => "load_test_running",
                    _ => "conflict",
                };
                Self {
                    details: existing(&conflict).map(Box::new),
                    ..Self::new(StatusCode::CONFLICT, code, message)
                }
            }
            Error::Overloaded {
                bound, retry_after, ..
            } => Self {
                details: Some(Box::new(met(bound.as_str()))),
                // Rounded up, so that a client that waits this long does not retry too early.
                retry_after: Some(retry_after.as_millis().div_ceil(1000).max(1) as u64),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "over_capacity", message)
            },
            Error::Runaway => Self {
                retry_after: Some(10),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "function_runaway", message)
            },
            Error::Unavailable(_) => Self {
                retry_after: Some(1),
                report: Some(message),
                ..Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "unavailable",
                    "the service is temporarily unavailable",
                )
            },
            // Not 503: a client that retries would run the function a second time.
            Error::NotStored { execution, .. } => Self {
                execution: Some(Box::new(execution)),
                report: Some(message),
                ..Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "result_not_stored",
                    "the function ran, but its result could not be stored",
                )
            },
            Error::IdempotencyKeyReused { execution } => Self {
                execution: Some(Box::new(execution)),
                ..Self::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "idempotency_key_reused",
                    message,
                )
            },
            _ => Self::internal(message),
        }
    }
}

/// The position of a syntax error in uploaded code.
fn place(error: &CompileError) -> Option<ErrorDetails> {
    let mut details = ErrorDetails::default();
    details.line = error.line;
    details.column = error.column;
    (details != ErrorDetails::default()).then_some(details)
}

/// The limit of the queue that was reached.
fn met(bound: &'static str) -> ErrorDetails {
    let mut details = ErrorDetails::default();
    details.bound = Some(bound.into());
    details
}

/// The function that already has the requested name.
fn existing(conflict: &Conflict) -> Option<ErrorDetails> {
    let Conflict::FunctionName {
        existing: Some(id), ..
    } = conflict
    else {
        return None;
    };
    let mut details = ErrorDetails::default();
    details.function_id = Some((*id).into());
    Some(details)
}

/// An [`ApiError`] in the envelope of the routes about costs.
#[derive(Debug)]
pub(crate) struct CostsError(ApiError);

impl IntoResponse for CostsError {
    fn into_response(self) -> Response {
        self.0.respond(Some(false))
    }
}

impl<E: Into<ApiError>> From<E> for CostsError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}
