//! Whether the process lives and whether it can serve.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use faas_core::Error;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::Api;
use crate::error::ApiError;
use crate::routing::{Needs, Routes};
use crate::wire;

/// Whether it lives, or can serve.
#[derive(Serialize, ToSchema)]
struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<&'static str>,
}

pub(crate) fn routes() -> Routes {
    Routes::default()
        .add(Needs::Nothing, routes!(alive))
        .add(Needs::Nothing, routes!(ready))
}

#[utoipa::path(get, path = "/healthz", tag = "Server", operation_id = "getHealth",
    summary = "Whether the process lives.",
    responses(
        (status = 200, description = "It does.", body = Health)
    )
)]
async fn alive() -> Result<Response, ApiError> {
    let health = Health {
        status: "ok",
        reason: None,
    };
    wire::json(StatusCode::OK, &health)
}

/// 503 while the store cannot be written to or the scaling policy fails. The exact reason is only in
/// the log, because anybody may ask.
#[utoipa::path(get, path = "/readyz", tag = "Server", operation_id = "getReadiness",
    summary = "Whether it can serve: the store accepts writes, calls can be run, the scaling policy works, and it does not shut down.",
    responses(
        (status = 200, description = "It can.", body = Health),
        (status = 503, description = "It cannot, and why.", body = Health)
    )
)]
async fn ready(State(api): State<Api>) -> Result<Response, ApiError> {
    match api.platform.ready().await {
        Ok(()) => {
            let health = Health {
                status: "ready",
                reason: None,
            };
            wire::json(StatusCode::OK, &health)
        }
        Err(error) => {
            tracing::debug!(%error, "not ready");
            let reason = match error {
                Error::Unavailable(_) => {
                    "unavailable: the store accepts no writes, no process can be made for a call, \
                     the scaling policy fails, or the platform is shutting down"
                }
                _ => "the store cannot be used",
            };
            let health = Health {
                status: "not ready",
                reason: Some(reason),
            };
            wire::json(StatusCode::SERVICE_UNAVAILABLE, &health)
        }
    }
}
