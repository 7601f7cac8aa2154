//! The JSON shapes: what a member is called and how its value is written is known here and nowhere
//! else. Shapes borrow from the model and are written straight to bytes, without a tree between.

mod access;
mod cost;
mod execution;
mod function;
mod load_test;
mod metrics;
pub(crate) mod number;
pub(crate) mod price;

use std::fmt::Display;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use faas_core::model::{
    AuditId, ExecutionId, FunctionId, KeyId, LoadTestId, ScalingEventId, Timestamp,
};
use serde::{Serialize, Serializer};

pub(crate) use access::{AuditBody, AuditPage, KeyBody, SessionBody};
pub(crate) use cost::{Breakdown, Data, FunctionCostBody, SpanId, SystemCostBody, Trend, Trends};
pub(crate) use execution::{
    Accepted, ExecutionBody, ExecutionPage, FunctionRef, NamedExecutions, PlainExecution, Retried,
};
pub(crate) use function::{FunctionBody, FunctionSummaryBody, Message, SampleBody};
pub(crate) use load_test::{LoadEstimateBody, LoadTestBody};
pub(crate) use metrics::{HistoryRow, OverviewBody, ScalingBody};
pub(crate) use number::{Dollars, Millis};
pub(crate) use price::{EstimateBody, Pricing};

use crate::error::ApiError;

/// What is written as the text that it displays: ids, moments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<T>(pub(crate) T);

/// A moment: RFC 3339 in UTC with milliseconds.
pub(crate) type Moment = Text<Timestamp>;
/// A function's id.
pub(crate) type FunctionKey = Text<FunctionId>;
/// An execution's id.
pub(crate) type ExecutionKey = Text<ExecutionId>;
/// A scaling event's id.
pub(crate) type ScalingEventKey = Text<ScalingEventId>;
/// An API key's id.
pub(crate) type ApiKeyKey = Text<KeyId>;
/// An audit entry's id.
pub(crate) type AuditKey = Text<AuditId>;
/// A load test's id.
pub(crate) type LoadTestKey = Text<LoadTestId>;

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// An answer with `body` as JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, ApiError> {
    let bytes = serde_json::to_vec(body)
        .map_err(|error| ApiError::internal(format!("cannot write the answer: {error}")))?;
    Ok(json_bytes(status, bytes))
}

/// An answer whose body is JSON already.
pub(crate) fn json_bytes(status: StatusCode, bytes: impl Into<Body>) -> Response {
    let mut response = Response::new(bytes.into());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
