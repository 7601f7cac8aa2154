//! What a browser is shown that comes to the root.

use axum::response::{Html, IntoResponse};

/// A page that says what this is and where the API begins. The router does not serve it: the root
/// belongs to the host, who may have a dashboard for it, or live events beside it.
pub async fn front_page() -> impl IntoResponse {
    Html(PAGE)
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
