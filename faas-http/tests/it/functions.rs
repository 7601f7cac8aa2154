//! Functions, their executions and logs.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{assert_has, assert_moment, members, start, text};

#[tokio::test]
async fn a_function_is_created_read_changed_listed_and_deleted() {
    let server = start().await;
    let (status, function) = server
        .post(
            "/api/functions",
            json!({"name": "add", "description": "adds", "code": "echo", "config": {"timeout": 5000}}),
        )
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let id = text(&function["_id"]);
    assert_eq!(members(&function), {
        let mut names = vec![
            "_id",
            "name",
            "description",
            "code",
            "createdAt",
            "updatedAt",
            "version",
            "status",
            "config",
            "tier",
        ];
        names.sort_unstable();
        names
    });
    assert_moment(&function["createdAt"]);
    assert_eq!(function["version"], 1);
    assert_eq!(function["status"], "active");
    assert_eq!(function["tier"], "basic");
    assert_eq!(
        function["config"],
        json!({"timeout": 5000, "retryCount": 3, "concurrency": null, "env": {}, "secrets": []})
    );

    let path = format!("/api/functions/{id}");
    assert_eq!(server.get(&path).await, function);
    let change =
        json!({"description": "still adds", "config": {"retryCount": 0}, "status": "inactive"});
    let (status, changed) = server.send(Method::PUT, &path, change).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(changed["name"], "add");
    assert_eq!(changed["description"], "still adds");
    assert_eq!(changed["status"], "inactive");
    assert_eq!(
        changed["config"],
        json!({"timeout": 5000, "retryCount": 0, "concurrency": null, "env": {}, "secrets": []})
    );

    let newer = server.upload("newer", "echo").await;
    let list = server.get("/api/functions").await;
    let ids: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|f| text(&f["_id"]))
        .collect();
    assert_eq!(ids, [newer, id]);

    let (status, body) = server.send(Method::DELETE, &path, Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body, json!({"message": "Function deleted successfully"}));
    let (status, body) = server.send(Method::GET, &path, Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(body["code"], "function_not_found");
}

#[tokio::test]
async fn a_concurrency_limit_is_set_by_a_number_and_lifted_by_null() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let path = format!("/api/functions/{id}");
    for (given, expected) in [(json!(2), json!(2)), (Value::Null, Value::Null)] {
        let change = json!({"config": {"concurrency": given}});
        let (status, function) = server.send(Method::PUT, &path, change).await;
        assert_eq!(status, StatusCode::OK, "{function}");
        assert_eq!(function["config"]["concurrency"], expected);
    }
}

#[tokio::test]
async fn a_name_that_is_taken_is_a_conflict() {
    let server = start().await;
    server.upload("one", "echo").await;
    let again = json!({"name": "one", "description": "d", "code": "echo"});
    let (status, body) = server.post("/api/functions", again).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(body["code"], "conflict");
}

#[tokio::test]
async fn code_that_does_not_compile_is_refused_with_line_and_column() {
    let server = start().await;
    let bad = json!({"name": "one", "description": "d", "code": "bad"});
    let (status, body) = server.post("/api/functions", bad).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body["code"], "compile_error");
    assert_eq!(body["details"], json!({"line": 2, "column": 7}));
}

#[tokio::test]
async fn an_execution_is_pending_at_once_and_then_in_the_logs() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let (status, body) = server
        .post(
            &format!("/api/functions/{id}/execute"),
            json!({"input": {"a": [1, 2.50]}}),
        )
        .await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(body["status"], "pending");
    assert_eq!(body["message"], "Function execution started");
    let execution = server.ended(&text(&body["executionId"])).await;
    assert_eq!(execution["status"], "completed");
    assert_eq!(execution["output"], json!({"a": [1, 2.50]}));

    let logs = server
        .get(&format!("/api/functions/{id}/logs?limit=50&status="))
        .await;
    assert_eq!(logs, json!([execution]));
    let failed = server
        .get(&format!("/api/functions/{id}/logs?status=failed"))
        .await;
    assert_eq!(failed, json!([]));
}

#[tokio::test]
async fn an_input_that_is_absent_or_null_is_an_empty_object_and_any_other_is_taken_as_it_is() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let path = format!("/api/functions/{id}/execute");
    for (body, expected) in [
        ("", "{}"),
        ("{}", "{}"),
        (r#"{"input":null}"#, "{}"),
        (r#"{"input": [ 1, 2 ] }"#, "[1,2]"),
        (r#"{"input":0}"#, "0"),
        (r#"{"input":"text"}"#, "\"text\""),
        (r#"{"input":false}"#, "false"),
    ] {
        let response = server
            .request(Method::POST, &path)
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::ACCEPTED, "{body}");
        let accepted: Value = response.json().await.unwrap();
        let execution = server.ended(&text(&accepted["executionId"])).await;
        assert_eq!(execution["input"].to_string(), expected, "{body}");
        assert_eq!(execution["output"].to_string(), expected, "{body}");
    }
}

#[tokio::test]
async fn an_inactive_function_takes_no_executions() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let change = json!({"status": "inactive"});
    server
        .send(Method::PUT, &format!("/api/functions/{id}"), change)
        .await;
    for call in ["execute", "invoke"] {
        let (status, body) = server
            .post(&format!("/api/functions/{id}/{call}"), json!({}))
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(body["code"], "function_inactive");
    }
}

#[tokio::test]
async fn the_logs_of_a_deleted_function_stay_and_those_of_an_unknown_one_are_not_found() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    server.execute(&id, json!(1)).await;
    server
        .send(Method::DELETE, &format!("/api/functions/{id}"), Value::Null)
        .await;
    let logs = server.get(&format!("/api/functions/{id}/logs")).await;
    assert_eq!(logs.as_array().unwrap().len(), 1);
    let unknown = "/api/functions/01890a5d-ac96-774b-bcce-b302099a8057/logs";
    let (status, body) = server.send(Method::GET, unknown, Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(body["code"], "function_not_found");
}

#[tokio::test]
async fn the_five_samples_can_be_had() {
    let server = start().await;
    let samples = server.get("/api/samples").await;
    let samples = samples.as_array().unwrap();
    let names: Vec<_> = samples.iter().map(|sample| text(&sample["name"])).collect();
    assert_eq!(
        names,
        [
            "Fibonacci Calculator",
            "String Reverser",
            "Array Sum",
            "Prime Checker",
            "Factorial Calculator"
        ]
    );
    for sample in samples {
        assert_has(sample, &["description", "code", "input", "expectedOutput"]);
    }
}

#[tokio::test]
async fn a_slash_at_the_end_of_a_path_makes_no_difference() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    assert_eq!(
        server.get("/api/functions/").await,
        server.get("/api/functions").await
    );
    server.get(&format!("/api/functions/{id}/")).await;
    let (status, output) = server
        .post(&format!("/api/functions/{id}/invoke/"), json!(1))
        .await;
    assert_eq!((status, output), (StatusCode::OK, json!(1)));
}
