//! Variables and secrets of functions.

use faas_core::Platform;
use faas_http::HttpOptions;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::scripted::Scripted;
use crate::server::{Server, assert_moment, start, start_with, text};

const SECRET: &str = "hunter2-hunter2";

async fn upload(server: &Server, config: Value) -> (StatusCode, Value) {
    let new = json!({"name": "f", "description": "d", "code": "env", "config": config});
    server.post("/api/functions", new).await
}

async fn change(server: &Server, id: &str, config: Value) -> (StatusCode, Value) {
    let path = format!("/api/functions/{id}");
    let change = json!({ "config": config });
    server.send(Method::PUT, &path, change).await
}

async fn read_by_code(server: &Server, id: &str) -> Value {
    let invoke = format!("/api/functions/{id}/invoke");
    server.post(&invoke, json!({})).await.1
}

fn names(function: &Value) -> Vec<String> {
    let secrets = function["config"]["secrets"].as_array().unwrap();
    secrets.iter().map(|secret| text(&secret["name"])).collect()
}

#[tokio::test]
async fn variables_are_shown_in_full_and_secrets_by_name() {
    let server = start().await;
    let config = json!({"env": {"B": "2", "A": "1"}, "secrets": {"KEY": SECRET}});
    let (status, function) = upload(&server, config).await;
    assert_eq!(status, StatusCode::CREATED, "{function}");
    assert_eq!(function["config"]["env"], json!({"A": "1", "B": "2"}));
    assert_eq!(names(&function), ["KEY"]);
    assert_moment(&function["config"]["secrets"][0]["setAt"]);
    let id = text(&function["_id"]);
    assert_eq!(server.get(&format!("/api/functions/{id}")).await, function);
    let seen = read_by_code(&server, &id).await;
    assert_eq!(seen, json!({"A": "1", "B": "2", "KEY": SECRET}));
}

#[tokio::test]
async fn a_change_sets_named_variables_removes_nulls_and_keeps_the_others() {
    let server = start().await;
    let config = json!({"env": {"A": "1", "B": "2"}, "secrets": {"C": "3", "D": "4"}});
    let id = text(&upload(&server, config).await.1["_id"]);
    let config = json!({"env": {"A": null, "E": "5"}, "secrets": {"C": "three", "D": null}});
    let (status, function) = change(&server, &id, config).await;
    assert_eq!(status, StatusCode::OK, "{function}");
    assert_eq!(function["version"], 2);
    assert_eq!(names(&function), ["C"]);
    let expected = json!({"B": "2", "C": "three", "E": "5"});
    assert_eq!(read_by_code(&server, &id).await, expected);

    // What was read can be sent back as it is, and nothing of it changes.
    for config in [
        function["config"].clone(),
        json!({"env": null, "secrets": null}),
    ] {
        let (status, same) = change(&server, &id, config).await;
        assert_eq!(
            (status, &same["version"]),
            (StatusCode::OK, &json!(2)),
            "{same}"
        );
    }
    assert_eq!(read_by_code(&server, &id).await, expected);
    let (_, moved) = change(
        &server,
        &id,
        json!({"env": {"C": "plain"}, "secrets": {"C": null}}),
    )
    .await;
    assert_eq!(moved["config"]["env"]["C"], "plain");
    assert!(names(&moved).is_empty());
}

#[tokio::test]
async fn invalid_values_are_refused_and_not_repeated_in_the_message() {
    let server = start().await;
    let many: serde_json::Map<_, _> = (0..101).map(|n| (format!("A{n}"), json!(""))).collect();
    let number = 715_517_715_517_u64;
    for (config, word) in [
        (
            json!({"env": []}),
            "env must be a JSON object, not an array",
        ),
        (
            json!({"env": {"A": 1}}),
            "config.env.A must be a string, not a number",
        ),
        (
            json!({"secrets": {"A": number}}),
            "config.secrets.A must be a string, not a number",
        ),
        (json!({"secrets": {"A": [SECRET]}}), "not an array"),
        (
            json!({"secrets": {"A": {"value": SECRET}}}),
            "not an object",
        ),
        (
            json!({"secrets": SECRET}),
            "secrets must be a JSON object, not a string",
        ),
        (
            json!({"secrets": [SECRET]}),
            "config.secrets.0 must be a JSON object, not a string",
        ),
        (
            json!({"secrets": [{"name": 1}]}),
            "config.secrets.0.name must be a string, not a number",
        ),
        (
            json!({"secrets": {"A-B": SECRET}}),
            "no name in the environment",
        ),
        (json!({"env": {"1": ""}}), "no digit first"),
        (json!({"env": {"x".repeat(129): ""}}), "129 characters"),
        (
            json!({"env": {"A": "1"}, "secrets": {"A": SECRET}}),
            "A is in both",
        ),
        (json!({ "env": many }), "at most 100"),
        (json!({"env": {"A": "x".repeat(65_536)}}), "at most 65536"),
        (
            json!({"secrets": {"A": SECRET.repeat(5_000)}}),
            "at most 65536",
        ),
        (
            json!({"env": {"A": "1"}, "secret": {"A": SECRET}}),
            "did you mean \"config.secrets\"?",
        ),
    ] {
        let (status, answer) = upload(&server, config.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{config}: {answer}");
        assert_eq!(answer["code"], "invalid_request");
        let message = text(&answer["error"]);
        assert!(message.contains(word), "{config}: {message}");
        assert!(!message.contains("hunter2"), "{message}");
        assert!(!message.contains("7155"), "{message}");
    }
    let broken = format!(r#"{{"name": "f", "config": {{"secrets": {{"A": "{SECRET}}}}}}}"#);
    let half = format!(
        r#"{{"config": {{"secrets": {{"A": "{SECRET}\ud800"}}}}, "name": "f", "description": "d", "code": "env"}}"#
    );
    for body in [broken, half] {
        let request = server.request(Method::POST, "/api/functions").body(body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let answer = response.text().await.unwrap();
        assert!(!answer.contains("hunter2"), "{answer}");
    }
    assert_eq!(server.get("/api/functions").await, json!([]));
}

#[tokio::test]
async fn without_a_key_secrets_are_a_conflict_and_variables_are_not() {
    let platform = Platform::builder()
        .runtime(Scripted::default())
        .build()
        .await
        .unwrap();
    let server = start_with(platform, HttpOptions::default()).await;
    let (status, answer) = upload(&server, json!({"secrets": {"A": SECRET}})).await;
    assert_eq!(status, StatusCode::CONFLICT, "{answer}");
    assert_eq!(answer["code"], "conflict");
    let message = text(&answer["error"]);
    assert!(message.contains("no secret key"), "{message}");
    let (status, function) = upload(&server, json!({"env": {"A": "1"}})).await;
    assert_eq!(status, StatusCode::CREATED, "{function}");
    let (status, _) = change(
        &server,
        &text(&function["_id"]),
        json!({"secrets": {"B": "2"}}),
    )
    .await;
    assert_eq!(status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn the_session_says_whether_functions_can_have_secrets() {
    let with_key = start().await;
    assert_eq!(with_key.get("/api/session").await["secrets"], true);
    let platform = Platform::builder()
        .runtime(Scripted::default())
        .build()
        .await
        .unwrap();
    let without = start_with(platform, HttpOptions::default()).await;
    assert_eq!(without.get("/api/session").await["secrets"], false);
}
