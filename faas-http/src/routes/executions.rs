//! Reading, cancelling and repeating executions.

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use faas_api as wire;
use faas_core::access::Permission::{Develop, Read, ReadExecution};
use faas_core::model::{AuditAction, FailureKind, Json, Status};
use faas_core::store::ExecutionQuery;
use utoipa_axum::routes;

use super::{DEFAULT_LIST, MAX_LIST, cursor};
use crate::answer;
use crate::audit::{actor, caller};
use crate::envelope::Envelope;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::openapi::errors;
use crate::routing::{Needs, Routes};
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
        ("id" = wire::ExecutionKey, Path, description = "The execution.")
    ),
    responses(
        (status = 200, description = "The execution.", body = wire::Execution),
        errors::NoExecution
    )
)]
async fn read(State(api): State<Api>, id: PathId) -> Result<Response, ApiError> {
    let execution = api.platform.executions().get(id.execution()?).await?;
    answer::json(StatusCode::OK, &wire::Execution::from(&*execution))
}

#[utoipa::path(get, path = "/api/executions", tag = "Executions", operation_id = "listExecutions",
    summary = "Executions, newest first, page by page. Long inputs, outputs, logs and attempts are left out once a page has 8 MiB of them; `truncated` names what is left out.",
    params(
        ("functionId" = Option<wire::FunctionKey>, Query, description = "Only those of this function."),
        ("status" = Option<wire::ExecutionStatus>, Query, description = "Only those in this state."),
        ("errorKind" = Option<wire::ErrorKind>, Query, description = "Only failures of this kind."),
        ("from" = Option<String>, Query, description = "Accepted at or after: `YYYY-MM-DD` or RFC 3339."),
        ("to" = Option<String>, Query, description = "Accepted before, or on this day: `YYYY-MM-DD` or RFC 3339."),
        ("limit" = Option<u32>, Query, description = "The most to return. Default: 50. A larger number counts as 1000.", minimum = 1, maximum = 1000),
        ("cursor" = Option<wire::ExecutionKey>, Query, description = "The `nextCursor` of the previous page.")
    ),
    responses(
        (status = 200, description = "A page.", body = wire::ExecutionPage),
        errors::Invalid,
        errors::NoFunction
    )
)]
async fn list(State(api): State<Api>, uri: Uri) -> Result<Response, ApiError> {
    let params = Params::of(&uri)?;
    let limit = params.number("limit", 1..=MAX_LIST, DEFAULT_LIST)? as usize;
    let query = ExecutionQuery {
        function: params.function("functionId")?,
        status: status(&params)?,
        failure: error_kind(&params)?,
        period: dates::between(&params, "from", "to")?,
        before: cursor(&params)?,
        // One more tells whether there is a next page.
        limit: limit + 1,
        ..ExecutionQuery::default()
    };
    let found = api.platform.executions().list(&query).await?;
    let more = found.len() > limit;
    let page = found.get(..limit).unwrap_or(&found);
    answer::json(
        StatusCode::OK,
        &wire::ExecutionPage::new(
            page.iter().map(wire::Execution::from).collect(),
            page.last().filter(|_| more).map(|last| last.id.into()),
        ),
    )
}

#[utoipa::path(post, path = "/api/executions/{id}/cancel", tag = "Executions", operation_id = "cancelExecution",
    summary = "Cancels an execution that has not ended.",
    params(
        ("id" = wire::ExecutionKey, Path, description = "The execution.")
    ),
    responses(
        (status = 200, description = "The execution as it is now.", body = wire::Execution),
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
    answer::json(StatusCode::OK, &wire::Execution::from(&*execution))
}

#[utoipa::path(post, path = "/api/executions/{id}/retry", tag = "Executions", operation_id = "retryExecution",
    summary = "Repeats an execution that has ended, as a new one with the same input or another one.",
    request_body = Option<wire::RetryRequest>,
    params(
        ("id" = wire::ExecutionKey, Path, description = "The execution.")
    ),
    responses(
        (status = 202, description = "The new execution is stored and will run.", body = wire::Retried),
        errors::InvalidOrInactive,
        (status = 404, description = "`execution_not_found`, or `function_not_found`", body = wire::ErrorBody),
        errors::Conflict,
        errors::TooLarge,
        errors::Overloaded
    )
)]
async fn retry(State(api): State<Api>, id: PathId, request: Request) -> Result<Response, ApiError> {
    let id = id.execution()?;
    let by = actor(request.extensions());
    let (parts, stream) = request.into_parts();
    let limit = api.options.max_envelope();
    let envelope = Envelope::receive(&parts.headers, stream, limit).await?;
    let input = match &envelope {
        None => None,
        Some(envelope) => {
            let request: wire::RetryRequest<'_> = envelope.read()?;
            request.input.map(|input| match input.get() {
                "null" => Json::empty_object(),
                text => envelope.share(text),
            })
        }
    };
    let caller = caller(&parts.extensions);
    let executions = api.platform.executions();
    let again = executions.retry_for(id, input, caller).await?;
    api.note(&by, AuditAction::ExecutionRetried, id).await;
    answer::json(
        StatusCode::ACCEPTED,
        &wire::Retried::new(again.id, id, "Function execution started"),
    )
}

/// The parameter `status`.
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
