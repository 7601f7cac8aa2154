//! Uploading, changing, listing and deleting functions; reading their log.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use faas_api as wire;
use faas_core::access::Permission::{Develop, Read};
use faas_core::model::{AuditAction, Function};
use faas_core::store::{ExecutionQuery, FunctionQuery};
use utoipa_axum::routes;

use super::{DEFAULT_LIST, MAX_LIST, executions};
use crate::Api;
use crate::answer;
use crate::audit::actor;
use crate::envelope::Envelope;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::openapi::errors;
use crate::routing::{Needs, Routes};
use crate::upload::Upload;

/// Where the next page of functions begins.
pub(crate) static NEXT_CURSOR: HeaderName = HeaderName::from_static("x-next-cursor");

pub(crate) fn routes() -> Routes {
    Routes::default()
        .add(Needs::Key(Read), routes!(list))
        .add(Needs::Key(Develop), routes!(create))
        .add(Needs::Key(Read), routes!(read))
        .add(Needs::Key(Develop), routes!(update, delete))
        .add(Needs::Key(Read), routes!(logs))
        .add(Needs::Key(Develop), routes!(check_request))
}

#[utoipa::path(post, path = "/api/functions", tag = "Functions", operation_id = "createFunction",
    summary = "Uploads a function and compiles its code.",
    request_body(
        content(
            (wire::NewFunction = "application/json"),
            (String = "text/javascript"),
            (String = "text/typescript"),
            (Vec<u8> = "application/zip"),
            (Vec<u8> = "application/gzip"),
            (wire::NewFunction = "multipart/form-data")
        ),
        description = "The function; its code as it is; an archive of its files; or a form whose fields are the members of a function, and files."
    ),
    params(
        ("name" = Option<String>, Query, nullable = false, description = "The name of a function whose code or archive is the body. Required then."),
        ("description" = Option<String>, Query, nullable = false, description = "Its description."),
        ("main" = Option<String>, Query, nullable = false, description = "The path of the main file of an archive. Default: what `package.json` names, or a file named `index`.")
    ),
    responses(
        (status = 201, description = "The function.", body = wire::Function),
        errors::InvalidCode,
        errors::Conflict,
        errors::TooLarge
    )
)]
async fn create(State(api): State<Api>, request: Request) -> Result<Response, ApiError> {
    let by = actor(request.extensions());
    let new = if Upload::is_one(request.headers()) {
        let upload = Upload::receive(request, api.options.max_upload()).await?;
        upload.into_new()?
    } else {
        let new: wire::NewFunction = envelope(&api, request).await?.read()?;
        new.try_into()
            .map_err(|fault: String| ApiError::invalid(fault))?
    };
    let function = api.platform.functions().create(new).await?;
    api.note(&by, AuditAction::FunctionCreated, function.id)
        .await;
    answer(StatusCode::CREATED, &function)
}

#[utoipa::path(get, path = "/api/functions", tag = "Functions", operation_id = "listFunctions",
    summary = "Functions, newest first. Where a page does not have all of them, the header `X-Next-Cursor` has the cursor of the next one.",
    params(
        ("limit" = Option<u32>, Query, description = "The most to return. Default: 1000. A larger number counts as 1000. A page also ends at 8 MiB.", minimum = 1, maximum = 1000),
        ("cursor" = Option<wire::FunctionKey>, Query, description = "The `X-Next-Cursor` of the previous page."),
        ("code" = Option<bool>, Query, description = "Whether to list them with their code. Default: true.")
    ),
    responses(
        (status = 200, description = "The functions.", body = Vec<wire::FunctionSummary>, headers(
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
            ApiError::invalid("invalid cursor: expected the X-Next-Cursor of the previous page")
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
    let bodies: Vec<_> = page.items.iter().map(wire::FunctionSummary::from).collect();
    let mut answer = answer::json(StatusCode::OK, &bodies)?;
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
        ("id" = wire::FunctionKey, Path, description = "The function.")
    ),
    responses(
        (status = 200, description = "The function.", body = wire::Function),
        errors::NoFunction
    )
)]
async fn read(State(api): State<Api>, id: PathId) -> Result<Response, ApiError> {
    let function = api.platform.functions().get(id.function()?).await?;
    answer(StatusCode::OK, &function)
}

