//! Uploading, changing, listing and deleting functions; starting them and reading their log.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use faas_core::access::Permission::{Develop, Invoke, Read};
use faas_core::model::{AuditAction, Function, FunctionStatus, Json};
use faas_core::platform::{FunctionUpdate, NewFunction};
use faas_core::store::{ExecutionQuery, FunctionQuery};
use utoipa_axum::routes;

use super::config::Config;
use super::{DEFAULT_LIST, MAX_LIST, executions, invoke};
use crate::Api;
use crate::audit::actor;
use crate::body;
use crate::error::ApiError;
use crate::extract::{Members, Params, PathId, shorten};
use crate::openapi::{errors, requests, words};
use crate::routing::{Needs, Routes};
use crate::wire::{
    self, Accepted, FunctionBody, FunctionKey, FunctionSummaryBody, Message, PlainExecution, Text,
};

/// Where the next page of functions begins.
pub(crate) static NEXT_CURSOR: HeaderName = HeaderName::from_static("x-next-cursor");

pub(crate) fn routes() -> Routes {
    Routes::default()
        .add(Needs::Key(Read), routes!(list))
        .add(Needs::Key(Develop), routes!(create))
        .add(Needs::Key(Read), routes!(read))
        .add(Needs::Key(Develop), routes!(update, delete))
        .add(Needs::Key(Read), routes!(logs))
        .add(Needs::Key(Invoke), routes!(execute))
}

#[utoipa::path(post, path = "/api/functions", tag = "Functions", operation_id = "createFunction",
    summary = "Uploads a function. Its code is compiled at once.",
    request_body = requests::NewFunction,
    responses(
        (status = 201, description = "The function.", body = FunctionBody),
        errors::InvalidCode,
        errors::Conflict,
        errors::TooLarge
    )
)]
async fn create(State(api): State<Api>, request: Request) -> Result<Response, ApiError> {
    let by = actor(request.extensions());
    let upload = json_body(&api, request).await?;
    let members = Members::of(&upload)?;
    let required = |name| {
        members.string(name)?.ok_or_else(|| {
            ApiError::invalid(format!(
                "{name} is missing: name, description and code are required, each a string that \
                 is not blank"
            ))
        })
    };
    let mut new = NewFunction::new(
        required("name")?,
        required("description")?,
        required("code")?,
    );
    let config = Config::read(&members)?;
    let default = new.config;
    new.config.timeout = config.timeout.unwrap_or(default.timeout);
    new.config.retry_count = config.retry_count.unwrap_or(default.retry_count);
    new.config.concurrency = config.concurrency.unwrap_or(default.concurrency);
    new.environment = config.environment;
    let function = api.platform.functions().create(new).await?;
    api.note(&by, AuditAction::FunctionCreated, function.id)
        .await;
    answer(StatusCode::CREATED, &function)
}

#[utoipa::path(get, path = "/api/functions", tag = "Functions", operation_id = "listFunctions",
    summary = "Functions, newest first. Where a page does not have all of them, the header `X-Next-Cursor` has the cursor of the next one.",
    params(
        ("limit" = Option<u32>, Query, description = "At most so many. A page also ends at 8 MiB.", minimum = 1, maximum = 1000),
        ("cursor" = Option<FunctionKey>, Query, description = "The `X-Next-Cursor` of the page before."),
        ("code" = Option<bool>, Query, description = "Whether to list them with their code. Default: true.")
    ),
    responses(
        (status = 200, description = "The functions.", body = Vec<FunctionSummaryBody>, headers(
            ("X-Next-Cursor" = String, description = "Where the next page begins; missing on the last one.")
        )),
        errors::Invalid
    )
)]
async fn list(State(api): State<Api>, uri: Uri) -> Result<Response, ApiError> {
    let params = Params::of(&uri)?;
    let before = match params.text("cursor")? {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            ApiError::invalid("invalid cursor: expected the X-Next-Cursor of the page before")
        })?),
    };
    let query = FunctionQuery {
        before,
        limit: params.number("limit", 1..=MAX_LIST, MAX_LIST)? as usize,
        code: params
            .choice("code", &[("true", true), ("false", false)])?
            .unwrap_or(true),
        ..FunctionQuery::default()
    };
    let page = api.platform.functions().list(&query).await?;
    let bodies: Vec<_> = page.items.iter().map(FunctionSummaryBody::from).collect();
    let mut answer = wire::json(StatusCode::OK, &bodies)?;
    if let Some(next) = page.next
        && let Ok(next) = HeaderValue::try_from(next.to_string())
    {
        answer.headers_mut().insert(NEXT_CURSOR.clone(), next);
    }
    Ok(answer)
}

#[utoipa::path(get, path = "/api/functions/{id}", tag = "Functions", operation_id = "getFunction",
    summary = "One function.",
    params(
        ("id" = FunctionKey, Path, description = "The function.")
    ),
    responses(
        (status = 200, description = "The function.", body = FunctionBody),
        errors::NoFunction
    )
)]
async fn read(State(api): State<Api>, id: PathId) -> Result<Response, ApiError> {
    let function = api.platform.functions().get(id.function()?).await?;
    answer(StatusCode::OK, &function)
}

