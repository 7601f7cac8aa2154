//! The layers of every request: ids, limits, CORS, compression, errors in JSON.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use faas_http::HttpOptions;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::server::{Server, platform, start, start_with};

#[tokio::test]
async fn every_answer_has_a_request_id_and_a_sane_one_is_kept() {
    let server = start().await;
    let id_of = async |path: &str, given: Option<&str>| {
        let mut request = server.request(Method::GET, path);
        if let Some(given) = given {
            request = request.header("x-request-id", given);
        }
        let response = request.send().await.unwrap();
        response.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(id_of("/healthz", Some("my-id_1")).await, "my-id_1");
    for path in ["/healthz", "/nowhere", "/api/functions/x"] {
        let (first, second) = (id_of(path, None).await, id_of(path, None).await);
        assert!(!first.is_empty() && first != second);
    }
    let long = "x".repeat(129);
    for bad in [long.as_str(), "two words", ""] {
        assert_ne!(id_of("/healthz", Some(bad)).await, bad);
    }
}

#[tokio::test]
async fn only_public_responses_may_be_cached() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let invoke = format!("/api/functions/{id}/invoke");
    let all: [(Method, &str, u16, &str); 9] = [
        (Method::GET, "/api/functions", 200, "no-store"),
        (Method::POST, &invoke, 200, "no-store"),
        (Method::GET, "/api/functions/x", 404, "no-store"),
        (Method::GET, "/api/nowhere", 404, "no-store"),
        (Method::PATCH, "/api/functions", 405, "no-store"),
        (Method::GET, "/api/costs/system/", 200, "no-store"),
        (Method::GET, "/metrics", 200, "no-store"),
        (Method::GET, "/docs", 200, "no-cache"),
        (Method::GET, "/openapi.json", 200, "no-cache"),
    ];
    for (method, path, status, expected) in all {
        let answer = server.request(method, path).body("{}").send().await;
        let answer = answer.unwrap();
        let caching: Vec<_> = answer.headers().get_all("cache-control").iter().collect();
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert_eq!(caching, [expected], "{path}");
    }
}

#[tokio::test]
async fn only_pages_of_configured_origins_may_call() {
    let mut options = HttpOptions::default();
    options.cors_origins = vec!["https://ours.example".to_owned()];
    let server = start_with(platform().await, options).await;
    let allowed = async |server: &Server, origin: &str| {
        let preflight = server
            .request(Method::OPTIONS, "/api/functions")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "content-type,idempotency-key",
            )
            .send()
            .await
            .unwrap();
        let origin = preflight.headers().get("access-control-allow-origin");
        origin.map(|origin| origin.to_str().unwrap().to_owned())
    };
    assert_eq!(
        allowed(&server, "https://ours.example").await.as_deref(),
        Some("https://ours.example")
    );
    assert_eq!(allowed(&server, "https://theirs.example").await, None);
    let closed = start().await;
    assert_eq!(allowed(&closed, "https://ours.example").await, None);
    let response = server
        .request(Method::GET, "/api/functions")
        .header("origin", "https://ours.example")
        .send()
        .await
        .unwrap();
    assert_eq!(
        response.headers()["access-control-allow-origin"],
        "https://ours.example"
    );
    let exposed = response.headers()["access-control-expose-headers"]
        .to_str()
        .unwrap();
    assert!(
        exposed.contains("x-execution-id") && exposed.contains("x-request-id"),
        "{exposed}"
    );
}

#[tokio::test]
async fn large_responses_are_compressed_for_clients_that_accept_gzip() {
    let server = start().await;
    let large = server.upload("large", "zeros 5000").await;
    let small = server.upload("small", "zeros 5").await;
    for (id, accepts, compressed) in [
        (&large, "gzip", true),
        (&large, "identity", false),
        (&large, "br, zstd", false),
        (&small, "gzip", false),
    ] {
        let response = server
            .request(Method::POST, &format!("/api/functions/{id}/invoke"))
            .header("accept-encoding", accepts)
            .send()
            .await
            .unwrap();
        let encoding = response.headers().get("content-encoding").cloned();
        assert_eq!(encoding.is_some(), compressed, "{accepts}");
        let bytes = response.bytes().await.unwrap();
        assert_eq!(bytes.starts_with(&[0x1f, 0x8b]), compressed);
        assert_eq!(bytes.len() < 1024, compressed || id == &small);
    }
}

