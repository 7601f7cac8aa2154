//! Schedules: functions that are executed by the clock.

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use faas_api as wire;
use faas_core::access::Permission::{Develop, Invoke, Read};
use faas_core::model::{AuditAction, Schedule};
use faas_core::store::ScheduleQuery;
use utoipa_axum::routes;

use super::{DEFAULT_LIST, MAX_LIST};
use crate::Api;
use crate::answer;
use crate::audit::{actor, caller};
use crate::envelope::Envelope;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::openapi::errors;
use crate::routing::{Needs, Routes};

pub(crate) fn routes() -> Routes {
    Routes::default()
        .add(Needs::Key(Read), routes!(list_of_function))
        .add(Needs::Key(Develop), routes!(create))
        .add(Needs::Key(Read), routes!(list))
        .add(Needs::Key(Read), routes!(preview))
        .add(Needs::Key(Read), routes!(read))
        .add(Needs::Key(Develop), routes!(update, delete))
        .add(Needs::Key(Develop), routes!(pause))
        .add(Needs::Key(Develop), routes!(resume))
        .add(Needs::Key(Invoke), routes!(fire))
}

#[utoipa::path(get, path = "/api/functions/{id}/schedules", tag = "Schedules", operation_id = "listFunctionSchedules",
    summary = "The schedules of a function, oldest first.",
    params(
        ("id" = wire::FunctionKey, Path, description = "The function.")
    ),
    responses(
        (status = 200, description = "The schedules.", body = Vec<wire::Schedule>),
        errors::NoFunction
    )
)]
async fn list_of_function(State(api): State<Api>, id: PathId) -> Result<Response, ApiError> {
    let id = id.function()?;
    let query = ScheduleQuery {
        function: Some(id),
        after: None,
        limit: MAX_LIST as usize,
    };
    let found = api.platform.schedules().list(&query).await?;
    if found.is_empty() {
        // Empty because there is none, or because the function does not exist.
        api.platform.functions().get(id).await?;
    }
    answer::json(StatusCode::OK, &shown(&api, &found))
}

#[utoipa::path(post, path = "/api/functions/{id}/schedules", tag = "Schedules", operation_id = "createSchedule",
    summary = "Adds a schedule to a function.",
    request_body = wire::NewSchedule,
    params(
        ("id" = wire::FunctionKey, Path, description = "The function.")
    ),
    responses(
        (status = 201, description = "The schedule.", body = wire::Schedule),
        errors::Invalid,
        errors::NoAlias,
        errors::Conflict,
        errors::TooLarge
    )
)]
async fn create(
    State(api): State<Api>,
    id: PathId,
    request: Request,
) -> Result<Response, ApiError> {
    let id = id.function()?;
    let by = actor(request.extensions());
    let envelope = envelope(&api, request).await?;
    let new: wire::NewSchedule<'_> = envelope.read()?;
    let new = new.at(api.platform.now()).map_err(ApiError::invalid)?;
    let schedule = api.platform.schedules().create(id, new).await?;
    api.note(&by, AuditAction::ScheduleCreated, schedule.id)
        .await;
    one(&api, StatusCode::CREATED, &schedule)
}

#[utoipa::path(get, path = "/api/schedules", tag = "Schedules", operation_id = "listSchedules",
    summary = "The schedules of all functions, oldest first, page by page.",
    params(
        ("limit" = Option<u32>, Query, description = "The most to return. Default: 50. A larger number counts as 1000.", minimum = 1, maximum = 1000),
        ("cursor" = Option<wire::ScheduleKey>, Query, description = "The `nextCursor` of the previous page.")
    ),
    responses(
        (status = 200, description = "A page.", body = wire::SchedulePage),
        errors::Invalid
    )
)]
async fn list(State(api): State<Api>, uri: Uri) -> Result<Response, ApiError> {
    let params = Params::of(&uri)?;
    let limit = params.number("limit", 1..=MAX_LIST, DEFAULT_LIST)? as usize;
    let after = match params.text("cursor")? {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            ApiError::invalid("invalid cursor: expected the nextCursor of the previous page")
        })?),
    };
    let query = ScheduleQuery {
        function: None,
        after,
        // One more tells whether there is a next page.
        limit: limit + 1,
    };
    let found = api.platform.schedules().list(&query).await?;
    let more = found.len() > limit;
    let page = found.get(..limit).unwrap_or(&found);
    let next = page.last().filter(|_| more).map(|last| last.id.into());
    let page = wire::SchedulePage::new(shown(&api, page), next);
    answer::json(StatusCode::OK, &page)
}

#[utoipa::path(post, path = "/api/schedules/preview", tag = "Schedules", operation_id = "previewSchedule",
    summary = "Shows when a schedule would fire. Stores nothing.",
    request_body = wire::ScheduleTimes,
    responses(
        (status = 200, description = "The next times.", body = wire::UpcomingTimes),
        errors::Invalid
    )
)]
async fn preview(State(api): State<Api>, request: Request) -> Result<Response, ApiError> {
    let envelope = envelope(&api, request).await?;
    let times: wire::ScheduleTimes<'_> = envelope.read()?;
    let upcoming = times.upcoming(api.platform.now());
    answer::json(StatusCode::OK, &upcoming.map_err(ApiError::invalid)?)
}

