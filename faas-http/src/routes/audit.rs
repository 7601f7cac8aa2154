//! The audit log.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use faas_api as wire;
use faas_core::access::Permission::Administer;
use faas_core::store::AuditQuery;
use utoipa_axum::routes;

use super::{DEFAULT_LIST, MAX_LIST, keys};
use crate::Api;
use crate::answer;
use crate::error::ApiError;
use crate::extract::Params;
use crate::openapi::errors;
use crate::routing::{Needs, Routes};

pub(crate) fn routes() -> Routes {
    Routes::default().add(Needs::Key(Administer), routes!(list))
}

#[utoipa::path(get, path = "/api/audit", tag = "Access", operation_id = "listAudit",
    summary = "The audit log, newest first, page by page.",
    params(
        ("limit" = Option<u32>, Query, description = "The most to return. Default: 50. A larger number counts as 1000.", minimum = 1, maximum = 1000),
        ("cursor" = Option<wire::AuditKey>, Query, description = "The `nextCursor` of the previous page.")
    ),
    responses(
        (status = 200, description = "A page.", body = wire::AuditPage),
        errors::Invalid,
        errors::NoKeys
    )
)]
async fn list(State(api): State<Api>, uri: Uri) -> Result<Response, ApiError> {
    let params = Params::of(&uri)?;
    let limit = params.number("limit", 1..=MAX_LIST, DEFAULT_LIST)? as usize;
    let cursor = params.text("cursor")?.map(str::parse).transpose();
    let before = cursor.map_err(|_| {
        ApiError::invalid("invalid cursor: expected the nextCursor of the previous page")
    })?;
    let query = AuditQuery {
        before,
        // One more tells whether there is a next page.
        limit: limit + 1,
    };
    let found = keys::access(&api)?.keys().audit(&query).await?;
    let page = found.get(..limit).unwrap_or(&found);
    let more = found.len() > limit;
    answer::json(
        StatusCode::OK,
        &wire::AuditPage::new(
            page.iter().map(wire::AuditEntry::from).collect(),
            page.last().filter(|_| more).map(|last| last.id.into()),
        ),
    )
}