#[utoipa::path(put, path = "/api/functions/{id}", tag = "Functions", operation_id = "updateFunction",
    summary = "Changes what is named of a function.",
    request_body = requests::FunctionChange,
    params(
        ("id" = FunctionKey, Path, description = "The function.")
    ),
    responses(
        (status = 200, description = "The function as it is now.", body = FunctionBody),
        errors::InvalidCode,
        errors::NoFunction,
        errors::Conflict,
        errors::TooLarge
    )
)]
async fn update(
    State(api): State<Api>,
    id: PathId,
    request: Request,
) -> Result<Response, ApiError> {
    let id = id.function()?;
    let by = actor(request.extensions());
    let change = json_body(&api, request).await?;
    let members = Members::of(&change)?;
    let status = match members.string("status")?.as_deref() {
        None => None,
        Some("active") => Some(FunctionStatus::Active),
        Some("inactive") => Some(FunctionStatus::Inactive),
        Some(other) => {
            return Err(ApiError::invalid(format!(
                "status is {:?}: expected active or inactive",
                shorten(other)
            )));
        }
    };
    let config = Config::read(&members)?;
    let change = FunctionUpdate {
        name: members.string("name")?,
        description: members.string("description")?,
        code: members.string("code")?,
        status,
        timeout: config.timeout,
        retry_count: config.retry_count,
        concurrency: config.concurrency,
        environment: config.environment,
    };
    let function = api.platform.functions().update(id, change).await?;
    api.note(&by, AuditAction::FunctionUpdated, id).await;
    answer(StatusCode::OK, &function)
}

#[utoipa::path(delete, path = "/api/functions/{id}", tag = "Functions", operation_id = "deleteFunction",
    summary = "Deletes a function. Its executions and costs stay in the reports.",
    params(
        ("id" = FunctionKey, Path, description = "The function.")
    ),
    responses(
        (status = 200, description = "It is deleted.", body = Message),
        errors::NoFunction
    )
)]
async fn delete(
    State(api): State<Api>,
    id: PathId,
    request: Request,
) -> Result<Response, ApiError> {
    let id = id.function()?;
    api.platform.functions().delete(id).await?;
    let by = actor(request.extensions());
    api.note(&by, AuditAction::FunctionDeleted, id).await;
    let message = "Function deleted successfully";
    wire::json(StatusCode::OK, &Message { message })
}

#[utoipa::path(post, path = "/api/functions/{id}/execute", tag = "Functions", operation_id = "executeFunction",
    summary = "Executes a function asynchronously, with retries. The execution is stored before the answer.",
    request_body = Option<requests::ExecuteRequest>,
    params(
        ("id" = FunctionKey, Path, description = "The function."),
        ("Idempotency-Key" = Option<String>, Header, nullable = false, description = "The same key, function and input within 24 hours return the first execution, with `Idempotent-Replayed: true`. 1 to 255 visible ASCII characters.")
    ),
    responses(
        (status = 202, description = "It is stored, and will be run.", body = Accepted),
        errors::InvalidOrInactive,
        errors::NoFunction,
        errors::TooLarge,
        errors::KeyReused,
        errors::Overloaded
    )
)]
async fn execute(
    State(api): State<Api>,
    id: PathId,
    request: Request,
) -> Result<Response, ApiError> {
    let id = id.function()?;
    let (parts, stream) = request.into_parts();
    let key = invoke::idempotency_key(&parts.headers)?;
    let bytes = body::read(&parts.headers, stream, api.options.max_envelope()).await?;
    let input = if bytes.is_empty() {
        Json::empty_object()
    } else {
        executions::input_member(&invoke::parse(bytes)?)?.unwrap_or_else(Json::empty_object)
    };
    let accepted = api.platform.execute(id, input, key).await?;
    let mut response = wire::json(
        StatusCode::ACCEPTED,
        &Accepted {
            execution_id: Text(accepted.id),
            status: accepted.status.as_str(),
            message: "Function execution started",
        },
    )?;
    if accepted.duplicate {
        invoke::mark_replayed(response.headers_mut());
    }
    Ok(response)
}

#[utoipa::path(get, path = "/api/functions/{id}/logs", tag = "Functions", operation_id = "listFunctionLogs",
    summary = "Executions of a function, newest first. Long inputs, outputs, logs and attempts are left out once the list has 8 MiB of them; `truncated` names what is left out.",
    params(
        ("id" = FunctionKey, Path, description = "The function."),
        ("limit" = Option<u32>, Query, description = "At most so many. Default: 50.", minimum = 1, maximum = 1000),
        ("status" = Option<words::ExecutionStatus>, Query, description = "In this state only.")
    ),
    responses(
        (status = 200, description = "The executions.", body = Vec<PlainExecution>),
        errors::Invalid,
        errors::NoFunction
    )
)]
async fn logs(State(api): State<Api>, id: PathId, uri: Uri) -> Result<Response, ApiError> {
    let id = id.function()?;
    let params = Params::of(&uri)?;
    let query = ExecutionQuery {
        function: Some(id),
        status: executions::status(&params)?,
        limit: params.number("limit", 1..=MAX_LIST, DEFAULT_LIST)? as usize,
        ..ExecutionQuery::default()
    };
    let found = api.platform.executions().list(&query).await?;
    if found.is_empty() {
        // Nothing: because it was never called, or because there is no such function?
        api.platform
            .costs()
            .labels(&[id])
            .await?
            .remove(&id)
            .ok_or_else(ApiError::no_function)?;
    }
    let bodies: Vec<_> = found.iter().map(PlainExecution::from).collect();
    wire::json(StatusCode::OK, &bodies)
}

async fn json_body(api: &Api, request: Request) -> Result<Json, ApiError> {
    let (parts, stream) = request.into_parts();
    let bytes = body::read(&parts.headers, stream, api.options.max_upload()).await?;
    invoke::parse(bytes)
}

fn answer(status: StatusCode, function: &Function) -> Result<Response, ApiError> {
    wire::json(status, &FunctionBody::from(function))
}
