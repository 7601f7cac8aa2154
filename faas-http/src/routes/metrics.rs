//! What the platform does and did.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use faas_core::store::UsageKey;

use crate::error::ApiError;
use crate::extract::Params;
use crate::wire::{self, HistoryRow, OverviewBody, ScalingBody};
use crate::{Api, routing};

/// The longest history: a year.
const MAX_HOURS: u32 = 8_760;
const DEFAULT_HOURS: u32 = 24;
/// How many scaling events a history has at most: the newest.
const MAX_EVENTS: usize = 10_000;

pub(crate) fn routes() -> Router<Api> {
    let router = Router::new();
    let router = routing::both(router, "/api/metrics", get(overview));
    let router = routing::both(router, "/api/metrics/executions/history", get(executions));
    let router = routing::both(router, "/api/metrics/scaling/history", get(scaling));
    routing::both(router, "/api/metrics/scaling-history", get(scaling))
}

async fn overview(State(api): State<Api>) -> Result<Response, ApiError> {
    let state = api.platform.overview().await?;
    wire::json(StatusCode::OK, &OverviewBody::from(&state))
}

async fn executions(State(api): State<Api>, uri: Uri) -> Result<Response, ApiError> {
    let rows = api.platform.execution_history(hours(&uri)?).await?;
    let bodies: Vec<_> = rows
        .iter()
        .filter_map(|row| match row.key {
            UsageKey::Time(start) => Some(HistoryRow::new(start, &row.sums)),
            UsageKey::Function(_) => None,
        })
        .collect();
    wire::json(StatusCode::OK, &bodies)
}

async fn scaling(State(api): State<Api>, uri: Uri) -> Result<Response, ApiError> {
    let span = Duration::from_secs(u64::from(hours(&uri)?) * 3600);
    let since = api.platform.now() - span;
    let events = api.platform.scaling_history(since, MAX_EVENTS).await?;
    let bodies: Vec<_> = events.iter().map(ScalingBody::from).collect();
    wire::json(StatusCode::OK, &bodies)
}

fn hours(uri: &Uri) -> Result<u32, ApiError> {
    Params::of(uri)?.number("hours", 1..=MAX_HOURS, DEFAULT_HOURS)
}
