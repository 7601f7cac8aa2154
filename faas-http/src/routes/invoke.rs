//! Calling a function and waiting for its result: the one route that must be fast.
//!
//! The body is the input and the answer is the output, byte for byte; nothing of either is parsed
//! into a tree. The wait is bounded by the function's own timeout and the queue, not by the
//! router's request timeout. A caller who goes away does not stop the execution; with an
//! `Idempotency-Key` the same call gives its result later.

use std::fmt::{Display, Write as _};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::BytesMut;
use faas_api as wire;
use faas_core::access::Permission::Invoke;
use faas_core::model::{Execution, Failure, FailureKind, Json, Status};
use faas_core::platform::CallOptions;
use utoipa_axum::routes;

use crate::Api;
use crate::answer;
use crate::audit::caller;
use crate::body;
use crate::envelope;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::openapi::errors;
use crate::routing::{Needs, Routes};

static EXECUTION_ID: HeaderName = HeaderName::from_static("x-execution-id");
static EXECUTION_DURATION: HeaderName = HeaderName::from_static("x-execution-duration");
static EXECUTION_COST: HeaderName = HeaderName::from_static("x-execution-cost");
static COLD_START: HeaderName = HeaderName::from_static("x-cold-start");
static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
static IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The headers that browsers of other origins may read.
pub(crate) fn exposed_headers() -> [HeaderName; 5] {
    [
        EXECUTION_ID.clone(),
        EXECUTION_DURATION.clone(),
        EXECUTION_COST.clone(),
        COLD_START.clone(),
        IDEMPOTENT_REPLAYED.clone(),
    ]
}

/// The headers that pages of other origins may send.
pub(crate) fn accepted_headers() -> [HeaderName; 1] {
    [IDEMPOTENCY_KEY.clone()]
}

pub(crate) fn routes() -> Routes {
    Routes::default().add(Needs::Key(Invoke), routes!(invoke))
}

#[utoipa::path(post, path = "/api/functions/{id}/invoke", tag = "Functions", operation_id = "invokeFunction",
    summary = "Calls a function and waits for its result. One attempt, unless `retry` is true.",
    request_body(content = Option<serde_json::Value>, description = "The input: any JSON; empty: `{}`."),
    params(
        ("id" = wire::FunctionKey, Path, description = "The function."),
        ("alias" = Option<String>, Query, description = "The alias whose version runs. Default: `live`."),
        ("retry" = Option<bool>, Query, description = "Whether failures are retried as configured. Default: false."),
        ("priority" = Option<i8>, Query, description = "Calls of higher priority start before others of the same function that wait. Default: 0.", minimum = -100, maximum = 100),
        ("concurrencyKey" = Option<String>, Query, description = "Of the executions of the function with the same key, only `config.concurrencyPerKey` run at a time on each server. 1 to 255 bytes."),
        ("singletonKey" = Option<String>, Query, description = "While an execution of the function with this key has not ended, no other with the key is accepted: the answer is about the first one, with `Idempotent-Replayed: true`. 1 to 255 bytes."),
        ("Idempotency-Key" = Option<String>, Header, nullable = false, description = "The same key, function and input within 24 hours return the first execution, with `Idempotent-Replayed: true`. 1 to 255 visible ASCII characters.")
    ),
    responses(
        (status = 200, description = "The result of the function.", body = serde_json::Value, headers(
            ("X-Execution-Id" = wire::ExecutionKey), ("X-Execution-Duration" = wire::Millis),
            ("X-Execution-Cost" = wire::Dollars), ("X-Cold-Start" = bool))),
        (status = 202, description = "The first call with the same `Idempotency-Key` has not ended yet.", body = wire::Accepted),
        errors::InvalidOrInactive,
        errors::NoAlias,
        (status = 409, description = "`cancelled`", body = wire::InvocationError),
        errors::TooLarge,
        errors::KeyReused,
        errors::Overloaded,
        (status = 500, description = "`result_not_stored`: the function ran, and its result could not be stored.", body = wire::ErrorBody),
        (status = 502, description = "`function_error`, `out_of_memory` or `stack_overflow`.", body = wire::InvocationError),
        (status = 503, description = "`platform_error`, `unavailable`: try again later.", body = wire::ErrorBody),
        (status = 504, description = "`timeout`: the function ran longer than its timeout.", body = wire::InvocationError)
    )
)]
async fn invoke(
    State(api): State<Api>,
    id: PathId,
    request: Request,
) -> Result<Response, ApiError> {
    let function = id.function()?;
    let (parts, stream) = request.into_parts();
    let options = call_options(&parts)?;
    let input = read_input(&api, &parts.headers, stream).await?;
    let invoked = api.platform.call(function, input, options).await?;
    let mut response = respond(&invoked.execution)?;
    if invoked.replayed {
        mark_replayed(response.headers_mut());
    }
    Ok(response)
}

