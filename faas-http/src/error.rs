//! What a client is told when a request fails.
//!
//! Owns the mapping from the platform's errors to a status and a stable `code`, and the two
//! envelopes: `{"error", "code", "details"?}`, and for costs the same with `"success": false`. What
//! went wrong inside the server goes to the log and not to the client.

use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use faas_core::Error;
use faas_core::model::ExecutionId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::guard::CHALLENGE;
use crate::openapi::words;
use crate::wire::{self, ExecutionKey, Text};

/// A request that failed.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    details: Option<Details>,
    /// The execution that the error is about.
    execution: Option<Box<ExecutionId>>,
    /// Seconds after which trying again may help.
    retry_after: Option<u64>,
    /// What the log is told, where the client is not.
    report: Option<String>,
}

/// All codes that an error can have: stable, for programs to tell errors apart.
pub(crate) const CODES: [&str; 32] = [
    "cancelled",
    "compile_error",
    "conflict",
    "execution_not_found",
    "function_error",
    "function_inactive",
    "function_not_found",
    "function_runaway",
    "host_not_allowed",
    "idempotency_key_reused",
    "internal_error",
    "invalid_request",
    "key_expired",
    "key_invalid",
    "key_not_found",
    "key_required",
    "load_test_not_found",
    "load_test_running",
    "method_not_allowed",
    "not_found",
    "origin_not_allowed",
    "out_of_memory",
    "over_capacity",
    "payload_too_large",
    "platform_error",
    "rate_limited",
    "request_timeout",
    "result_not_stored",
    "role_insufficient",
    "stack_overflow",
    "timeout",
    "unavailable",
];

/// Why a request failed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Error)]
pub(crate) struct ErrorBody<'a> {
    /// `false`, from the routes below `/api/costs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    success: Option<bool>,
    /// For people.
    error: &'a str,
    #[schema(value_type = words::ErrorCode)]
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    details: Option<&'a Details>,
    /// The execution that the error is about: the one that ran, or the one that was accepted first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    execution_id: Option<ExecutionKey>,
}

/// More about an error.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ErrorDetails)]
pub(crate) enum Details {
    /// Of `compile_error`: the place in the code.
    Place {
        #[schema(required)]
        line: Option<u32>,
        #[schema(required)]
        column: Option<u32>,
    },
    /// Of `over_capacity`: which bound of the queue was met: `queue_jobs`, `queue_bytes`,
    /// `function_jobs` or `function_bytes`.
    Bound { bound: &'static str },
}

/// The cause of an answer of 500 and above, left in the response for the log.
#[derive(Debug, Clone)]
pub(crate) struct Report(pub(crate) String);

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        debug_assert!(CODES.contains(&code), "{code} is not among the codes");
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

    /// The request itself is wrong; `message` says what, and what was expected.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    /// There is no function with such an id, or the id is none.
    pub(crate) fn no_function() -> Self {
        Self::from(Error::NotFound("function"))
    }

    /// There is no execution with such an id, or the id is none.
    pub(crate) fn no_execution() -> Self {
        Self::from(Error::NotFound("execution"))
    }

    /// There is no load test with such an id, or the id is none.
    pub(crate) fn no_load_test() -> Self {
        Self::from(Error::NotFound("load test"))
    }

    /// There is no key with such an id, or the id is none.
    pub(crate) fn no_key() -> Self {
        Self::from(Error::NotFound("key"))
    }

    /// Whoever asked is not let in.
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

    /// The answer took longer than a request may.
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

    /// A fault of the server's own. `report` is for the log.
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
        let body = serde_json::to_vec(&ErrorBody {
            success,
            error: &self.message,
            code: self.code,
            details: self.details.as_ref(),
            execution_id: self.execution.as_deref().copied().map(Text),
        });
        let mut response = wire::json_bytes(self.status, body.unwrap_or_default());
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, CHALLENGE);
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
                details: (error.line.is_some() || error.column.is_some()).then_some(
                    Details::Place {
                        line: error.line,
                        column: error.column,
                    },
                ),
                ..Self::new(StatusCode::BAD_REQUEST, "compile_error", message)
            },
            Error::TooLarge(_) => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", message)
            }
            Error::NotFound(what) => {
                let (code, message) = match what {
                    "function" => ("function_not_found", "Function not found".to_owned()),
                    "execution" => ("execution_not_found", "Execution not found".to_owned()),
                    "key" => ("key_not_found", "Key not found".to_owned()),
                    "load test" => ("load_test_not_found", "Load test not found".to_owned()),
                    _ => ("not_found", message),
                };
                Self::new(StatusCode::NOT_FOUND, code, message)
            }
            Error::Inactive => Self::new(StatusCode::BAD_REQUEST, "function_inactive", message),
            Error::Conflict(_) => Self::new(StatusCode::CONFLICT, "conflict", message),
            Error::Overloaded {
                bound, retry_after, ..
            } => Self {
                details: Some(Details::Bound {
                    bound: bound.as_str(),
                }),
                // Rounded up, so that a client that keeps to it does not come too early.
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
            // No 503: a client that tries again would run the function a second time.
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

/// An [`ApiError`] in the envelope that answers about costs have.
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
