//! Versions of functions and the aliases for them.

use std::time::Duration;

use axum::extract::{RawPathParams, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use faas_api as wire;
use faas_core::access::Permission::{Develop, Read};
use faas_core::model::{AuditAction, Function};
use faas_core::platform::AliasUpdate;
use utoipa_axum::routes;

use crate::Api;
use crate::answer;
use crate::audit::actor;
use crate::envelope::Envelope;
use crate::error::ApiError;
use crate::extract::{PathId, parameter};
use crate::openapi::errors;
use crate::routing::{Needs, Routes};

/// Of which executions the statistics of versions are.
const STATISTICS: Duration = Duration::from_secs(24 * 3600);

pub(crate) fn routes() -> Routes {
    Routes::default()
        .add(Needs::Key(Read), routes!(list))
        .add(Needs::Key(Read), routes!(read))
        .add(Needs::Key(Develop), routes!(set_alias, delete_alias))
}

#[utoipa::path(get, path = "/api/functions/{id}/versions", tag = "Functions", operation_id = "listVersions",
    summary = "The stored versions of a function, newest first, with how each does, and its aliases. The newest 32 replaced versions are kept, up to 32 MiB of code, and those that an alias or an unfinished execution needs.",
    params(
        ("id" = wire::FunctionKey, Path, description = "The function.")
    ),
    responses(
        (status = 200, description = "The versions without their code, with statistics of the last 24 hours.", body = wire::Versions),
        errors::NoFunction
    )
)]
async fn list(State(api): State<Api>, id: PathId) -> Result<Response, ApiError> {
    let (functions, id) = (api.platform.functions(), id.function()?);
    let versions = functions.versions(id).await?;
    let stats = functions.version_stats(id, STATISTICS).await?;
    let aliases = versions.first().map(|newest| newest.aliases.clone());
    let aliases = aliases.unwrap_or_default();
    let versions = versions.iter();
    let versions = versions.map(|one| wire::Version::new(one, stats.get(&one.version)));
    answer::json(
        StatusCode::OK,
        &wire::Versions::new(versions.collect(), &aliases),
    )
}

#[utoipa::path(get, path = "/api/functions/{id}/versions/{version}", tag = "Functions", operation_id = "getVersion",
    summary = "A function as it was at a version. A replaced version has no aliases.",
    params(
        ("id" = wire::FunctionKey, Path, description = "The function."),
        ("version" = u32, Path, description = "The version.")
    ),
    responses(
        (status = 200, description = "The function.", body = wire::Function),
        errors::NoVersion
    )
)]
async fn read(
    State(api): State<Api>,
    id: PathId,
    path: RawPathParams,
) -> Result<Response, ApiError> {
    let id = id.function()?;
    let version = parameter(&path, "version")?.parse();
    // No version has the number 0.
    let functions = api.platform.functions();
    function(&functions.version(id, version.unwrap_or(0)).await?)
}

#[utoipa::path(put, path = "/api/functions/{id}/aliases/{alias}", tag = "Functions", operation_id = "setAlias",
    summary = "Sets an alias, or moves it. `live` says which version calls run that name no alias: moving it back is a rollback. Other servers with the same store follow within a second.",
    request_body = wire::AliasChange,
    params(
        ("id" = wire::FunctionKey, Path, description = "The function."),
        ("alias" = String, Path, description = "The name of the alias: `live`, or 1 to 64 ASCII letters, digits, `_` or `-`.")
    ),
    responses(
        (status = 200, description = "The function, with its aliases.", body = wire::Function),
        errors::Invalid,
        errors::NoVersion,
        errors::Conflict,
        errors::TooLarge
    )
)]
async fn set_alias(
    State(api): State<Api>,
    id: PathId,
    path: RawPathParams,
    request: Request,
) -> Result<Response, ApiError> {
    let (id, by) = (id.function()?, actor(request.extensions()));
    let (parts, stream) = request.into_parts();
    let limit = api.options.max_envelope();
    let envelope = Envelope::require(&parts.headers, stream, limit).await?;
    let change: wire::AliasChange = envelope.read()?;
    let update: AliasUpdate = change
        .try_into()
        .map_err(|fault: String| ApiError::invalid(fault))?;
    let alias = parameter(&path, "alias")?;
    let changed = api
        .platform
        .functions()
        .set_alias(id, alias, update)
        .await?;
    api.note(&by, AuditAction::AliasMoved, id).await;
    function(&changed)
}

#[utoipa::path(delete, path = "/api/functions/{id}/aliases/{alias}", tag = "Functions", operation_id = "deleteAlias",
    summary = "Deletes an alias. Without `live`, calls run the newest version.",
    params(
        ("id" = wire::FunctionKey, Path, description = "The function."),
        ("alias" = String, Path, description = "The name of the alias.")
    ),
    responses(
        (status = 200, description = "The function, with its aliases.", body = wire::Function),
        errors::NoAlias,
        errors::Conflict
    )
)]
async fn delete_alias(
    State(api): State<Api>,
    id: PathId,
    path: RawPathParams,
    request: Request,
) -> Result<Response, ApiError> {
    let (id, by) = (id.function()?, actor(request.extensions()));
    let alias = parameter(&path, "alias")?;
    let changed = api.platform.functions().delete_alias(id, alias).await?;
    api.note(&by, AuditAction::AliasDeleted, id).await;
    function(&changed)
}

fn function(function: &Function) -> Result<Response, ApiError> {
    answer::json(StatusCode::OK, &wire::Function::from(function))
}
