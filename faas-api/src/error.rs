//! Errors, as every route answers them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::scalar::{ExecutionKey, FunctionKey};

/// All codes that an error can have: stable, for programs to tell errors apart.
pub const ERROR_CODES: [&str; 36] = [
    "alias_not_found",
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
    "schedule_not_found",
    "stack_overflow",
    "timeout",
    "unavailable",
    "unsupported_encoding",
    "version_not_found",
];

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Error))]
#[non_exhaustive]
pub struct ErrorBody<'a> {
    /// `false`, from the routes below `/api/costs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub success: Option<bool>,
    /// For people.
    pub error: Cow<'a, str>,
    /// For programs: one of [`ERROR_CODES`]. A newer server may have others.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::ErrorCode))]
    pub code: Cow<'a, str>,
    /// More about some errors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub details: Option<ErrorDetails>,
    /// The execution that the error is about: the one that ran, or the one that was accepted first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub execution_id: Option<ExecutionKey>,
}

impl<'a> ErrorBody<'a> {
    /// An error without details.
    pub fn new(code: impl Into<Cow<'a, str>>, error: impl Into<Cow<'a, str>>) -> Self {
        Self {
            success: None,
            error: error.into(),
            code: code.into(),
            details: None,
            execution_id: None,
        }
    }
}

/// More about an error: each member belongs to some errors only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ErrorDetails {
    /// The line in the uploaded code, from 1 (`compile_error`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub line: Option<u32>,
    /// The column in the uploaded code, from 1 (`compile_error`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub column: Option<u32>,
    /// The function that has the name already (`conflict`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub function_id: Option<FunctionKey>,
    /// The bound of the queue that was met (`over_capacity`): `queue_jobs`, `queue_bytes`,
    /// `function_jobs` or `function_bytes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub bound: Option<Cow<'static, str>>,
}

/// A call that failed in the function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct InvocationError<'a> {
    /// For people.
    pub error: Cow<'a, str>,
    /// For programs: one of [`ERROR_CODES`].
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::ErrorCode))]
    pub code: Cow<'a, str>,
    /// The JavaScript stack.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub stack: Option<Cow<'a, str>>,
    /// The execution.
    pub execution_id: ExecutionKey,
}

impl<'a> InvocationError<'a> {
    /// The failure `error` of the execution.
    pub fn new(
        execution: impl Into<ExecutionKey>,
        code: &'a str,
        error: &'a str,
        stack: Option<&'a str>,
    ) -> Self {
        Self {
            error: Cow::Borrowed(error),
            code: Cow::Borrowed(code),
            stack: stack.map(Cow::Borrowed),
            execution_id: execution.into(),
        }
    }
}

/// Whether a server is alive, or can serve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Health<'a> {
    /// `ok`, `ready` or `not ready`.
    pub status: Cow<'a, str>,
    /// Why it is not ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub reason: Option<Cow<'a, str>>,
}

impl<'a> Health<'a> {
    /// The status, with the reason for a bad one.
    pub fn new(status: &'a str, reason: Option<&'a str>) -> Self {
        Self {
            status: Cow::Borrowed(status),
            reason: reason.map(Cow::Borrowed),
        }
    }
}
