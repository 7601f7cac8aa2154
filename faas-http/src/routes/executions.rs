//! Reading, cancelling and repeating executions.

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use faas_core::access::Permission::{Develop, Read, ReadExecution};
use faas_core::model::{AuditAction, FailureKind, Json, Status};
use faas_core::store::ExecutionQuery;
use utoipa_axum::routes;

use super::{DEFAULT_LIST, MAX_LIST};
use crate::audit::actor;
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Members, Params, PathId};
use crate::openapi::{errors, words};
use crate::routing::{Needs, Routes};
use crate::wire::{
    self, ExecutionBody, ExecutionKey, ExecutionPage, FunctionKey, PlainExecution, Retried, Text,
};
use crate::{Api, dates};

pub(crate) fn routes() -> Routes {
    Routes::default()
        .add(Needs::Key(Read), routes!(list))
        .add(Needs::Key(ReadExecution), routes!(read))
        .add(Needs::Key(Develop), routes!(cancel))
        .add(Needs::Key(Develop), routes!(retry))
}

#[utoipa::path(get, path = "/api/executions/{id}", tag = "Executions", operation_id = "getExecution",
    summary = "One execution.",
    params(
        ("id" = ExecutionKey, Path, description = "The execution.")
    ),
    responses(
        (status = 200, description = "The execution.", body = PlainExecution),
        errors::NoExecution
    )
)]
async fn read(State(api): State<Api>, id: PathId) -> Result<Response, ApiError> {
    let execution = api.platform.executions().get(id.execution()?).await?;
    wire::json(StatusCode::OK, &ExecutionBody::from(&*execution))
}

#[utoipa::path(get, path = "/api/executions", tag = "Executions", operation_id = "listExecutions",
    summary = "Executions, newest first, page by page. Long inputs, outputs, logs and attempts are left out once a page has 8 MiB of them; `truncated` names what is left out.",
    params(
        ("functionId" = Option<FunctionKey>, Query, description = "Of this function only."),
        ("status" = Option<words::ExecutionStatus>, Query, description = "In this state only."),
        ("errorKind" = Option<words::ErrorKind>, Query, description = "Failed for this reason only."),
        ("from" = Option<String>, Query, description = "Accepted at or after: `YYYY-MM-DD` or RFC 3339."),
        ("to" = Option<String>, Query, description = "Accepted before, or on this day: `YYYY-MM-DD` or RFC 3339."),
        ("limit" = Option<u32>, Query, description = "At most so many. Default: 50.", minimum = 1, maximum = 1000),
        ("cursor" = Option<ExecutionKey>, Query, description = "The `nextCursor` of the page before.")
    ),
    responses(
        (status = 200, description = "A page.", body = ExecutionPage),
        errors::Invalid,
        errors::NoFunction
    )
)]
async fn list(State(api): State<Api>, uri: Uri) -> Result<Response, ApiError> {
    let params = Params::of(&uri)?;
    let limit = params.number("limit", 1..=MAX_LIST, DEFAULT_LIST)? as usize;
    let before = match params.text("cursor")? {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            ApiError::invalid("invalid cursor: expected the nextCursor of the page before")
        })?),
    };
    let query = ExecutionQuery {
        function: params.function("functionId")?,
        status: status(&params)?,
        failure: error_kind(&params)?,
        period: dates::between(&params, "from", "to")?,
        before,
        // One more tells whether there is a next page.
        limit: limit + 1,
        ..ExecutionQuery::default()
    };
    let found = api.platform.executions().list(&query).await?;
    let more = found.len() > limit;
    let page = found.get(..limit).unwrap_or(&found);
    wire::json(
        StatusCode::OK,
        &ExecutionPage {
            executions: page.iter().map(PlainExecution::from).collect(),
            next_cursor: page.last().filter(|_| more).map(|last| Text(last.id)),
        },
    )
}

#[utoipa::path(post, path = "/api/executions/{id}/cancel", tag = "Executions", operation_id = "cancelExecution",
    summary = "Cancels an execution that has not ended.",
    params(
        ("id" = ExecutionKey, Path, description = "The execution.")
    ),
    responses(
        (status = 200, description = "The execution as it is now.", body = PlainExecution),
        errors::NoExecution,
        errors::Conflict
    )
)]
async fn cancel(
    State(api): State<Api>,
    id: PathId,
    request: Request,
) -> Result<Response, ApiError> {
    let id = id.execution()?;
    let execution = api.platform.executions().cancel(id).await?;
    let by = actor(request.extensions());
    api.note(&by, AuditAction::ExecutionCancelled, id).await;
    wire::json(StatusCode::OK, &ExecutionBody::from(&*execution))
}

#[utoipa::path(post, path = "/api/executions/{id}/retry", tag = "Executions", operation_id = "retryExecution",
    summary = "Executes a failed one again, as a new execution.",
    params(
        ("id" = ExecutionKey, Path, description = "The execution.")
    ),
    responses(
        (status = 202, description = "The new execution is stored, and will be run.", body = Retried),
        errors::InvalidOrInactive,
        (status = 404, description = "`execution_not_found`, or `function_not_found`", body = ErrorBody),
        errors::Conflict,
        errors::Overloaded
    )
)]
async fn retry(State(api): State<Api>, id: PathId, request: Request) -> Result<Response, ApiError> {
    let failed = id.execution()?;
    let again = api.platform.executions().retry(failed).await?;
    let by = actor(request.extensions());
    api.note(&by, AuditAction::ExecutionRetried, failed).await;
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

fn error_kind(params: &Params) -> Result<Option<FailureKind>, ApiError> {
    params.choice(
        "errorKind",
        &FailureKind::ALL.map(|kind| (kind.as_str(), kind)),
    )
}

/// The member `input` of the object `envelope`, sharing its bytes; `None` when it is absent or
/// `null`.
pub(super) fn input_member(envelope: &Json) -> Result<Option<Json>, ApiError> {
    let members = Members::of(envelope)?;
    let input = members.raw("input").filter(|raw| raw.get() != "null");
    Ok(input.map(|raw| Json::trusted(envelope.bytes().slice_ref(raw.get().as_bytes()))))
}
