//! Dead letters: listing, repeating and discarding them.

use std::collections::HashMap;

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use faas_api as wire;
use faas_core::access::Permission::{Develop, Read};
use faas_core::model::{Actor, AuditAction, DeadLetterGroup, FunctionId};
use faas_core::platform::{DeadLetterQuery, DeadLetterSelection, RedriveRequest};
use serde::de::DeserializeOwned;
use utoipa_axum::routes;

use super::{DEFAULT_LIST, cursor};
use crate::Api;
use crate::answer;
use crate::audit::actor;
use crate::envelope::Envelope;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::openapi::errors;
use crate::routing::{Needs, Routes};

/// The most dead letters in a list.
const MAX_LETTERS: u32 = 200;

pub(crate) fn routes() -> Routes {
    Routes::default()
        .add(Needs::Key(Read), routes!(list))
        .add(Needs::Key(Read), routes!(list_of_function))
        .add(Needs::Key(Read), routes!(groups))
        .add(Needs::Key(Develop), routes!(redrive))
        .add(Needs::Key(Read), routes!(redrives))
        .add(Needs::Key(Read), routes!(read_redrive))
        .add(Needs::Key(Develop), routes!(stop_redrive))
        .add(Needs::Key(Develop), routes!(discard))
}

#[utoipa::path(get, path = "/api/dead-letters", tag = "Dead letters", operation_id = "listDeadLetters",
    summary = "Open dead letters, newest first, page by page: asynchronous executions that have failed for good. Long inputs, logs and attempts are left out once a page has 8 MiB of them.",
    params(
        ("functionId" = Option<wire::FunctionKey>, Query, description = "Only those of this function."),
        ("group" = Option<wire::GroupKey>, Query, description = "Only those of this group."),
        ("limit" = Option<u32>, Query, description = "The most to return. Default: 50. A larger number counts as 200.", minimum = 1, maximum = 200),
        ("cursor" = Option<wire::ExecutionKey>, Query, description = "The `nextCursor` of the previous page.")
    ),
    responses(
        (status = 200, description = "A page.", body = wire::DeadLetterPage),
        errors::Invalid,
        errors::NoFunction
    )
)]
async fn list(State(api): State<Api>, uri: Uri) -> Result<Response, ApiError> {
    let params = Params::of(&uri)?;
    let function = params.function("functionId")?;
    page(&api, &params, function).await
}

#[utoipa::path(get, path = "/api/functions/{id}/dead-letters", tag = "Dead letters", operation_id = "listDeadLettersOfFunction",
    summary = "Open dead letters of a function, newest first, page by page.",
    params(
        ("id" = wire::FunctionKey, Path, description = "The function."),
        ("group" = Option<wire::GroupKey>, Query, description = "Only those of this group."),
        ("limit" = Option<u32>, Query, description = "The most to return. Default: 50. A larger number counts as 200.", minimum = 1, maximum = 200),
        ("cursor" = Option<wire::ExecutionKey>, Query, description = "The `nextCursor` of the previous page.")
    ),
    responses(
        (status = 200, description = "A page.", body = wire::DeadLetterPage),
        errors::Invalid,
        errors::NoFunction
    )
)]
async fn list_of_function(
    State(api): State<Api>,
    id: PathId,
    uri: Uri,
) -> Result<Response, ApiError> {
    page(&api, &Params::of(&uri)?, Some(id.function()?)).await
}

async fn page(
    api: &Api,
    params: &Params,
    function: Option<FunctionId>,
) -> Result<Response, ApiError> {
    let limit = params.number("limit", 1..=MAX_LETTERS, DEFAULT_LIST)? as usize;
    let query = DeadLetterQuery {
        function,
        group: group(params)?,
        before: cursor(params)?,
        // One more tells whether there is a next page.
        limit: limit + 1,
    };
    let found = api.platform.dead_letters().list(&query).await?;
    let more = found.len() > limit;
    let page = found.get(..limit).unwrap_or(&found);
    let letters = page.iter().map(wire::Execution::from).collect();
    let next = page.last().filter(|_| more).map(|last| last.id.into());
    answer::json(StatusCode::OK, &wire::DeadLetterPage::new(letters, next))
}

fn group(params: &Params) -> Result<Option<DeadLetterGroup>, ApiError> {
    let group = params.text("group")?.map(str::parse).transpose();
    group.map_err(|_| ApiError::invalid("invalid group: expected 16 hexadecimal digits"))
}

#[utoipa::path(get, path = "/api/dead-letters/groups", tag = "Dead letters", operation_id = "listDeadLetterGroups",
    summary = "The open dead letters by error: the kind of the failure, and its message but for numbers and ids. Counts the newest 10,000.",
    params(
        ("functionId" = Option<wire::FunctionKey>, Query, description = "Only those of this function.")
    ),
    responses(
        (status = 200, description = "The groups with the most dead letters first.", body = wire::DeadLetterGroups),
        errors::NoFunction
    )
)]
async fn groups(State(api): State<Api>, uri: Uri) -> Result<Response, ApiError> {
    let params = Params::of(&uri)?;
    let function = params.function("functionId")?;
    let found = api.platform.dead_letters().groups(function).await?;
    let mut functions: Vec<_> = (found.groups.iter())
        .map(|group| group.newest.function_id)
        .collect();
    functions.sort_unstable();
    functions.dedup();
    let labels: HashMap<_, _> = api.platform.costs().labels(&functions).await?;
    let label = |id: FunctionId| labels.get(&id);
    answer::json(StatusCode::OK, &wire::DeadLetterGroups::new(&found, label))
}

