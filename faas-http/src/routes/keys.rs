//! Creating, listing and revoking API keys.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use faas_api as wire;
use faas_core::access::Access;
use faas_core::access::Permission::Administer;
use utoipa_axum::routes;

use crate::Api;
use crate::answer;
use crate::audit::actor;
use crate::envelope::Envelope;
use crate::error::ApiError;
use crate::extract::PathId;
use crate::openapi::errors;
use crate::routing::{Needs, Routes};

/// The largest body, in bytes: more than a key needs.
const MAX_BODY: usize = 16 << 10;

pub(crate) fn routes() -> Routes {
    Routes::default()
        .add(Needs::Key(Administer), routes!(list, create))
        .add(Needs::Key(Administer), routes!(revoke))
}

#[utoipa::path(get, path = "/api/keys", tag = "Access", operation_id = "listKeys",
    summary = "All API keys, including revoked ones, newest first.",
    responses(
        (status = 200, description = "The keys.", body = Vec<wire::Key>),
        errors::NoKeys
    )
)]
async fn list(State(api): State<Api>) -> Result<Response, ApiError> {
    let keys = access(&api)?.keys().list().await?;
    let bodies: Vec<_> = keys.iter().map(wire::Key::from).collect();
    answer::json(StatusCode::OK, &bodies)
}

#[utoipa::path(post, path = "/api/keys", tag = "Access", operation_id = "createKey",
    summary = "Creates an API key. Once there is a key, every request needs one.",
    request_body = wire::NewKey,
    responses(
        (status = 201, description = "The key with its text, which no later answer contains.", body = wire::Key),
        errors::Invalid,
        errors::NoKeys,
        errors::Conflict,
        errors::TooLarge
    )
)]
async fn create(State(api): State<Api>, request: Request) -> Result<Response, ApiError> {
    let access = access(&api)?;
    let (parts, stream) = request.into_parts();
    let envelope = Envelope::require(&parts.headers, stream, MAX_BODY).await?;
    let new: wire::NewKey = envelope.read()?;
    let by = actor(&parts.extensions);
    let (key, text) = access.keys().create(new.into(), &by).await?;
    access.refresh().await?;
    answer::json(StatusCode::CREATED, &wire::Key::from(&key).with(&text))
}

#[utoipa::path(delete, path = "/api/keys/{id}", tag = "Access", operation_id = "revokeKey",
    summary = "Revokes an API key permanently. It stays in the list.",
    params(
        ("id" = wire::ApiKeyKey, Path, description = "The key.")
    ),
    responses(
        (status = 200, description = "The key as it is now.", body = wire::Key),
        errors::NoKey,
        errors::Conflict
    )
)]
async fn revoke(
    State(api): State<Api>,
    id: PathId,
    request: Request,
) -> Result<Response, ApiError> {
    let access = access(&api)?;
    let by = actor(request.extensions());
    let key = access.keys().revoke(id.key()?, &by).await?;
    access.refresh().await?;
    answer::json(StatusCode::OK, &wire::Key::from(&key))
}

/// The keys and the audit log; without access control there are none.
pub(super) fn access(api: &Api) -> Result<&Access, ApiError> {
    api.options.access.as_ref().ok_or_else(|| {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "this server has no keys: its host controls access",
        )
    })
}
