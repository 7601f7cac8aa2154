//! The sample functions.

use axum::http::StatusCode;
use axum::response::Response;
use faas_api as wire;
use faas_core::access::Permission::Read;
use faas_core::samples::samples;
use utoipa_axum::routes;

use crate::answer;
use crate::error::ApiError;
use crate::routing::{Needs, Routes};

pub(crate) fn routes() -> Routes {
    Routes::default().add(Needs::Key(Read), routes!(list))
}

#[utoipa::path(get, path = "/api/samples", tag = "Functions", operation_id = "listSamples",
    summary = "Sample functions.",
    responses(
        (status = 200, description = "The samples.", body = Vec<wire::Sample>)
    )
)]
async fn list() -> Result<Response, ApiError> {
    let bodies: Vec<_> = samples().iter().map(wire::Sample::from).collect();
    answer::json(StatusCode::OK, &bodies)
}