/// Says that the answer is about an execution that was accepted earlier, with the same key.
pub(super) fn mark_replayed(headers: &mut HeaderMap) {
    headers.insert(
        IDEMPOTENT_REPLAYED.clone(),
        HeaderValue::from_static("true"),
    );
}

/// What the query and the headers say about how to call.
fn call_options(parts: &Parts) -> Result<CallOptions, ApiError> {
    let mut options = CallOptions::default();
    if parts.uri.query().is_some() {
        let params = Params::of(&parts.uri)?;
        options.alias = params.text("alias")?.map(str::to_owned);
        options.queueing = params.queueing()?;
        options.retry = params.choice("retry", &[("true", true), ("false", false)])?;
    }
    options.idempotency_key = idempotency_key(&parts.headers)?.map(str::to_owned);
    options.caller = caller(&parts.extensions);
    Ok(options)
}

/// The idempotency key of the request.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let mut keys = headers.get_all(&IDEMPOTENCY_KEY).iter();
    let Some(key) = keys.next() else {
        return Ok(None);
    };
    match key.to_str() {
        Ok(text) if is_key(key.as_bytes()) && keys.next().is_none() => Ok(Some(text)),
        _ => Err(ApiError::invalid(invalid_key("Idempotency-Key"))),
    }
}

/// The longest idempotency key.
const MAX_KEY: usize = 255;

/// Whether these bytes can be an idempotency key.
pub(super) fn is_key(bytes: &[u8]) -> bool {
    (1..=MAX_KEY).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
}

/// What is wrong with an idempotency key that is called `name`.
pub(super) fn invalid_key(name: &str) -> String {
    format!("{name} must be one of 1 to {MAX_KEY} visible ASCII characters")
}

async fn read_input(api: &Api, headers: &HeaderMap, stream: Body) -> Result<Json, ApiError> {
    let read = body::read(headers, stream, api.options.max_body);
    let bytes = tokio::time::timeout(api.options.request_timeout, read)
        .await
        .map_err(|_elapsed| ApiError::body_too_slow())??;
    if bytes.is_empty() {
        return Ok(Json::empty_object());
    }
    envelope::json(bytes)
}

fn respond(execution: &Execution) -> Result<Response, ApiError> {
    let mut response = match (execution.status, &execution.failure) {
        (Status::Completed, _) => {
            let output = execution.output.as_ref();
            let bytes = output.map_or(Bytes::from_static(b"null"), |json| json.bytes().clone());
            answer::json_bytes(StatusCode::OK, bytes)
        }
        (Status::Failed, Some(failure)) => refuse(execution, failure)?,
        // The same idempotency key was used by a call that has not ended yet.
        _ => answer::json(
            StatusCode::ACCEPTED,
            &wire::Accepted::new(
                execution.id,
                execution.status,
                "Function execution has not ended yet",
            ),
        )?,
    };
    describe(execution, response.headers_mut());
    Ok(response)
}

/// The function's failure as an error.
fn refuse(execution: &Execution, failure: &Failure) -> Result<Response, ApiError> {
    let (status, code) = match failure.kind {
        FailureKind::UserError => (StatusCode::BAD_GATEWAY, "function_error"),
        FailureKind::OutOfMemory => (StatusCode::BAD_GATEWAY, "out_of_memory"),
        FailureKind::StackOverflow => (StatusCode::BAD_GATEWAY, "stack_overflow"),
        FailureKind::Timeout => (StatusCode::GATEWAY_TIMEOUT, "timeout"),
        FailureKind::Cancelled => (StatusCode::CONFLICT, "cancelled"),
        FailureKind::Platform => (StatusCode::SERVICE_UNAVAILABLE, "platform_error"),
    };
    answer::json(
        status,
        &wire::InvocationError::new(
            execution.id,
            code,
            &failure.message,
            failure.stack.as_deref(),
        ),
    )
}

/// What the execution was, in headers. Their values share one allocation.
fn describe(execution: &Execution, headers: &mut HeaderMap) {
    let mut text = BytesMut::with_capacity(96);
    let mut set = |name: &HeaderName, value: &dyn Display| {
        if write!(text, "{value}").is_ok()
            && let Ok(value) = HeaderValue::from_maybe_shared(text.split().freeze())
        {
            headers.insert(name.clone(), value);
        }
    };
    set(&EXECUTION_ID, &execution.id);
    set(&EXECUTION_DURATION, &wire::Millis(execution.duration));
    set(&EXECUTION_COST, &wire::Dollars(execution.cost.total()));
    let cold = if execution.cold_start {
        "true"
    } else {
        "false"
    };
    headers.insert(COLD_START.clone(), HeaderValue::from_static(cold));
}
