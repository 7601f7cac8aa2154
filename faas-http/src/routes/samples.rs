//! Functions to begin with.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use faas_core::samples::samples;

use crate::error::ApiError;
use crate::wire::{self, SampleBody};
use crate::{Api, routing};

pub(crate) fn routes() -> Router<Api> {
    routing::both(Router::new(), "/api/samples", get(list))
}

async fn list() -> Result<Response, ApiError> {
    let bodies: Vec<_> = samples().iter().map(SampleBody::from).collect();
    wire::json(StatusCode::OK, &bodies)
}