#[utoipa::path(post, path = "/api/dead-letters/redrive", tag = "Dead letters", operation_id = "redriveDeadLetters",
    summary = "Begins to repeat dead letters, each as a new execution with `retryOf`. A dead letter is repeated once, however often it is asked for. At most 10 redrives run at a time; a redrive ends with its server, and dead letters that it has not reached stay open.",
    request_body = wire::RedriveRequest,
    responses(
        (status = 202, description = "It runs.", body = wire::Redrive),
        errors::Invalid,
        errors::Conflict,
        errors::TooLarge
    )
)]
async fn redrive(State(api): State<Api>, request: Request) -> Result<Response, ApiError> {
    let by = actor(request.extensions());
    let wanted: wire::RedriveRequest = read(&api, request).await?;
    let wanted = RedriveRequest::try_from(wanted).map_err(ApiError::invalid)?;
    let target = described(&wanted.selection);
    let run = api.platform.dead_letters().redrive(wanted)?;
    let target = format!("{}: {target}", run.id);
    api.note(&by, AuditAction::DeadLettersRedriven, target)
        .await;
    answer::json(StatusCode::ACCEPTED, &wire::Redrive::from(&run))
}

#[utoipa::path(get, path = "/api/dead-letters/redrives", tag = "Dead letters", operation_id = "listRedrives",
    summary = "The redrives of this server since its start, newest first, at most 100.",
    responses(
        (status = 200, description = "The redrives.", body = Vec<wire::Redrive>)
    )
)]
async fn redrives(State(api): State<Api>) -> Result<Response, ApiError> {
    let runs = api.platform.dead_letters().redrives();
    let bodies: Vec<_> = runs.iter().map(wire::Redrive::from).collect();
    answer::json(StatusCode::OK, &bodies)
}

#[utoipa::path(get, path = "/api/dead-letters/redrives/{id}", tag = "Dead letters", operation_id = "getRedrive",
    summary = "How far a redrive has come.",
    params(("id" = wire::RedriveKey, Path, description = "The redrive.")),
    responses(
        (status = 200, description = "The redrive.", body = wire::Redrive),
        errors::NoRedrive
    )
)]
async fn read_redrive(State(api): State<Api>, id: PathId) -> Result<Response, ApiError> {
    let run = api.platform.dead_letters().get_redrive(id.redrive()?)?;
    answer::json(StatusCode::OK, &wire::Redrive::from(&run))
}

#[utoipa::path(delete, path = "/api/dead-letters/redrives/{id}", tag = "Dead letters", operation_id = "stopRedrive",
    summary = "Stops a redrive. Executions that it has accepted go on. It stays in the list.",
    params(("id" = wire::RedriveKey, Path, description = "The redrive.")),
    responses(
        (status = 200, description = "The redrive as it is now.", body = wire::Redrive),
        errors::NoRedrive
    )
)]
async fn stop_redrive(
    State(api): State<Api>,
    id: PathId,
    request: Request,
) -> Result<Response, ApiError> {
    let run = api.platform.dead_letters().stop_redrive(id.redrive()?)?;
    let by = actor(request.extensions());
    api.note(&by, AuditAction::RedriveStopped, run.id).await;
    answer::json(StatusCode::OK, &wire::Redrive::from(&run))
}

#[utoipa::path(post, path = "/api/dead-letters/discard", tag = "Dead letters", operation_id = "discardDeadLetters",
    summary = "Discards dead letters, at most 1,000. Their executions stay, and say who discarded them.",
    request_body = wire::DiscardRequest,
    responses(
        (status = 200, description = "They are discarded.", body = wire::Discarded),
        errors::Invalid,
        errors::TooLarge
    )
)]
async fn discard(State(api): State<Api>, request: Request) -> Result<Response, ApiError> {
    let by = actor(request.extensions());
    let wanted: wire::DiscardRequest = read(&api, request).await?;
    let selection = DeadLetterSelection::try_from(wanted).map_err(ApiError::invalid)?;
    let name = match &by {
        Actor::Local => None,
        Actor::Key { name, .. } => Some(name.clone()),
    };
    let letters = api.platform.dead_letters();
    let discarded = letters.discard(&selection, name).await?;
    if discarded.discarded > 0 {
        let target = format!("{}: {}", discarded.discarded, described(&selection));
        api.note(&by, AuditAction::DeadLettersDiscarded, target)
            .await;
    }
    answer::json(StatusCode::OK, &wire::Discarded::from(discarded))
}

/// A selection as the audit log names it.
fn described(selection: &DeadLetterSelection) -> String {
    /// How many ids the audit log names.
    const NAMED: usize = 20;
    match selection {
        DeadLetterSelection::Ids(ids) => {
            let named: Vec<_> = ids.iter().take(NAMED).map(ToString::to_string).collect();
            let more = ids.len().saturating_sub(NAMED);
            let rest = match more {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("{}{rest}", named.join(" "))
        }
        DeadLetterSelection::Open {
            function, group, ..
        } => match (function, group) {
            (None, None) => "all".to_owned(),
            (Some(function), None) => format!("function {function}"),
            (None, Some(group)) => format!("group {group}"),
            (Some(function), Some(group)) => format!("function {function}, group {group}"),
        },
    }
}

async fn read<T: DeserializeOwned>(api: &Api, request: Request) -> Result<T, ApiError> {
    let (parts, stream) = request.into_parts();
    let limit = api.options.max_envelope();
    let envelope = Envelope::require(&parts.headers, stream, limit).await?;
    envelope.read()
}
