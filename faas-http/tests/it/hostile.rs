//! Thousands of random requests, in process: none is answered with a fault of the server's own.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use faas_core::Platform;
use faas_core::model::{FunctionId, Json};
use faas_core::platform::NewFunction;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tower::ServiceExt;

use crate::server::platform;

/// Parts of paths, among them `ID`, which stands for a function that exists.
const SEGMENTS: [&str; 26] = [
    "api",
    "functions",
    "executions",
    "metrics",
    "costs",
    "ID",
    "execute",
    "invoke",
    "logs",
    "cancel",
    "retry",
    "history",
    "scaling",
    "scaling-history",
    "pricing",
    "estimate",
    "system",
    "function",
    "trends",
    "breakdown",
    "samples",
    "healthz",
    "%FF",
    "..",
    "x",
    "01890a5d-ac96-774b-bcce-b302099a8057",
];

const ROUTES: [&str; 26] = [
    "/api/functions",
    "/api/functions/ID",
    "/api/functions/ID/execute",
    "/api/functions/ID/invoke",
    "/api/functions/ID/logs",
    "/api/executions",
    "/api/executions/ID",
    "/api/executions/ID/cancel",
    "/api/executions/ID/retry",
    "/api/metrics",
    "/api/metrics/executions/history",
    "/api/metrics/scaling/history",
    "/api/costs/pricing",
    "/api/costs/estimate",
    "/api/costs/system",
    "/api/costs/function/ID",
    "/api/costs/trends",
    "/api/costs/breakdown",
    "/api/costs/executions",
    "/api/load-tests",
    "/api/load-tests/ID",
    "/api/load-tests/estimate",
    "/api/samples",
    "/docs",
    "/metrics",
    "/openapi.json",
];

const NAMES: [&str; 12] = [
    "limit",
    "status",
    "hours",
    "startDate",
    "endDate",
    "granularity",
    "functionId",
    "cursor",
    "from",
    "to",
    "retry",
    "x",
];

const VALUES: [&str; 24] = [
    "",
    "0",
    "1",
    "1000",
    "-1",
    "99999999999999999999",
    "1e9",
    "NaN",
    "completed",
    "true",
    "minute",
    "month",
    "1970-01-01",
    "9999-12-31",
    "9999-12-31T23:59:59.999999999Z",
    "2026-02-29",
    "0000-00-00",
    "1970-01-01T00:00:00+23:59",
    "2026-01-31T14:00:00Z",
    "ID",
    "%00",
    "%FF",
    "%",
    "01890a5d-ac96-774b-bcce-b302099a8057",
];

const JSON: [&str; 14] = [
    "{}",
    "null",
    "[]",
    "1e999",
    "-0",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "true",
    r#"{"timeout":1e308}"#,
    r#"{"retryCount":-0}"#,
    "18446744073709551616",
    "\"ID\"",
    "\"echo\"",
    "0.1e-400",
];

const KEYS: [&str; 14] = [
    "name",
    "description",
    "code",
    "config",
    "status",
    "input",
    "functionId",
    "estimatedDuration",
    "timeout",
    "retryCount",
    "concurrency",
    "memory",
    "bindings",
    "__proto__",
];

fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(&ROUTES[..]).prop_map(str::to_owned),
        1 => prop::collection::vec(prop::sample::select(&SEGMENTS[..]), 0..6)
            .prop_map(|segments| format!("/{}", segments.join("/"))),
    ]
}

fn query() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        4 => prop::sample::select(&VALUES[..]).prop_map(str::to_owned),
        1 => "[ -~&&[^#]]{0,20}".prop_map(|text| text.replace(' ', "+")),
    ];
    let pair = (prop::sample::select(&NAMES[..]), value).prop_map(|(n, v)| format!("{n}={v}"));
    prop::collection::vec(pair, 0..4).prop_map(|pairs| pairs.join("&"))
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let json = prop::sample::select(&JSON[..]).prop_map(str::to_owned);
    let object = prop::collection::vec((prop::sample::select(&KEYS[..]), json.clone()), 0..6)
        .prop_map(|members| {
            let members: Vec<_> = members
                .iter()
                .map(|(k, v)| format!("\"{k}\":{v}"))
                .collect();
            format!("{{{}}}", members.join(","))
        });
    let text = prop_oneof![1 => json, 4 => object].prop_map(String::into_bytes);
    // Mutated: a byte changed, or the end cut off.
    let mutated = (
        text.clone(),
        any::<prop::sample::Index>(),
        any::<u8>(),
        any::<bool>(),
    )
        .prop_map(|(mut bytes, at, byte, cut)| {
            let at = at.index(bytes.len());
            if cut {
                bytes.truncate(at);
            } else {
                bytes[at] = byte;
            }
            bytes
        });
    prop_oneof![
        4 => text,
        3 => mutated,
        1 => prop::collection::vec(any::<u8>(), 0..64),
        1 => (1..3_000_usize).prop_map(|depth| "[".repeat(depth).into_bytes()),
        1 => (1..3_000_usize).prop_map(|depth| "{\"input\":".repeat(depth).into_bytes()),
    ]
}