#[utoipa::path(get, path = "/api/schedules/{id}", tag = "Schedules", operation_id = "getSchedule",
    summary = "One schedule.",
    params(("id" = wire::ScheduleKey, Path, description = "The schedule.")),
    responses(
        (status = 200, description = "The schedule.", body = wire::Schedule),
        errors::NoSchedule
    )
)]
async fn read(State(api): State<Api>, id: PathId) -> Result<Response, ApiError> {
    let schedule = api.platform.schedules().get(id.schedule()?).await?;
    one(&api, StatusCode::OK, &schedule)
}

#[utoipa::path(put, path = "/api/schedules/{id}", tag = "Schedules", operation_id = "updateSchedule",
    summary = "Changes a schedule. Members that are not named stay.",
    request_body = wire::ScheduleChange,
    params(("id" = wire::ScheduleKey, Path, description = "The schedule.")),
    responses(
        (status = 200, description = "The schedule as it is now.", body = wire::Schedule),
        errors::Invalid,
        errors::NoSchedule,
        errors::Conflict,
        errors::TooLarge
    )
)]
async fn update(
    State(api): State<Api>,
    id: PathId,
    request: Request,
) -> Result<Response, ApiError> {
    let id = id.schedule()?;
    let by = actor(request.extensions());
    let envelope = envelope(&api, request).await?;
    let change: wire::ScheduleChange<'_> = envelope.read()?;
    let update = change.at(api.platform.now()).map_err(ApiError::invalid)?;
    let schedule = api.platform.schedules().update(id, update).await?;
    api.note(&by, AuditAction::ScheduleUpdated, id).await;
    one(&api, StatusCode::OK, &schedule)
}

#[utoipa::path(delete, path = "/api/schedules/{id}", tag = "Schedules", operation_id = "deleteSchedule",
    summary = "Deletes a schedule. Executions that it has started go on.",
    params(("id" = wire::ScheduleKey, Path, description = "The schedule.")),
    responses(
        (status = 200, description = "It is deleted.", body = wire::Message),
        errors::NoSchedule
    )
)]
async fn delete(
    State(api): State<Api>,
    id: PathId,
    request: Request,
) -> Result<Response, ApiError> {
    let id = id.schedule()?;
    api.platform.schedules().delete(id).await?;
    let by = actor(request.extensions());
    api.note(&by, AuditAction::ScheduleDeleted, id).await;
    let message = "Schedule deleted successfully";
    answer::json(StatusCode::OK, &wire::Message::new(message))
}

#[utoipa::path(post, path = "/api/schedules/{id}/pause", tag = "Schedules", operation_id = "pauseSchedule",
    summary = "Stops a schedule from firing until it is resumed.",
    params(("id" = wire::ScheduleKey, Path, description = "The schedule.")),
    responses(
        (status = 200, description = "The schedule as it is now.", body = wire::Schedule),
        errors::NoSchedule,
        errors::Conflict
    )
)]
async fn pause(State(api): State<Api>, id: PathId, request: Request) -> Result<Response, ApiError> {
    let id = id.schedule()?;
    let schedule = api.platform.schedules().pause(id).await?;
    let by = actor(request.extensions());
    api.note(&by, AuditAction::ScheduleUpdated, id).await;
    one(&api, StatusCode::OK, &schedule)
}

#[utoipa::path(post, path = "/api/schedules/{id}/resume", tag = "Schedules", operation_id = "resumeSchedule",
    summary = "Lets a paused schedule fire again, from now on.",
    params(("id" = wire::ScheduleKey, Path, description = "The schedule.")),
    responses(
        (status = 200, description = "The schedule as it is now.", body = wire::Schedule),
        errors::NoSchedule,
        errors::Conflict
    )
)]
async fn resume(
    State(api): State<Api>,
    id: PathId,
    request: Request,
) -> Result<Response, ApiError> {
    let id = id.schedule()?;
    let schedule = api.platform.schedules().resume(id).await?;
    let by = actor(request.extensions());
    api.note(&by, AuditAction::ScheduleUpdated, id).await;
    one(&api, StatusCode::OK, &schedule)
}

#[utoipa::path(post, path = "/api/schedules/{id}/fire", tag = "Schedules", operation_id = "fireSchedule",
    summary = "Fires a schedule now, whether it is paused or not. Its next firing stays.",
    params(("id" = wire::ScheduleKey, Path, description = "The schedule.")),
    responses(
        (status = 202, description = "The execution is stored and will run.", body = wire::Accepted),
        errors::InvalidOrInactive,
        errors::NoSchedule,
        errors::Overloaded
    )
)]
async fn fire(State(api): State<Api>, id: PathId, request: Request) -> Result<Response, ApiError> {
    let id = id.schedule()?;
    let caller = caller(request.extensions());
    let accepted = api.platform.schedules().fire(id, caller).await?;
    let by = actor(request.extensions());
    api.note(&by, AuditAction::ScheduleFired, id).await;
    let message = "Function execution started";
    let body = wire::Accepted::new(accepted.id, accepted.status, message);
    answer::json(StatusCode::ACCEPTED, &body)
}

async fn envelope(api: &Api, request: Request) -> Result<Envelope, ApiError> {
    let (parts, stream) = request.into_parts();
    Envelope::require(&parts.headers, stream, api.options.max_envelope()).await
}

fn shown<'a>(api: &Api, found: &'a [Schedule]) -> Vec<wire::Schedule<'a>> {
    let now = api.platform.now();
    let found = found.iter();
    found.map(|one| wire::Schedule::new(one, now)).collect()
}

fn one(api: &Api, status: StatusCode, schedule: &Schedule) -> Result<Response, ApiError> {
    answer::json(status, &wire::Schedule::new(schedule, api.platform.now()))
}
