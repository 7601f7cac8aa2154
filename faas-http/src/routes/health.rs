//! Liveness and readiness.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use faas_api as wire;
use faas_core::Error;
use utoipa_axum::routes;

use crate::Api;
use crate::answer;
use crate::error::ApiError;
use crate::routing::{Needs, Routes};

pub(crate) fn routes() -> Routes {
    Routes::default()
        .add(Needs::Nothing, routes!(alive))
        .add(Needs::Nothing, routes!(ready))
}

#[utoipa::path(get, path = "/healthz", tag = "Server", operation_id = "getHealth",
    summary = "Whether the process is alive.",
    responses(
        (status = 200, description = "It is.", body = wire::Health)
    )
)]
async fn alive() -> Result<Response, ApiError> {
    let health = wire::Health::new("ok", None);
    answer::json(StatusCode::OK, &health)
}

/// 503 while the store cannot be written to or the scaling policy fails. The log has the details: this
/// route needs no key.
#[utoipa::path(get, path = "/readyz", tag = "Server", operation_id = "getReadiness",
    summary = "Whether the server can serve: the store accepts writes, calls can be run, the scaling policy works, and the platform is not shutting down.",
    responses(
        (status = 200, description = "It can.", body = wire::Health),
        (status = 503, description = "It cannot, with the reason.", body = wire::Health)
    )
)]
async fn ready(State(api): State<Api>) -> Result<Response, ApiError> {
    match api.platform.ready().await {
        Ok(()) => {
            let health = wire::Health::new("ready", None);
            answer::json(StatusCode::OK, &health)
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
            let health = wire::Health::new("not ready", Some(reason));
            answer::json(StatusCode::SERVICE_UNAVAILABLE, &health)
        }
    }
}
