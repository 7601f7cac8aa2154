//! Who asks, and whether a key is required.

use axum::Extension;
use axum::http::StatusCode;
use axum::response::Response;
use faas_core::access::Caller;
use faas_core::access::Permission::Identify;
use utoipa_axum::routes;

use crate::error::ApiError;
use crate::routing::{Needs, Routes};
use crate::wire::{self, SessionBody};

pub(crate) fn routes() -> Routes {
    Routes::default().add(Needs::Key(Identify), routes!(session))
}

#[utoipa::path(get, path = "/api/session", tag = "Access", operation_id = "getSession",
    summary = "Whether keys are in use, and whose key this is.",
    responses(
        (status = 200, description = "Who asks.", body = SessionBody)
    )
)]
async fn session(caller: Option<Extension<Caller>>) -> Result<Response, ApiError> {
    let key = match &caller {
        Some(Extension(Caller::Key(key))) => Some(&**key),
        Some(Extension(Caller::Local)) | None => None,
    };
    wire::json(StatusCode::OK, &SessionBody::from(key))
}
