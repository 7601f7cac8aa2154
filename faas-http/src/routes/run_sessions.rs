//! Sessions: code that runs in one isolate, whose globals stay between runs.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use faas_api as wire;
use faas_core::access::Permission::Develop;
use utoipa_axum::routes;

use crate::Api;
use crate::answer;
use crate::audit::caller;
use crate::envelope::Envelope;
use crate::error::ApiError;
use crate::extract::PathId;
use crate::openapi::errors;
use crate::routing::{Needs, Routes};

pub(crate) fn routes() -> Routes {
    Routes::default()
        .add(Needs::Key(Develop), routes!(open, list))
        .add(Needs::Key(Develop), routes!(read, close))
}

/// The route that waits for code.
pub(crate) fn runs() -> Routes {
    Routes::default().add(Needs::Key(Develop), routes!(run))
}

#[utoipa::path(post, path = "/api/sessions", tag = "Functions", operation_id = "openRunSession",
    summary = "Opens a session: an isolate whose globals stay between runs. It lives on this server only, and ends with it.",
    request_body = Option<wire::NewRunSession>,
    responses(
        (status = 201, description = "The session.", body = wire::RunSession),
        errors::Invalid,
        (status = 409, description = "`conflict`: there are as many sessions as there may be, in total or of this key.", body = wire::ErrorBody),
        errors::TooLarge
    )
)]
async fn open(State(api): State<Api>, request: Request) -> Result<Response, ApiError> {
    let (parts, stream) = request.into_parts();
    let limit = api.options.max_envelope();
    let envelope = Envelope::receive(&parts.headers, stream, limit).await?;
    let new: wire::NewRunSession = match &envelope {
        Some(envelope) => envelope.read()?,
        None => wire::NewRunSession::default(),
    };
    let mut config = faas_core::platform::SessionConfig::from(new);
    config.caller = caller(&parts.extensions);
    let session = api.platform.sessions().open(config)?;
    answer::json(StatusCode::CREATED, &wire::RunSession::from(&session))
}

#[utoipa::path(get, path = "/api/sessions", tag = "Functions", operation_id = "listRunSessions",
    summary = "The sessions of this server, the oldest first.",
    responses((status = 200, description = "The sessions.", body = Vec<wire::RunSession>))
)]
async fn list(State(api): State<Api>) -> Result<Response, ApiError> {
    let sessions = api.platform.sessions().list();
    let bodies: Vec<_> = sessions.iter().map(wire::RunSession::from).collect();
    answer::json(StatusCode::OK, &bodies)
}

#[utoipa::path(get, path = "/api/sessions/{id}", tag = "Functions", operation_id = "getRunSession",
    summary = "One session.",
    params(("id" = wire::RunSessionKey, Path, description = "The session.")),
    responses(
        (status = 200, description = "The session.", body = wire::RunSession),
        errors::NoSession
    )
)]
async fn read(State(api): State<Api>, id: PathId) -> Result<Response, ApiError> {
    let session = api.platform.sessions().get(id.session()?)?;
    answer::json(StatusCode::OK, &wire::RunSession::from(&session))
}

#[utoipa::path(delete, path = "/api/sessions/{id}", tag = "Functions", operation_id = "closeRunSession",
    summary = "Ends a session, and cancels what runs in it.",
    params(("id" = wire::RunSessionKey, Path, description = "The session.")),
    responses(
        (status = 200, description = "It has ended.", body = wire::Message),
        errors::NoSession
    )
)]
async fn close(State(api): State<Api>, id: PathId) -> Result<Response, ApiError> {
    api.platform.sessions().close(id.session()?)?;
    answer::json(StatusCode::OK, &wire::Message::new("Session closed"))
}

#[utoipa::path(post, path = "/api/sessions/{id}/run", tag = "Functions", operation_id = "runInSession",
    summary = "Runs code in a session and waits for its end. A client that goes away cancels the execution, which ends the session; so do a timeout and a budget that is used up.",
    params(("id" = wire::RunSessionKey, Path, description = "The session.")),
    request_body = wire::SessionRunRequest,
    responses(
        (status = 200, description = "The execution, also if the code failed.", body = wire::Execution),
        errors::Invalid,
        errors::NoSession,
        (status = 409, description = "`conflict`: other code runs in the session.", body = wire::ErrorBody),
        errors::TooLarge,
        errors::Overloaded,
        (status = 500, description = "`result_not_stored`: the code ran, and its result could not be stored.", body = wire::ErrorBody),
        (status = 503, description = "`unavailable`: try again later.", body = wire::ErrorBody)
    )
)]
async fn run(State(api): State<Api>, id: PathId, request: Request) -> Result<Response, ApiError> {
    let id = id.session()?;
    let (parts, stream) = request.into_parts();
    let read = Envelope::require(&parts.headers, stream, api.options.max_upload());
    let envelope = tokio::time::timeout(api.options.request_timeout, read)
        .await
        .map_err(|_elapsed| ApiError::body_too_slow())??;
    let request: wire::SessionRunRequest<'_> = envelope.read()?;
    let run = request.run(|input| envelope.share(input));
    let execution = api.platform.sessions().run(id, run).await?;
    answer::json(StatusCode::OK, &wire::Execution::from(&*execution))
}
