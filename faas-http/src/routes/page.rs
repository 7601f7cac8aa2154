//! What a browser is shown that comes to the root, and what every page tells it of itself.

use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{Html, IntoResponse, Response};

static PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
/// Nothing of what a browser could offer is needed.
const NO_PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
/// For a page without scripts.
const STILL: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
                     form-action 'none'; frame-ancestors 'none'";

/// A page that may do what `policy` says and nothing else.
pub(super) fn page(text: &'static str, policy: &'static str) -> Response {
    let headers = [
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (PERMISSIONS_POLICY.clone(), NO_PERMISSIONS),
    ];
    (headers, Html(text)).into_response()
}

/// A page that says what this is and where the API begins. The router does not serve it: the root
/// belongs to the host, who may have a dashboard for it, or live events beside it.
pub async fn front_page() -> impl IntoResponse {
    page(PAGE, STILL)
}

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>S3 for Compute</title>
<h1>S3 for Compute</h1>
<p>Upload a JavaScript function; it is run, scaled and priced here.</p>
<ul>
<li><a href="api/functions">/api/functions</a>: the functions; POST one to upload it</li>
<li><a href="api/samples">/api/samples</a>: functions to begin with</li>
<li><a href="api/executions">/api/executions</a>: what was run</li>
<li><a href="api/metrics">/api/metrics</a>: how it goes</li>
<li><a href="api/costs/pricing">/api/costs/pricing</a>, <a href="api/costs/system">/api/costs/system</a>: what it costs</li>
<li><a href="api/load-tests">/api/load-tests</a>: how it does under load; POST one to start it</li>
<li><a href="docs">/docs</a>: the whole API, and as OpenAPI at <a href="openapi.json">/openapi.json</a></li>
<li><a href="metrics">/metrics</a>: for Prometheus; <a href="healthz">/healthz</a>, <a href="readyz">/readyz</a>: its health</li>
</ul>
<p>Live events come over a WebSocket at <code>/ws</code>.</p>
</html>
"#;
