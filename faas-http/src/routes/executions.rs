//! Reading, cancelling and repeating executions.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use faas_core::model::{Json, Status};
use faas_core::store::ExecutionQuery;

use super::{DEFAULT_LIST, MAX_LIST};
use crate::error::ApiError;
use crate::extract::{Members, Params, PathId};
use crate::wire::{self, ExecutionBody, ExecutionPage, Retried, Text};
use crate::{Api, dates, routing};

pub(crate) fn routes() -> Router<Api> {
    let router = Router::new();
    let router = routing::both(router, "/api/executions", get(list));
    let router = routing::both(router, "/api/executions/{id}", get(read));
    let router = routing::both(router, "/api/executions/{id}/cancel", post(cancel));
    routing::both(router, "/api/executions/{id}/retry", post(retry))
}

async fn read(State(api): State<Api>, id: PathId) -> Result<Response, ApiError> {
    let execution = api.platform.executions().get(id.execution()?).await?;
    wire::json(StatusCode::OK, &ExecutionBody::from(&*execution))
}

async fn list(State(api): State<Api>, uri: Uri) -> Result<Response, ApiError> {
    let params = Params::of(&uri)?;
    let limit = params.number("limit", 1..=MAX_LIST, DEFAULT_LIST)? as usize;
    let before = match params.text("cursor")? {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            ApiError::invalid("cursor is not one: expected the nextCursor of the page before")
        })?),
    };
    let query = ExecutionQuery {
        function: params.function("functionId")?,
        status: status(&params)?,
        period: dates::between(&params, "from", "to")?,
        before,
        // One more tells whether there is a next page.
        limit: limit + 1,
    };
    let found = api.platform.executions().list(&query).await?;
    let more = found.len() > limit;
    let page = found.get(..limit).unwrap_or(&found);
    wire::json(
        StatusCode::OK,
        &ExecutionPage {
            executions: page
                .iter()
                .map(|execution| ExecutionBody::from(&**execution))
                .collect(),
            next_cursor: page.last().filter(|_| more).map(|last| Text(last.id)),
        },
    )
}

async fn cancel(State(api): State<Api>, id: PathId) -> Result<Response, ApiError> {
    let execution = api.platform.executions().cancel(id.execution()?).await?;
    wire::json(StatusCode::OK, &ExecutionBody::from(&*execution))
}

async fn retry(State(api): State<Api>, id: PathId) -> Result<Response, ApiError> {
    let failed = id.execution()?;
    let again = api.platform.executions().retry(failed).await?;
    wire::json(
        StatusCode::ACCEPTED,
        &Retried {
            execution_id: Text(again.id),
            retry_of: Text(failed),
            status: "pending",
            message: "Function execution started",
        },
    )
}

/// The state that the parameter `status` names.
pub(super) fn status(params: &Params) -> Result<Option<Status>, ApiError> {
    const ALL: [Status; 4] = [
        Status::Pending,
        Status::Running,
        Status::Completed,
        Status::Failed,
    ];
    params.choice("status", &ALL.map(|status| (status.as_str(), status)))
}

/// The member `input` of the object `envelope`, sharing its bytes; `None` when it is absent or
/// `null`.
pub(super) fn input_member(envelope: &Json) -> Result<Option<Json>, ApiError> {
    let members = Members::of(envelope)?;
    let input = members.raw("input").filter(|raw| raw.get() != "null");
    Ok(input.map(|raw| Json::trusted(envelope.bytes().slice_ref(raw.get().as_bytes()))))
}
