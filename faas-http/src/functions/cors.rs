//! The CORS protocol for functions: answers to preflights, and the headers of other responses.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use faas_core::model::http::{HttpConfig, HttpCors};

const ALL_METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// The origin of the page that makes a request.
pub(super) fn origin(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(ORIGIN).cloned()
}

/// The answer to a preflight, if the request is one and the function has CORS settings.
pub(super) fn preflight(config: &HttpConfig, request: &Request<Body>) -> Option<Response> {
    let cors = config.cors_settings()?;
    let headers = request.headers();
    let is_preflight = request.method() == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !is_preflight {
        return None;
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let answer = response.headers_mut();
    let is_allowed = describe(cors, headers.get(ORIGIN), answer);
    if is_allowed {
        let methods = cors.methods().or_else(|| config.accepted_methods());
        let methods = methods.map_or(ALL_METHODS.to_owned(), |methods| methods.join(", "));
        set(answer, ACCESS_CONTROL_ALLOW_METHODS, &methods);
        match cors.headers() {
            Some(names) => set(answer, ACCESS_CONTROL_ALLOW_HEADERS, &names.join(", ")),
            None => {
                if let Some(asked) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
                    answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
                }
            }
        }
        let seconds = cors.max_age().as_secs().to_string();
        set(answer, ACCESS_CONTROL_MAX_AGE, &seconds);
    }
    Some(response)
}

/// Says whether pages of the origin may read a response. Replaces what the function says about it.
pub(super) fn describe(
    cors: &HttpCors,
    origin: Option<&HeaderValue>,
    headers: &mut HeaderMap,
) -> bool {
    headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
    headers.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
    if cors.varies() {
        headers.append(VARY, HeaderValue::from_static("origin"));
    }
    let origin = origin.and_then(|origin| origin.to_str().ok());
    let Some(allowed) = origin.and_then(|origin| cors.allow_origin(origin)) else {
        return false;
    };
    set(headers, ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    if cors.credentials() {
        set(headers, ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    if !cors.exposed_headers().is_empty() {
        let names = cors.exposed_headers().join(", ");
        set(headers, ACCESS_CONTROL_EXPOSE_HEADERS, &names);
    }
    true
}

fn set(headers: &mut HeaderMap, name: axum::http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
