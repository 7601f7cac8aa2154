//! Calling a function and waiting.

use std::time::Duration;

use faas_core::Platform;
use faas_core::platform::NewFunction;
use faas_http::HttpOptions;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::scripted::Scripted;
use crate::server::{answer, assert_has, start, start_with, text};

#[tokio::test]
async fn the_request_body_is_the_input_and_the_response_body_the_output() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let path = format!("/api/functions/{id}/invoke");
    for body in [
        r#" {"a" : 1.50, "ü": [ ] } "#,
        "null",
        "\"text\"",
        "1e400",
        "[]",
    ] {
        let response = server
            .request(Method::POST, &path)
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.text().await.unwrap(), body);
    }
    let response = server.request(Method::POST, &path).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "{}");
}

#[tokio::test]
async fn the_headers_have_the_execution_id_and_the_cost() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let path = format!("/api/functions/{id}/invoke");
    let first = server
        .request(Method::POST, &path)
        .body("1")
        .send()
        .await
        .unwrap();
    assert_eq!(first.headers()["x-cold-start"], "true");
    assert_eq!(first.headers()["x-execution-cost"], "0.000150002");
    let duration: f64 = first.headers()["x-execution-duration"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((0.0..100.0).contains(&duration));
    let execution = first.headers()["x-execution-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let stored = server.get(&format!("/api/executions/{execution}")).await;
    assert_eq!(stored["status"], "completed");
    assert_eq!(stored["duration"].as_f64(), Some(duration));
}

#[tokio::test]
async fn each_kind_of_function_failure_has_its_own_status_and_code() {
    let server = start().await;
    for (script, status, code) in [
        ("throw", StatusCode::BAD_GATEWAY, "function_error"),
        ("oom", StatusCode::BAD_GATEWAY, "out_of_memory"),
        ("overflow", StatusCode::BAD_GATEWAY, "stack_overflow"),
        ("panic", StatusCode::SERVICE_UNAVAILABLE, "platform_error"),
    ] {
        let id = server.upload(script, script).await;
        let response = server
            .request(Method::POST, &format!("/api/functions/{id}/invoke"))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{script}");
        let execution = response.headers()["x-execution-id"]
            .to_str()
            .unwrap()
            .to_owned();
        let body: serde_json::Value = response.json().await.unwrap();
        assert_has(&body, &["error", "code", "stack", "executionId"]);
        assert_eq!(body["code"], code);
        assert_eq!(text(&body["executionId"]), execution);
        let stored = server.get(&format!("/api/executions/{execution}")).await;
        assert_eq!(
            stored["attempts"].as_array().unwrap().len(),
            1,
            "one attempt, no retries"
        );
    }
}

#[tokio::test]
async fn a_function_that_runs_past_its_timeout_is_a_504() {
    let server = start().await;
    let new = json!({"name": "f", "description": "d", "code": "wait", "config": {"timeout": 20}});
    let (_, function) = server.post("/api/functions", new).await;
    let path = format!("/api/functions/{}/invoke", text(&function["_id"]));
    let (status, body) = server.post(&path, json!({})).await;
    assert_eq!(status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(body["code"], "timeout");
}

#[tokio::test]
async fn the_request_timeout_does_not_cut_a_function_short() {
    let mut options = HttpOptions::default();
    options.request_timeout = Duration::from_millis(50);
    let server = start_with(crate::server::platform().await, options).await;
    let mut new = NewFunction::new("f", "d", "wait");
    new.config.timeout = Duration::from_millis(300);
    let function = server.platform.functions().create(new).await.unwrap();
    let path = format!("/api/functions/{}/invoke", function.id);
    let (_, body) = answer(server.request(Method::POST, &path)).await;
    assert_eq!(body["code"], "timeout");
}

#[tokio::test]
async fn retries_happen_only_when_configured() {
    let server = start().await;
    let id = server.upload("f", "throw").await;
    for (query, attempts) in [
        ("retry=true", 4),
        ("retry=false", 1),
        ("retry=", 1),
        ("x=1", 1),
    ] {
        let path = format!("/api/functions/{id}/invoke?{query}");
        let response = server.request(Method::POST, &path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
        let execution = response.headers()["x-execution-id"]
            .to_str()
            .unwrap()
            .to_owned();
        let stored = server.get(&format!("/api/executions/{execution}")).await;
        assert_eq!(
            stored["attempts"].as_array().unwrap().len(),
            attempts,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_full_queue_is_a_429_that_says_when_to_try_again() {
    let platform = Platform::builder()
        .runtime(Scripted::default())
        .options(|options| {
            options.max_instances = 1;
            options.queue_capacity = 1;
        })
        .build()
        .await
        .unwrap();
    let server = start_with(platform, HttpOptions::default()).await;
    let id = server.upload("f", "wait").await;
    let execute = format!("/api/functions/{id}/execute");
    // One runs and one waits; until the first one runs there may be room again.
    for _ in 0..10_000 {
        let counters = server.platform.counters();
        if counters.running == 1 && counters.queued == 1 {
            break;
        }
        server.request(Method::POST, &execute).send().await.unwrap();
    }
    let refused = server.request(Method::POST, &execute).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let seconds: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(seconds >= 1);
    let body: serde_json::Value = refused.json().await.unwrap();
    assert_eq!(body["code"], "over_capacity");
    assert_eq!(body["details"]["bound"], "function_jobs");
    let error = body["error"].as_str().unwrap();
    assert!(
        error.contains("the queue of this function is full"),
        "{error}"
    );
    let (status, _) = server
        .post(&format!("/api/functions/{id}/invoke"), json!({}))
        .await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
}
