//! Running code once.

use faas_core::access::NewKey;
use faas_core::model::{Actor, FunctionId, Role};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{Server, answer, start, start_guarded};

async fn run(server: &Server, body: Value) -> (StatusCode, Value) {
    server.post("/api/run", body).await
}

#[tokio::test]
async fn code_runs_once_and_the_answer_is_its_execution() {
    let server = start().await;
    let body = json!({ "code": "echo", "input": { "a": 21 }, "limits": { "timeout": 5000 } });
    let (status, done) = run(&server, body).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    assert_eq!(
        (&done["status"], &done["output"]),
        (&json!("completed"), &json!({ "a": 21 }))
    );
    assert_eq!(done["codeHash"].as_str().unwrap().len(), 64);
    assert!(done["cost"]["totalCost"].as_f64().unwrap() > 0.0);
    let id = done["_id"].as_str().unwrap();
    let stored = server.get(&format!("/api/executions/{id}")).await;
    assert_eq!(stored, done);
    let (_, done) = run(&server, json!({ "code": "log" })).await;
    assert_eq!(done["logs"][0]["message"], "a line");
}

#[tokio::test]
async fn code_calls_the_host_functions_that_it_was_given() {
    let server = start().await;
    let body = json!({ "code": "host count", "bindings": ["stock"] });
    let (_, done) = run(&server, body).await;
    assert_eq!(done["output"], 7);
    assert_eq!(done["hostCalls"][0]["name"], "stock.count");
    let (_, done) = run(&server, json!({ "code": "host count" })).await;
    assert_eq!(done["output"], "ERR_UNKNOWN_HOST_FUNCTION");
}

#[tokio::test]
async fn code_that_fails_is_an_answer_with_its_failure() {
    let server = start().await;
    let (status, done) = run(&server, json!({ "code": "throw" })).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    assert_eq!(
        (&done["status"], &done["errorKind"]),
        (&json!("failed"), &json!("user_error"))
    );
    assert_eq!(done["error"], "Error: as the script says");
}

#[tokio::test]
async fn a_request_that_is_wrong_or_asks_for_too_much_is_refused() {
    let server = start().await;
    for body in [
        json!({}),
        json!({ "code": "" }),
        json!({ "code": "echo", "language": "ruby" }),
        json!({ "code": "echo", "bindings": ["missing"] }),
        json!({ "code": "echo", "egress": { "allow": [{ "host": "example.com" }] } }),
        json!({ "code": "echo", "kv": true }),
        json!({ "code": "echo", "limits": { "timeout": 0 } }),
        json!({ "code": "echo", "limits": { "memory": 100_000 } }),
        json!({ "code": "echo", "timeout": 5 }),
    ] {
        let (status, error) = run(&server, body.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {error}");
    }
    assert_eq!(server.get("/api/costs/executions").await["data"], json!([]));
}

#[tokio::test]
async fn runs_are_in_lists_and_reports_and_cannot_be_repeated() {
    let server = start().await;
    let (_, done) = run(&server, json!({ "code": "echo" })).await;
    let named = server.get("/api/costs/executions").await;
    let function = &named["data"][0]["functionId"];
    assert_eq!(function["name"], "(run)", "{named}");
    assert_eq!(function["_id"], FunctionId::RUN.to_string());
    let breakdown = server.get("/api/costs/breakdown").await;
    assert!(breakdown.to_string().contains("(run)"), "{breakdown}");
    let path = format!("/api/functions/{}/logs", FunctionId::RUN);
    assert_eq!(server.get(&path).await[0]["_id"], done["_id"]);
    assert_eq!(server.get("/api/functions").await, json!([]));
    let path = format!("/api/executions/{}/retry", done["_id"].as_str().unwrap());
    let (status, error) = server.post(&path, json!({})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{error}");
}

#[tokio::test]
async fn a_run_needs_a_key_that_may_upload_and_call_functions() {
    let (server, access) = start_guarded(|_| {}).await;
    for (role, expected) in [
        (Role::Reader, StatusCode::FORBIDDEN),
        (Role::Invoker, StatusCode::FORBIDDEN),
        (Role::Developer, StatusCode::OK),
    ] {
        let new = NewKey::new(role.as_str(), role);
        let (_, key) = access.keys().create(new, &Actor::Local).await.unwrap();
        access.refresh().await.unwrap();
        let request = server.request(Method::POST, "/api/run");
        let request = request.bearer_auth(key.expose());
        let (status, body) = answer(request.json(&json!({ "code": "echo" }))).await;
        assert_eq!(status, expected, "{body}");
        if status == StatusCode::OK {
            assert_eq!(body["caller"]["name"], "developer");
        }
    }
}

#[tokio::test]
async fn a_session_is_opened_used_read_and_closed() {
    let server = start().await;
    let body = json!({ "bindings": ["stock"], "lease": 60_000, "costBudget": 1.5 });
    let (status, session) = server.post("/api/sessions", body).await;
    assert_eq!(status, StatusCode::CREATED, "{session}");
    let path = format!("/api/sessions/{}", session["_id"].as_str().unwrap());
    let run = format!("{path}/run");
    for (code, output) in [("host count", json!(7)), ("echo", json!({ "a": 1 }))] {
        let body = json!({ "code": code, "input": { "a": 1 } });
        let (status, done) = server.post(&run, body).await;
        assert_eq!(
            (status, &done["output"]),
            (StatusCode::OK, &output),
            "{done}"
        );
    }
    let session = server.get(&path).await;
    assert_eq!(
        (&session["runs"], &session["running"]),
        (&json!(2), &json!(false))
    );
    assert_eq!(server.get("/api/sessions").await, json!([session]));
    let (status, _) = answer(server.request(Method::DELETE, &path)).await;
    assert_eq!(status, StatusCode::OK);
    let (status, error) = server.post(&run, json!({ "code": "echo" })).await;
    assert_eq!(
        (status, &error["code"]),
        (StatusCode::NOT_FOUND, &json!("not_found"))
    );
    for wrong in [
        json!({ "lease": 0 }),
        json!({ "bindings": ["x"] }),
        json!({ "budget": 1 }),
    ] {
        let (status, error) = server.post("/api/sessions", wrong).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{error}");
    }
}
