//! The state of the platform and its history.

use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use faas_api as wire;
use faas_core::access::Permission::Read;
use utoipa_axum::routes;

use crate::Api;
use crate::answer;
use crate::error::ApiError;
use crate::extract::Params;
use crate::openapi::errors;
use crate::routing::{Needs, Routes};

/// The longest history: a year.
const MAX_HOURS: u32 = 8_760;
const DEFAULT_HOURS: u32 = 24;
/// How many scaling events a history has at most: the newest.
const MAX_EVENTS: usize = 10_000;

pub(crate) fn routes() -> Routes {
    Routes::default()
        .add(Needs::Key(Read), routes!(overview))
        .add(Needs::Key(Read), routes!(executions))
        .add(Needs::Key(Read), routes!(scaling))
        .add(Needs::Key(Read), routes!(scaling_alias))
}

#[utoipa::path(get, path = "/api/metrics", tag = "Metrics", operation_id = "getMetrics",
    summary = "The state of the platform.",
    responses(
        (status = 200, description = "Counts, times and capacity.", body = wire::Overview)
    )
)]
async fn overview(State(api): State<Api>) -> Result<Response, ApiError> {
    let state = api.platform.overview().await?;
    answer::json(StatusCode::OK, &wire::Overview::from(&state))
}

#[utoipa::path(get, path = "/api/metrics/executions/history", tag = "Metrics", operation_id = "getExecutionHistory",
    summary = "Executions by the hour of their acceptance, in time order; hours without any are left out.",
    params(
        ("hours" = Option<u32>, Query, description = "How far back. Default: 24.", minimum = 1, maximum = 8760)
    ),
    responses(
        (status = 200, description = "A row for each hour.", body = Vec<wire::HistoryRow>),
        errors::Invalid
    )
)]
async fn executions(State(api): State<Api>, uri: Uri) -> Result<Response, ApiError> {
    let rows = api.platform.execution_history(hours(&uri)?).await?;
    let bodies: Vec<_> = rows.iter().map(wire::HistoryRow::from).collect();
    answer::json(StatusCode::OK, &bodies)
}

#[utoipa::path(get, path = "/api/metrics/scaling/history", tag = "Metrics", operation_id = "getScalingHistory",
    summary = "Changes of capacity, newest first.",
    params(
        ("hours" = Option<u32>, Query, description = "How far back. Default: 24.", minimum = 1, maximum = 8760)
    ),
    responses(
        (status = 200, description = "The changes.", body = Vec<wire::ScalingEvent>),
        errors::Invalid
    )
)]
async fn scaling(State(api): State<Api>, uri: Uri) -> Result<Response, ApiError> {
    let span = Duration::from_secs(u64::from(hours(&uri)?) * 3600);
    let since = api.platform.now() - span;
    let events = api.platform.scaling_history(since, MAX_EVENTS).await?;
    let bodies: Vec<_> = events.iter().map(wire::ScalingEvent::from).collect();
    answer::json(StatusCode::OK, &bodies)
}

#[utoipa::path(get, path = "/api/metrics/scaling-history", tag = "Metrics", operation_id = "getScalingHistoryAlias",
    summary = "The same as `/api/metrics/scaling/history`.",
    params(
        ("hours" = Option<u32>, Query, description = "How far back. Default: 24.", minimum = 1, maximum = 8760)
    ),
    responses(
        (status = 200, description = "The changes.", body = Vec<wire::ScalingEvent>),
        errors::Invalid
    )
)]
async fn scaling_alias(api: State<Api>, uri: Uri) -> Result<Response, ApiError> {
    scaling(api, uri).await
}

fn hours(uri: &Uri) -> Result<u32, ApiError> {
    Params::of(uri)?.number("hours", 1..=MAX_HOURS, DEFAULT_HOURS)
}