#[utoipa::path(put, path = "/api/functions/{id}", tag = "Functions", operation_id = "updateFunction",
    summary = "Changes a function. Members that are not named stay.",
    request_body(
        content(
            (wire::FunctionChange = "application/json"),
            (String = "text/javascript"),
            (String = "text/typescript"),
            (Vec<u8> = "application/zip"),
            (Vec<u8> = "application/gzip"),
            (wire::FunctionChange = "multipart/form-data")
        ),
        description = "What changes; the code as it is; an archive of all files; or a form whose fields are the members that change, and files."
    ),
    params(
        ("id" = wire::FunctionKey, Path, description = "The function.")
    ),
    responses(
        (status = 200, description = "The function as it is now.", body = wire::Function),
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
    let update = if Upload::is_one(request.headers()) {
        let upload = Upload::receive(request, api.options.max_upload()).await?;
        upload.into_update()?
    } else {
        let change: wire::FunctionChange = envelope(&api, request).await?.read()?;
        change
            .try_into()
            .map_err(|fault: String| ApiError::invalid(fault))?
    };
    let function = api.platform.functions().update(id, update).await?;
    api.note(&by, AuditAction::FunctionUpdated, id).await;
    answer(StatusCode::OK, &function)
}

#[utoipa::path(delete, path = "/api/functions/{id}", tag = "Functions", operation_id = "deleteFunction",
    summary = "Deletes a function. Its executions and costs stay in the reports.",
    params(
        ("id" = wire::FunctionKey, Path, description = "The function.")
    ),
    responses(
        (status = 200, description = "It is deleted.", body = wire::Message),
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
    answer::json(StatusCode::OK, &wire::Message::new(message))
}

#[utoipa::path(get, path = "/api/functions/{id}/logs", tag = "Functions", operation_id = "listFunctionLogs",
    summary = "Executions of a function, newest first. Long inputs, outputs, logs and attempts are left out once the list has 8 MiB of them; `truncated` names what is left out.",
    params(
        ("id" = wire::FunctionKey, Path, description = "The function."),
        ("limit" = Option<u32>, Query, description = "The most to return. Default: 50. A larger number counts as 1000.", minimum = 1, maximum = 1000),
        ("status" = Option<wire::ExecutionStatus>, Query, description = "Only those in this state.")
    ),
    responses(
        (status = 200, description = "The executions.", body = Vec<wire::Execution>),
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
        // Empty because the function was never called, or because it does not exist.
        api.platform
            .costs()
            .labels(&[id])
            .await?
            .remove(&id)
            .ok_or_else(ApiError::no_function)?;
    }
    let bodies: Vec<_> = found.iter().map(wire::Execution::from).collect();
    answer::json(StatusCode::OK, &bodies)
}

#[utoipa::path(post, path = "/api/functions/{id}/egress/check", tag = "Functions", operation_id = "checkRequest",
    summary = "Explains what would happen to a request that the code makes with `fetch`. It resolves the name and connects to nothing.",
    params(
        ("id" = wire::FunctionKey, Path, description = "The function.")
    ),
    request_body = wire::EgressCheck,
    responses(
        (status = 200, description = "Whether it would be made, and why not.", body = wire::EgressExplanation),
        errors::Invalid,
        errors::NoFunction,
        errors::TooLarge
    )
)]
async fn check_request(
    State(api): State<Api>,
    id: PathId,
    request: Request,
) -> Result<Response, ApiError> {
    let id = id.function()?;
    let (parts, stream) = request.into_parts();
    let limit = api.options.max_envelope();
    let envelope = Envelope::require(&parts.headers, stream, limit).await?;
    let wire::EgressCheck { url, method, .. } = envelope.read()?;
    let method = method.as_deref().unwrap_or("GET");
    let functions = api.platform.functions();
    let explanation = functions.explain_request(id, &url, method).await?;
    answer::json(StatusCode::OK, &wire::EgressExplanation::from(explanation))
}

async fn envelope(api: &Api, request: Request) -> Result<Envelope, ApiError> {
    let (parts, stream) = request.into_parts();
    Envelope::require(&parts.headers, stream, api.options.max_upload()).await
}

fn answer(status: StatusCode, function: &Function) -> Result<Response, ApiError> {
    answer::json(status, &wire::Function::from(function))
}
