//! Making, listing and revoking API keys.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use faas_core::access::Permission::Administer;
use faas_core::access::{Access, NewKey};
use faas_core::model::{Role, Timestamp};
use utoipa_axum::routes;

use super::invoke;
use crate::Api;
use crate::audit::actor;
use crate::body;
use crate::error::ApiError;
use crate::extract::{Members, PathId, shorten};
use crate::openapi::{errors, requests};
use crate::routing::{Needs, Routes};
use crate::wire::{self, ApiKeyKey, KeyBody};

/// More than a key needs, in bytes.
const MAX_BODY: usize = 16 << 10;

pub(crate) fn routes() -> Routes {
    Routes::default()
        .add(Needs::Key(Administer), routes!(list, create))
        .add(Needs::Key(Administer), routes!(revoke))
}

#[utoipa::path(get, path = "/api/keys", tag = "Access", operation_id = "listKeys",
    summary = "All API keys, revoked ones too, newest first.",
    responses(
        (status = 200, description = "The keys.", body = Vec<KeyBody>),
        errors::NoKeys
    )
)]
async fn list(State(api): State<Api>) -> Result<Response, ApiError> {
    let keys = access(&api)?.keys().list().await?;
    let bodies: Vec<_> = keys.iter().map(KeyBody::from).collect();
    wire::json(StatusCode::OK, &bodies)
}

#[utoipa::path(post, path = "/api/keys", tag = "Access", operation_id = "createKey",
    summary = "Makes an API key. From the first one on, a key is required everywhere.",
    request_body = requests::NewKey,
    responses(
        (status = 201, description = "The key, with its text, which is told this once.", body = KeyBody),
        errors::Invalid,
        errors::NoKeys,
        errors::Conflict,
        errors::TooLarge
    )
)]
async fn create(State(api): State<Api>, request: Request) -> Result<Response, ApiError> {
    let access = access(&api)?;
    let (parts, stream) = request.into_parts();
    let asked = invoke::parse(body::read(&parts.headers, stream, MAX_BODY).await?)?;
    let new = read(&Members::of(&asked)?)?;
    let (key, text) = access.keys().create(new, &actor(&parts.extensions)).await?;
    access.refresh().await?;
    wire::json(StatusCode::CREATED, &KeyBody::from(&key).with(&text))
}

#[utoipa::path(delete, path = "/api/keys/{id}", tag = "Access", operation_id = "revokeKey",
    summary = "Revokes an API key for good. It stays in the list.",
    params(
        ("id" = ApiKeyKey, Path, description = "The key.")
    ),
    responses(
        (status = 200, description = "The key as it is now.", body = KeyBody),
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
    wire::json(StatusCode::OK, &KeyBody::from(&key))
}

/// The keys and the audit log; without access control there are none.
pub(super) fn access(api: &Api) -> Result<&Access, ApiError> {
    api.options.access.as_ref().ok_or_else(|| {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "there are no keys here: this server leaves access control to its host",
        )
    })
}

fn read(members: &Members<'_>) -> Result<NewKey, ApiError> {
    members.only(&["name", "role", "expiresAt"])?;
    let required = |name| {
        members.string(name)?.ok_or_else(|| {
            ApiError::invalid(format!("{name} is missing: name and role are required"))
        })
    };
    let (name, role) = (required("name")?, required("role")?);
    let role = Role::named(&role).ok_or_else(|| {
        let known = Role::ALL.map(Role::as_str).join(", ");
        ApiError::invalid(format!(
            "role is {:?}: expected one of {known}",
            shorten(&role)
        ))
    })?;
    let never = members
        .raw("expiresAt")
        .is_none_or(|raw| raw.get() == "null");
    let expires_at = if never {
        None
    } else {
        let text = members.string("expiresAt")?.unwrap_or_default();
        let moment = Timestamp::parse_rfc3339(&text);
        Some(moment.ok_or_else(|| {
            ApiError::invalid(format!(
                "expiresAt is {:?}: expected an RFC 3339 moment such as 2026-01-31T14:00:00Z",
                shorten(&text)
            ))
        })?)
    };
    Ok(NewKey {
        name,
        role,
        expires_at,
    })
}
