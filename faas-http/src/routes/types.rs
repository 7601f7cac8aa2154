//! The types of what functions can use, for editors.

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use faas_core::access::Permission::Read;
use utoipa_axum::routes;

use crate::Api;
use crate::routing::{Needs, Routes};

pub(crate) fn routes() -> Routes {
    Routes::default().add(Needs::Key(Read), routes!(types))
}

#[utoipa::path(get, path = "/api/types.d.ts", tag = "Functions", operation_id = "getTypes",
    summary = "The types of `context` and of the host's functions, in TypeScript.",
    responses(
        (status = 200, description = "A TypeScript declaration file.", body = String,
            content_type = "text/plain")
    )
)]
async fn types(State(api): State<Api>) -> Response {
    // Browsers would download `application/typescript`.
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    let text = api.platform.bindings().typescript();
    ([(CONTENT_TYPE, kind)], text).into_response()
}