fn request() -> impl Strategy<Value = (Method, String, Vec<u8>, Option<String>)> {
    let methods = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::HEAD,
    ];
    (
        prop::sample::select(methods.to_vec()),
        (path(), query()).prop_map(|(path, query)| format!("{path}?{query}")),
        body(),
        prop::option::of("[ -~]{0,300}"),
    )
        .prop_map(|parts| parts)
}

/// What the requests are thrown at.
struct Target {
    platform: Platform,
    app: Router,
    /// A function that can be called; made anew when a request has deleted or broken it.
    function: Mutex<FunctionId>,
    /// How many requests were answered with success.
    successes: AtomicUsize,
}

impl Target {
    async fn new() -> Self {
        let platform = platform().await;
        Self {
            app: faas_http::router(platform.clone()),
            function: Mutex::new(upload(&platform).await),
            platform,
            successes: AtomicUsize::new(0),
        }
    }

    async fn function(&self) -> FunctionId {
        let id = *self.function.lock().unwrap();
        if self.platform.invoke(id, Json::null()).await.is_ok() {
            return id;
        }
        let id = upload(&self.platform).await;
        *self.function.lock().unwrap() = id;
        id
    }

    async fn try_one(
        &self,
        (method, uri, body, header): (Method, String, Vec<u8>, Option<String>),
    ) -> Result<(), TestCaseError> {
        let function = self.function().await.to_string();
        let uri = uri.replace("ID", &function);
        let mut request = Request::builder().method(&method).uri(&uri);
        if let Some(header) = header {
            request = request
                .header("idempotency-key", header.as_str())
                .header("x-request-id", header.as_str())
                .header("content-type", header.as_str());
        }
        let body = replace(&body, b"ID", function.as_bytes());
        let Ok(request) = request.body(Body::from(body)) else {
            // The client's own library refuses such a request.
            return Ok(());
        };
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status();
        prop_assert!(status.as_u16() < 500, "{} {}: {}", method, uri, status);
        prop_assert!(response.headers().contains_key("x-request-id"));
        if status.is_success() {
            self.successes.fetch_add(1, Ordering::Relaxed);
        } else if method != Method::HEAD {
            let bytes = axum::body::to_bytes(response.into_body(), 1 << 20)
                .await
                .unwrap();
            let error: serde_json::Value = serde_json::from_slice(&bytes)
                .map_err(|error| TestCaseError::fail(format!("{method} {uri}: {error}")))?;
            prop_assert!(
                error["error"].is_string() && error["code"].is_string(),
                "{}",
                error
            );
        }
        Ok(())
    }
}

async fn upload(platform: &Platform) -> FunctionId {
    let new = NewFunction::new(format!("f{}", platform.now().as_micros()), "echoes", "echo");
    platform.functions().create(new).await.unwrap().id
}

fn replace(bytes: &[u8], from: &[u8; 2], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(2).position(|window| window == from) {
        replaced.extend_from_slice(&rest[..at]);
        replaced.extend_from_slice(to);
        rest = &rest[at + 2..];
    }
    replaced.extend_from_slice(rest);
    replaced
}

#[test]
fn no_request_causes_a_server_error() {
    const CASES: u32 = 5_000;
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let target = tokio.block_on(Target::new());
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&request(), |parts| tokio.block_on(target.try_one(parts)))
        .unwrap();
    // Otherwise nothing but the refusals was tried.
    assert!(target.successes.into_inner() > CASES as usize / 20);
}
