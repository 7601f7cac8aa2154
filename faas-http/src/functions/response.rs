//! Writes what a function answers.

use std::fmt::Write as _;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use faas_api as wire;
use faas_core::http::{self, ResponseBody, Timing};
use faas_core::model::{Execution, ExecutionId, FailureKind};

use crate::answer;

static EXECUTION_ID: HeaderName = HeaderName::from_static("x-execution-id");
static SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
/// Gives a page an origin of its own.
const SANDBOX: HeaderValue = HeaderValue::from_static(
    "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts",
);

/// The response that a function made.
pub(super) fn write(made: http::Response) -> Response {
    let (body, length) = match made.body {
        ResponseBody::Bytes(bytes) => (Body::from(bytes), None),
        ResponseBody::Stream { pieces, length } => (Body::from_stream(pieces), length),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(made.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    for (name, value) in made.headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::try_from(name),
            HeaderValue::from_maybe_shared(value),
        ) {
            headers.append(name, value);
        }
    }
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, length.into());
    }
    name_execution(made.execution_id, headers);
    if let Ok(timing) = HeaderValue::from_str(&server_timing(&made.timing)) {
        headers.append(SERVER_TIMING.clone(), timing);
    }
    response
}

/// The answer for an execution that failed before there was a response. Public callers do not get the
/// message of the error, and nobody the stack: both are in the execution's record.
pub(super) fn failed(execution: &Execution, is_public: bool) -> Response {
    let kind = execution.failure.as_ref().map(|failure| failure.kind);
    let (status, code, text) = match kind {
        Some(FailureKind::UserError) => (500, "function_error", "the function failed"),
        Some(FailureKind::OutOfMemory) => (500, "out_of_memory", "the function ran out of memory"),
        Some(FailureKind::StackOverflow) => (500, "stack_overflow", "the function failed"),
        Some(FailureKind::Cancelled) => (500, "cancelled", "the execution was cancelled"),
        Some(FailureKind::Timeout) => (504, "timeout", "the function took too long"),
        Some(FailureKind::Platform) | None => {
            (503, "platform_error", "the function could not be run")
        }
    };
    let message = execution.failure.as_ref().map(|failure| &*failure.message);
    let message = message.filter(|_| !is_public).unwrap_or(text);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut body = wire::ErrorBody::new(code, message);
    body.execution_id = Some(execution.id.into());
    let mut response = match answer::json(status, &body) {
        Ok(response) => response,
        Err(error) => error.into_response(),
    };
    let headers = response.headers_mut();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    name_execution(execution.id, headers);
    response
}

fn name_execution(id: ExecutionId, headers: &mut HeaderMap) {
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(EXECUTION_ID.clone(), id);
    }
}

/// The value of `Server-Timing`, in milliseconds.
fn server_timing(timing: &Timing) -> String {
    let parts: [(&str, Option<Duration>); 4] = [
        ("queue", Some(timing.queue)),
        ("start", Some(timing.start)),
        ("run", Some(timing.run)),
        ("commit", timing.commit),
    ];
    let mut text = String::with_capacity(80);
    for (name, duration) in parts {
        let Some(duration) = duration else { continue };
        if !text.is_empty() {
            text.push_str(", ");
        }
        // Writing to a text does not fail.
        let _ = write!(text, "{name};dur={:.3}", duration.as_secs_f64() * 1_000.0);
    }
    text
}

/// Keeps a page from the storage and the cookies of the origin that it shares with others. A policy
/// of the function stays; browsers apply both.
pub(super) fn sandbox(headers: &mut HeaderMap) {
    headers.append(CONTENT_SECURITY_POLICY, SANDBOX);
}
