//! Access control on routes, by this crate and by a host.

use axum::Extension;
use faas_core::access::{Access, AccessOptions, NewKey};
use faas_core::model::{Actor, KeyId, Role};
use faas_core::store::AuditQuery;
use faas_http::HttpOptions;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::server::{Server, answer, platform, start, start_guarded, start_with};

const PAGE: &str = "https://app.example";

/// A server that requires a key and allows pages of [`PAGE`].
async fn guarded() -> (Server, String) {
    let platform = platform().await;
    let mut guard = AccessOptions::default();
    guard.origins = vec![PAGE.to_owned()];
    let access = Access::start(&platform, guard).await.unwrap();
    let new = NewKey::new("me", Role::Admin);
    let (_, key) = access.keys().create(new, &Actor::Local).await.unwrap();
    access.refresh().await.unwrap();
    let mut options = HttpOptions::default();
    options.access = Some(access);
    options.cors_origins = vec![PAGE.to_owned()];
    (start_with(platform, options).await, key.expose().to_owned())
}

#[tokio::test]
async fn an_allowed_page_can_send_its_key_and_read_a_refusal() {
    let (server, key) = guarded().await;
    let preflight = server
        .request(Method::OPTIONS, "/api/functions")
        .header("origin", PAGE)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization");
    let preflight = preflight.send().await.unwrap();
    assert_eq!(preflight.status(), StatusCode::OK);
    let allowed = |headers: &HeaderMap, name: &str| {
        let value = headers.get(name).map(|value| value.to_str().unwrap());
        value.unwrap_or_default().to_owned()
    };
    let headers = allowed(preflight.headers(), "access-control-allow-headers");
    assert!(headers.contains("authorization"), "{headers}");
    for (key, expected) in [(None, 401), (Some(&key), 200)] {
        let mut ask = server
            .request(Method::GET, "/api/functions")
            .header("origin", PAGE);
        if let Some(key) = key {
            ask = ask.bearer_auth(key);
        }
        let answered = ask.send().await.unwrap();
        assert_eq!(answered.status(), expected);
        let origin = allowed(answered.headers(), "access-control-allow-origin");
        assert_eq!(origin, PAGE);
        assert!(answered.headers().contains_key("x-request-id"));
        assert_eq!(answered.headers()["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn a_refusal_has_the_envelope_of_its_route() {
    let (server, _) = guarded().await;
    let (status, body) = answer(server.request(Method::GET, "/api/costs/system")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        (&body["success"], &body["code"]),
        (&json!(false), &json!("key_required"))
    );
    let (_, body) = answer(server.request(Method::GET, "/api/metrics")).await;
    assert_eq!(body["success"], json!(null));
}

#[tokio::test]
async fn a_missing_key_is_reported_unless_a_foreign_page_asks() {
    let (server, key) = guarded().await;
    let ask = || server.request(Method::GET, "/api/session");
    let (status, body) = answer(ask()).await;
    let nobody =
        json!({"authentication": "required", "key": null, "secrets": true, "runtimes": []});
    assert_eq!((status, body), (StatusCode::OK, nobody));
    let (status, body) = answer(ask().bearer_auth(&key)).await;
    assert_eq!(
        (status, &body["key"]["name"]),
        (StatusCode::OK, &json!("me"))
    );
    let (status, body) = answer(ask().bearer_auth("faas_x")).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::UNAUTHORIZED, &json!("key_invalid"))
    );
    let (status, body) = answer(ask().header("origin", "https://other.example")).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::FORBIDDEN, &json!("origin_not_allowed"))
    );
}

#[tokio::test]
async fn a_form_that_another_site_submits_is_refused_and_a_link_is_followed() {
    let (server, _) = start_guarded(|_| {}).await;
    let id = server.create("f", "echo").await;
    let invoke = format!("/api/functions/{id}/invoke");
    for (method, site, mode, status) in [
        (Method::POST, "cross-site", "navigate", 403),
        (Method::POST, "same-site", "navigate", 403),
        (Method::POST, "cross-site", "no-cors", 403),
        (Method::POST, "same-origin", "cors", 200),
        (Method::POST, "none", "navigate", 200),
    ] {
        let request = server
            .request(method, &invoke)
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", mode)
            .body("1");
        let (answered, body) = answer(request).await;
        assert_eq!(answered.as_u16(), status, "{site} {mode}: {body}");
        assert_eq!(body["code"] == "origin_not_allowed", status == 403);
    }
    let link = server
        .request(Method::GET, "/api/functions")
        .header("sec-fetch-site", "cross-site")
        .header("sec-fetch-mode", "navigate");
    assert_eq!(answer(link).await.0, 200);
}

#[tokio::test]
async fn a_body_is_read_only_after_its_sender_is_authorized() {
    let (server, _) = guarded().await;
    let (status, body) = server
        .post("/api/functions", json!("no function at all"))
        .await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::UNAUTHORIZED, &json!("key_required"))
    );
}

