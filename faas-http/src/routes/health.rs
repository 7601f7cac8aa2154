//! Whether the process lives and whether it can serve.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;

use crate::Api;
use crate::error::ApiError;
use crate::wire;

#[derive(Serialize)]
struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
}

async fn alive() -> Result<Response, ApiError> {
    let health = Health {
        status: "ok",
        reason: None,
    };
    wire::json(StatusCode::OK, &health)
}

/// 503 with the reason while the store cannot be written to. The reason is for operators, as all of
/// this route is.
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
            let health = Health {
                status: "not ready",
                reason: Some(error.to_string()),
            };
            wire::json(StatusCode::SERVICE_UNAVAILABLE, &health)
        }
    }
}
