//! What the API is, for programs and for people.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use utoipa_axum::routes;

use crate::routing::{Needs, Routes};
use crate::{Api, answer};

const PAGE: &str = include_str!("document.html");
/// Its own script and nothing else, named by the hash of its text: a test tells what that is.
const POLICY: &str = "default-src 'none'; script-src 'sha256-XZn2zviZH4g2K5BfAveojIndfyhPPeCJqc9g4uNpuO0='; \
                      style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// Anybody may have it; it changes with the server's release.
const REVALIDATED: &str = "no-cache";

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
    let answer = answer::json_bytes(StatusCode::OK, api.document);
    ([(CACHE_CONTROL, REVALIDATED)], answer).into_response()
}

#[utoipa::path(get, path = "/docs", tag = "Server", operation_id = "getDocs",
    summary = "This document as a page for people.",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
async fn page() -> Response {
    let page = super::page::page(PAGE, POLICY);
    ([(CACHE_CONTROL, REVALIDATED)], page).into_response()
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_policy_names_the_pages_script_and_no_other() {
        let mut scripts = PAGE.split("<script>").skip(1);
        let script = scripts.next().unwrap().split("</script>").next().unwrap();
        assert!(scripts.next().is_none() && PAGE.matches("<script").count() == 1);
        let hash = base64(&Sha256::digest(script.as_bytes()));
        assert!(
            POLICY.contains(&format!("script-src 'sha256-{hash}';")),
            "{hash}"
        );
    }

    fn base64(bytes: &[u8]) -> String {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let group = |three: &[u8]| -> String {
            let mut padded = [0; 4];
            padded[1..=three.len()].copy_from_slice(three);
            let bits = u32::from_be_bytes(padded);
            let digit = |n| char::from(DIGITS[(bits >> (18 - 6 * n) & 63) as usize]);
            (0..4)
                .map(|n| if n > three.len() { '=' } else { digit(n) })
                .collect()
        };
        bytes.chunks(3).map(group).collect()
    }
}
