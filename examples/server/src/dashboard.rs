//! Serves the dashboard that is built into the binary.
//!
//! A request for one of its files gets that file. A browser that navigates to a path without a
//! handler gets the dashboard's page, which has its own routes. The API answers everything else. A
//! server that was built without the dashboard says so at `/`.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{MethodRouter, any, get};
use tower::ServiceExt;
use tower_http::compression::CompressionLayer;

/// The path of each file from the root of the site, and its content.
type Files = &'static [(&'static str, &'static [u8])];

/// Empty if the dashboard was not built.
static FILES: Files = include!(concat!(env!("OUT_DIR"), "/dashboard_files.rs"));

/// Permits only the dashboard's own scripts, nothing from other origins, and no framing. Inline
/// styles are permitted because the code editor creates them.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; font-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The dashboard uses no browser feature except the clipboard.
const PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

const HEADERS: [(HeaderName, &str); 4] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
];

/// The page at `/`.
pub(crate) fn root() -> MethodRouter {
    get((async || page(FILES).unwrap_or_else(not_built)).layer(CompressionLayer::new()))
}

/// Serves the dashboard at every path that has no route in `api`. `around` may handle some of these
/// requests.
pub(crate) fn over(api: Router, around: impl FnOnce(MethodRouter) -> MethodRouter) -> Router {
    let unknown = api.clone();
    let handler = async move |request: Request| match answer(FILES, &request) {
        Some(response) => response,
        None => unknown.oneshot(request).await.into_response(),
    };
    api.fallback_service(around(any(handler.layer(CompressionLayer::new()))))
}

/// The requested file or page; `None` if the request is not for the dashboard.
fn answer(files: Files, request: &Request) -> Option<Response> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return None;
    }
    let path = request.uri().path();
    match file(files, path) {
        Some(found) => Some(found),
        None if path.starts_with("/api/") || !is_navigation(request.headers()) => None,
        None => page(files),
    }
}

/// Whether a browser navigates to a page, as opposed to a program that requests data.
fn is_navigation(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

fn page(files: Files) -> Option<Response> {
    file(files, "/index.html")
}

fn file(files: Files, path: &str) -> Option<Response> {
    let found = files.binary_search_by_key(&path, |(name, _)| name).ok()?;
    let (name, bytes) = files.get(found)?;
    // The names of assets contain a hash of their content.
    let caching = if name.starts_with("/assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = Response::new(Body::from(*bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(type_of(name)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    protect(headers);
    Some(response)
}

/// Adds the security headers of a page.
fn protect(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn type_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

fn not_built() -> Response {
    const PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
        <title>S3 for Compute</title><h1>S3 for Compute</h1>\
        <p>This server was built without its dashboard. <code>make run</code> builds it, and needs \
        Node.</p><p>The API is at <a href=\"/api/functions\">/api/functions</a>.</p></html>";
    let mut response = (StatusCode::OK, Html(PAGE)).into_response();
    protect(response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: Files = &[
        ("/assets/index-1a2b.js", b"code"),
        ("/index.html", b"<html>"),
        ("/theme.js", b"theme"),
    ];

    fn ask(files: Files, method: &str, path: &str, accept: &str) -> Option<Response> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(ACCEPT, accept);
        answer(files, &request.body(Body::empty()).unwrap())
    }

    fn header(response: &Response, name: HeaderName) -> &str {
        response.headers()[name].to_str().unwrap()
    }

    #[test]
    fn a_file_is_kept_for_ever_when_its_name_tells_its_content() {
        let asset = ask(SITE, "GET", "/assets/index-1a2b.js", "*/*").unwrap();
        assert!(header(&asset, CACHE_CONTROL).contains("immutable"));
        assert!(header(&asset, CONTENT_TYPE).starts_with("text/javascript"));
        for path in ["/theme.js", "/index.html", "/"] {
            let other = ask(SITE, "GET", path, "text/html").unwrap();
            assert_eq!(header(&other, CACHE_CONTROL), "no-cache", "{path}");
        }
    }

    #[test]
    fn whoever_navigates_gets_the_page_and_a_program_does_not() {
        let page = ask(SITE, "GET", "/functions/7?x=1", "text/html,*/*;q=0.8").unwrap();
        assert!(header(&page, CONTENT_TYPE).starts_with("text/html"));
        for (method, path, accept) in [
            ("GET", "/functions/7", "application/json"),
            ("GET", "/api/nothing", "text/html"),
            ("POST", "/functions/7", "text/html"),
            ("GET", "/assets/../index.html", "*/*"),
        ] {
            assert!(
                ask(SITE, method, path, accept).is_none(),
                "{method} {path} {accept}"
            );
        }
    }

    #[test]
    fn no_script_runs_that_is_not_a_file_of_the_dashboard() {
        let page = ask(SITE, "GET", "/", "text/html").unwrap();
        let policy = header(&page, CONTENT_SECURITY_POLICY);
        assert!(
            policy.contains("default-src 'none'; script-src 'self';"),
            "{policy}"
        );
        let scripts = policy.split("script-src").nth(1).unwrap();
        let scripts = scripts.split(';').next().unwrap();
        assert_eq!(scripts.trim(), "'self'");
    }

    #[test]
    fn without_a_dashboard_unknown_addresses_are_the_apis() {
        assert!(ask(&[], "GET", "/functions", "text/html").is_none());
    }

    #[test]
    fn the_files_that_are_built_in_are_found_by_name() {
        assert!(FILES.is_sorted_by_key(|(name, _)| name));
        for (name, bytes) in FILES {
            assert!(!bytes.is_empty(), "{name}");
            assert!(file(FILES, name).is_some(), "{name}");
        }
    }
}
