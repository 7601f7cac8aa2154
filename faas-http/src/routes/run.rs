//! Running code once. As for invocations, the code and not the router bounds the wait. A client that
//! goes away cancels the execution.

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
use crate::openapi::errors;
use crate::routing::{Needs, Routes};

pub(crate) fn routes() -> Routes {
    Routes::default().add(Needs::Key(Develop), routes!(run))
}

#[utoipa::path(post, path = "/api/run", tag = "Functions", operation_id = "runCode",
    summary = "Runs code once, in an isolate of its own, and waits for its end. The code is not stored: only the execution is, with the SHA-256 of the code. Needs a key that may upload functions and call them.",
    request_body = wire::RunRequest,
    responses(
        (status = 200, description = "The execution, also if the code failed: `status` says which, `output` has the result.", body = wire::Execution),
        errors::Invalid,
        errors::TooLarge,
        errors::Overloaded,
        (status = 500, description = "`result_not_stored`: the code ran, and its result could not be stored.", body = wire::ErrorBody),
        (status = 503, description = "`unavailable`: try again later.", body = wire::ErrorBody)
    )
)]
async fn run(State(api): State<Api>, request: Request) -> Result<Response, ApiError> {
    let (parts, stream) = request.into_parts();
    let read = Envelope::require(&parts.headers, stream, api.options.max_upload());
    let envelope = tokio::time::timeout(api.options.request_timeout, read)
        .await
        .map_err(|_elapsed| ApiError::body_too_slow())??;
    let request: wire::RunRequest<'_> = envelope.read()?;
    let mut script = request.script(|input| envelope.share(input));
    script.caller = caller(&parts.extensions);
    let execution = api.platform.run(script).await?;
    answer::json(StatusCode::OK, &wire::Execution::from(&*execution))
}
