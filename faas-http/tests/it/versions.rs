//! Versions of functions and aliases.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{Server, start};

async fn put(server: &Server, path: &str, body: Value) -> (StatusCode, Value) {
    server.send(Method::PUT, path, body).await
}

#[tokio::test]
async fn a_rollback_is_moving_live_and_the_versions_are_listed_with_how_they_do() {
    let server = start().await;
    let id = server.create("f", "echo").await;
    let one = format!("/api/functions/{id}");
    let (status, deployed) = put(&server, &one, json!({"code": "log"})).await;
    assert_eq!((status, &deployed["version"]), (StatusCode::OK, &json!(2)));
    assert_eq!(deployed["aliases"], json!({}));
    // What was read can be sent back.
    let (status, _) = put(&server, &one, deployed).await;
    assert_eq!(status, StatusCode::OK);

    let live = format!("{one}/aliases/live");
    let (status, moved) = put(&server, &live, json!({"version": 1})).await;
    assert_eq!(status, StatusCode::OK, "{moved}");
    assert_eq!(moved["aliases"]["live"]["version"], 1);
    for _ in 0..3 {
        let (status, echo) = server.post(&format!("{one}/invoke"), json!(7)).await;
        assert_eq!((status, echo), (StatusCode::OK, json!(7)));
    }
    let listed = server.get(&format!("{one}/versions")).await;
    let versions = listed["versions"].as_array().unwrap();
    assert_eq!(
        (&versions[0]["version"], &versions[1]["version"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(versions[1]["stats"]["executions"], 3);
    assert_eq!(versions[0]["stats"], Value::Null);
    assert_eq!(versions[1]["code"], Value::Null);
    assert_eq!(listed["aliases"]["live"]["version"], 1);
    let old = server.get(&format!("{one}/versions/1")).await;
    assert_eq!(old["code"], "echo");

    let (status, deployed) = server.send(Method::DELETE, &live, Value::Null).await;
    assert_eq!((status, &deployed["aliases"]), (StatusCode::OK, &json!({})));
}

#[tokio::test]
async fn a_call_names_an_alias_in_its_query() {
    let server = start().await;
    let id = server.create("f", "echo").await;
    let one = format!("/api/functions/{id}");
    let change = json!({"code": "log", "live": false});
    assert_eq!(put(&server, &one, change).await.0, StatusCode::OK);
    let staging = format!("{one}/aliases/staging");
    let (status, _) = put(&server, &staging, json!({"weights": {"2": 100}})).await;
    assert_eq!(status, StatusCode::OK);
    for (alias, version) in [("", 1), ("?alias=live", 1), ("?alias=staging", 2)] {
        let execute = format!("{one}/execute{alias}");
        let (status, accepted) = server.post(&execute, json!({})).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{accepted}");
        let ended = server
            .ended(accepted["executionId"].as_str().unwrap())
            .await;
        assert_eq!(ended["functionVersion"], version, "{alias}");
    }
    let (status, refused) = server
        .post(&format!("{one}/invoke?alias=x"), json!({}))
        .await;
    assert_eq!(
        (status, &refused["code"]),
        (StatusCode::NOT_FOUND, &json!("alias_not_found"))
    );
}

#[tokio::test]
async fn an_alias_that_cannot_be_is_refused_with_the_reason() {
    let server = start().await;
    let id = server.create("f", "echo").await;
    let alias = format!("/api/functions/{id}/aliases/live");
    for (body, status, text) in [
        (
            json!({"version": 9}),
            StatusCode::NOT_FOUND,
            "Version not found",
        ),
        (
            json!({}),
            StatusCode::BAD_REQUEST,
            "`version` or `weights` is missing",
        ),
        (
            json!({"weights": {"1": 5}}),
            StatusCode::BAD_REQUEST,
            "100 together",
        ),
        (
            json!({"version": 1, "canary": {"steps": [5, 1], "every": "5m"}}),
            StatusCode::BAD_REQUEST,
            "rise from 1 to 100",
        ),
        (
            json!({"version": 1, "canary": {"steps": [5], "every": "5m"}}),
            StatusCode::BAD_REQUEST,
            "live stands for version 1 already",
        ),
    ] {
        let (got, answer) = put(&server, &alias, body).await;
        assert_eq!(got, status);
        let message = answer["error"].as_str().unwrap();
        assert!(message.contains(text), "{message}");
    }
}
