//! The session: which key the client uses, whether it needs one, and what functions can have.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use faas_api as wire;
use faas_core::access::{Access, Caller};
use utoipa_axum::routes;

use crate::Api;
use crate::answer;
use crate::error::ApiError;
use crate::routing::{Needs, Routes};

pub(crate) fn routes() -> Routes {
    Routes::default().add(Needs::NoWrongKey, routes!(session))
}

/// `key` is null if the request has no key. A wrong or expired key is refused.
#[utoipa::path(get, path = "/api/session", tag = "Access", operation_id = "getSession",
    summary = "Whether a key is required, which key the request has, whether functions can have secrets, and which runtimes there are.",
    responses(
        (status = 200, description = "The session.", body = wire::Session)
    )
)]
async fn session(
    State(api): State<Api>,
    caller: Option<Extension<Caller>>,
) -> Result<Response, ApiError> {
    let key = match &caller {
        Some(Extension(Caller::Key(key))) => Some(&**key),
        Some(Extension(Caller::Local)) | None => None,
    };
    let access = api.options.access.as_ref();
    let required = key.is_some() || access.is_some_and(Access::is_required);
    let secrets = api.platform.can_store_secrets();
    // Without a key that is needed, a client learns nothing of the server.
    let may_know = key.is_some() || !required;
    let runtimes = api.platform.runtimes().filter(|_| may_know);
    let session = wire::Session::new(required, key, secrets, runtimes);
    answer::json(StatusCode::OK, &session)
}