#[tokio::test]
async fn an_unknown_path_or_method_is_answered_in_json() {
    let server = start().await;
    let (status, body) = server.send(Method::GET, "/api/nowhere", Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(body["code"], "not_found");
    assert!(body["error"].as_str().unwrap().contains("/api/nowhere"));
    let (_, body) = server
        .send(Method::GET, "/api/costs/nowhere", Value::Null)
        .await;
    assert_eq!(body["success"], false);

    for (method, path, allowed) in [
        (Method::DELETE, "/api/functions", "GET,HEAD,POST"),
        (Method::GET, "/api/functions/x/invoke", "POST"),
        (Method::POST, "/api/costs/system", "GET,HEAD"),
        (Method::PATCH, "/healthz", "GET,HEAD"),
    ] {
        let response = server.request(method, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(response.headers()["allow"], allowed);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["code"], "method_not_allowed");
    }
}

#[tokio::test]
async fn the_router_works_where_a_host_mounts_it() {
    let platform = platform().await;
    let app = axum::Router::new().nest("/faas", faas_http::router(platform));
    let get = |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        app.clone().oneshot(request)
    };
    assert_eq!(get("/faas/api/functions").await.unwrap().status(), 200);
    assert_eq!(get("/api/functions").await.unwrap().status(), 404);
    let invoke = Request::post("/faas/api/functions/01890a5d-ac96-774b-bcce-b302099a8057/invoke");
    let answer = app
        .clone()
        .oneshot(invoke.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let bytes = axum::body::to_bytes(answer.into_body(), 1024)
        .await
        .unwrap();
    let body: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(body["code"], "function_not_found");
}

/// A body that never arrives, or ends early.
struct Stalled(Option<io::ErrorKind>);

impl axum::body::HttpBody for Stalled {
    type Data = axum::body::Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Self::Data>, io::Error>>> {
        match self.0 {
            Some(kind) => Poll::Ready(Some(Err(kind.into()))),
            None => Poll::Pending,
        }
    }
}

#[tokio::test]
async fn a_body_that_never_arrives_times_out() {
    let mut options = HttpOptions::default();
    options.request_timeout = Duration::from_millis(10);
    let platform = platform().await;
    let app = faas_http::router_with(platform, options);
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    for (path, broken, status) in [
        ("/api/functions".to_owned(), None, 503),
        (format!("/api/functions/{id}/invoke"), None, 408),
        (
            "/api/functions".to_owned(),
            Some(io::ErrorKind::ConnectionReset),
            400,
        ),
        (
            format!("/api/functions/{id}/invoke"),
            Some(io::ErrorKind::ConnectionReset),
            400,
        ),
    ] {
        let request = Request::post(&path)
            .body(Body::new(Stalled(broken)))
            .unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{path}");
    }
}

#[tokio::test]
async fn a_panic_is_a_500_in_json_and_the_server_goes_on() {
    let platform = platform().await;
    // The platform reads its clock, which panics.
    let app = faas_http::router(
        faas_core::Platform::builder()
            .runtime(crate::scripted::Scripted::default())
            .clock(Stopped(faas_core::clock::SystemClock::new()))
            .build()
            .await
            .unwrap(),
    );
    drop(platform);
    let get = |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        app.clone().oneshot(request)
    };
    let log = Log::default();
    // For the whole binary: a subscriber of this thread misses call sites that other threads
    // registered first.
    tracing::subscriber::set_global_default(log.clone()).unwrap();
    BROKEN.store(true, std::sync::atomic::Ordering::SeqCst);
    let response = get("/api/costs/system").await.unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap();
    let lines = log.0.lock().unwrap().join("\n");
    assert!(
        lines.contains(id) && lines.contains("the clock is broken"),
        "{lines}"
    );
    assert_eq!(response.status(), 500);
    let bytes = axum::body::to_bytes(response.into_body(), 1024)
        .await
        .unwrap();
    let body: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(
        body,
        json!({"error": "internal error", "code": "internal_error"})
    );
    BROKEN.store(false, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(get("/api/costs/system").await.unwrap().status(), 200);
}

static BROKEN: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// A clock that panics while it is broken.
#[derive(Debug)]
struct Stopped(faas_core::clock::SystemClock);

impl faas_core::clock::Clock for Stopped {
    fn now(&self) -> faas_core::model::Timestamp {
        assert!(
            !BROKEN.load(std::sync::atomic::Ordering::SeqCst),
            "the clock is broken"
        );
        self.0.now()
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }

    fn sleep(&self, duration: Duration) -> faas_core::clock::Sleep {
        self.0.sleep(duration)
    }
}

/// Keeps the lines of level error.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::ERROR
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = String::new();
        event.record(
            &mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
                line.push_str(&format!("{field}={value:?} "));
            },
        );
        self.0.lock().unwrap().push(line);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}