#[tokio::test]
async fn without_access_control_everything_is_allowed_and_there_are_no_keys() {
    let server = start().await;
    let foreign = server
        .request(Method::GET, "/api/functions")
        .header("origin", "https://other.example")
        .header("host", "anything.example");
    assert_eq!(answer(foreign).await.0, StatusCode::OK);
    let session = server.get("/api/session").await;
    assert_eq!(
        session,
        json!({"authentication": "off", "key": null, "secrets": true, "runtimes": ["default"]})
    );
    for path in ["/api/keys", "/api/audit"] {
        let (status, body) = answer(server.request(Method::GET, path)).await;
        assert_eq!(
            (status, &body["code"]),
            (StatusCode::NOT_FOUND, &json!("not_found"))
        );
    }
}

#[tokio::test]
async fn a_host_can_name_the_caller_in_the_audit_log() {
    let platform = platform().await;
    let mut guard = AccessOptions::default();
    guard.keys = false;
    let access = Access::start(&platform, guard).await.unwrap();
    let mut options = HttpOptions::default();
    options.access = Some(access.clone());
    let somebody = Actor::Key {
        id: KeyId::from_u128(7),
        name: "ada".into(),
    };
    let app = faas_http::router_with(platform, options).layer(Extension(somebody.clone()));
    let request = axum::http::Request::post("/api/functions")
        .body(axum::body::Body::from(
            r#"{"name": "f", "description": "d", "code": "echo"}"#,
        ))
        .unwrap();
    let answered = tower::ServiceExt::oneshot(app, request).await.unwrap();
    assert_eq!(answered.status(), StatusCode::CREATED);
    let query = AuditQuery {
        before: None,
        limit: 9,
    };
    let entries = access.keys().audit(&query).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].actor, somebody);
}

#[tokio::test]
async fn every_change_is_in_the_audit_log_page_by_page_and_reading_is_not() {
    let (server, _access) = start_guarded(|_| {}).await;
    let id = server.upload("f", "fail").await;
    let waits = server.upload("waits", "wait").await;
    server.get("/api/functions").await;
    server
        .post(&format!("/api/functions/{id}/invoke"), json!({}))
        .await;
    let path = format!("/api/functions/{id}");
    server
        .send(Method::PUT, &path, json!({"config": {"retryCount": 0}}))
        .await;
    // Refused requests have changed nothing.
    server
        .send(Method::PUT, &path, json!({"status": "x"}))
        .await;
    let started = server
        .post(&format!("/api/functions/{waits}/execute"), json!({}))
        .await;
    let running = crate::server::text(&started.1["executionId"]);
    server
        .post(&format!("/api/executions/{running}/cancel"), json!({}))
        .await;
    server
        .post(&format!("/api/executions/{running}/retry"), json!({}))
        .await;
    let test = json!({"functionId": id, "durationSeconds": 1, "rate": 5});
    let (_, test) = server.post("/api/load-tests", test).await;
    let test = crate::server::text(&test["_id"]);
    server
        .send(
            Method::DELETE,
            &format!("/api/load-tests/{test}"),
            json!({}),
        )
        .await;
    server.send(Method::DELETE, &path, json!({})).await;
    let mut told = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = server.get(&format!("/api/audit?limit=4{cursor}")).await;
        for entry in page["entries"].as_array().unwrap() {
            let (action, target) = (&entry["action"], &entry["target"]);
            told.push((crate::server::text(action), crate::server::text(target)));
            assert_eq!(entry["actor"], json!({"keyId": null, "name": "local"}));
        }
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    told.reverse();
    let expected = [
        ("function_created", &id),
        ("function_created", &waits),
        ("function_updated", &id),
        ("execution_cancelled", &running),
        ("execution_retried", &running),
        ("load_test_started", &test),
        ("load_test_stopped", &test),
        ("function_deleted", &id),
    ];
    assert_eq!(
        told,
        expected.map(|(action, id)| (action.to_owned(), id.clone()))
    );
}

#[tokio::test]
async fn an_execution_names_the_key_that_called() {
    let (server, key) = guarded().await;
    let id = server.create("f", "echo").await;
    let invoke = server.request(Method::POST, &format!("/api/functions/{id}/invoke"));
    let invoked = invoke
        .bearer_auth(&key)
        .json(&json!(1))
        .send()
        .await
        .unwrap();
    let invoked = invoked.headers()["x-execution-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let execute = server.request(Method::POST, &format!("/api/functions/{id}/execute"));
    let (_, executed) = answer(execute.bearer_auth(&key).json(&json!({"input": 1}))).await;
    let retry = server.request(Method::POST, &format!("/api/executions/{invoked}/retry"));
    let (_, retried) = answer(retry.bearer_auth(&key).json(&json!({}))).await;
    let ids = [&executed, &retried].map(|body| body["executionId"].as_str().unwrap());
    for execution in [&*invoked].into_iter().chain(ids) {
        let read = server.request(Method::GET, &format!("/api/executions/{execution}"));
        let (_, execution) = answer(read.bearer_auth(&key)).await;
        assert_eq!(execution["caller"]["name"], "me");
        let caller = execution["caller"]["id"].as_str().unwrap();
        assert!(caller.parse::<KeyId>().is_ok(), "{caller}");
    }
}

#[tokio::test]
async fn an_execution_without_a_key_names_no_caller() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let execution = server.execute(&id, json!(1)).await;
    assert_eq!(execution.get("caller"), None);
}
