//! What the API is, for programs and for people.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, Response};
use utoipa_axum::routes;

use crate::routing::{Needs, Routes};
use crate::{Api, wire};

const PAGE: &str = include_str!("document.html");

pub(crate) fn routes() -> Routes {
    Routes::default()
        .add(Needs::Nothing, routes!(document))
        .add(Needs::Nothing, routes!(page))
}

#[utoipa::path(get, path = "/openapi.json", tag = "Server", operation_id = "getDocument",
    summary = "This document.",
    responses((status = 200, description = "OpenAPI 3.1.", body = serde_json::Value))
)]
async fn document(State(api): State<Api>) -> Response {
    wire::json_bytes(StatusCode::OK, api.document)
}

#[utoipa::path(get, path = "/docs", tag = "Server", operation_id = "getDocs",
    summary = "This document as a page for people.",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
async fn page() -> Html<&'static str> {
    Html(PAGE)
}
