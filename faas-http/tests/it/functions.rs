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
            "codeLength",
            "createdAt",
            "updatedAt",
            "version",
            "status",
            "config",
            "tier",
            "aliases",
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
        json!({"timeout": 5000, "retryCount": 3, "retry": null, "concurrency": null, "concurrencyPerKey": null, "memory": null,
            "bindings": null, "egress": null, "http": null, "kv": null, "destinations": null, "tool": null, "runtime": null, "env": {}, "secrets": []})
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
        json!({"timeout": 5000, "retryCount": 0, "retry": null, "concurrency": null, "concurrencyPerKey": null, "memory": null,
            "bindings": null, "egress": null, "http": null, "kv": null, "destinations": null, "tool": null, "runtime": null, "env": {}, "secrets": []})
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
async fn memory_and_bindings_are_set_and_null_stands_for_the_default() {
    let server = start().await;
    let config = json!({"memory": 64, "bindings": ["inventory", "mail"]});
    let new = json!({"name": "f", "description": "d", "code": "echo", "config": config});
    let (status, created) = server.post("/api/functions", new).await;
    assert_eq!(status, StatusCode::CREATED, "{created}");
    let path = format!("/api/functions/{}", text(&created["_id"]));
    let has = |function: &Value, memory: Value, bindings: Value, version: u32| {
        assert_eq!(function["config"]["memory"], memory);
        assert_eq!(function["config"]["bindings"], bindings);
        assert_eq!(function["version"], version);
    };
    has(&created, json!(64), json!(["inventory", "mail"]), 1);
    let put = async |config: Value| {
        let change = json!({"config": config});
        let (status, function) = server.send(Method::PUT, &path, change).await;
        assert_eq!(status, StatusCode::OK, "{function}");
        function
    };
    let kept = put(json!({"retryCount": 1})).await;
    has(&kept, json!(64), json!(["inventory", "mail"]), 2);
    let none = put(json!({"bindings": []})).await;
    has(&none, json!(64), json!([]), 3);
    let default = put(json!({"memory": null, "bindings": null})).await;
    has(&default, Value::Null, Value::Null, 4);
    assert_eq!(server.get(&path).await, default);
    let list = server.get("/api/functions").await;
    assert_eq!(list[0]["config"], default["config"]);
}

#[tokio::test]
async fn a_retry_policy_is_set_changed_and_taken_away() {
    let server = start().await;
    let policy =
        json!({"base": 500, "factor": 1.5, "cap": 60_000, "jitter": 0.25, "retryOn": ["timeout"]});
    let new = json!({"name": "f", "description": "d", "code": "echo", "config": {"retry": policy}});
    let (status, created) = server.post("/api/functions", new).await;
    assert_eq!(status, StatusCode::CREATED, "{created}");
    assert_eq!(created["config"]["retry"], policy);
    let path = format!("/api/functions/{}", text(&created["_id"]));
    for (retry, expected) in [
        (json!({"factor": 2}), json!({"factor": 2.0})),
        (Value::Null, Value::Null),
    ] {
        let change = json!({"config": {"retry": retry}});
        let (status, function) = server.send(Method::PUT, &path, change).await;
        assert_eq!(status, StatusCode::OK, "{function}");
        assert_eq!(function["config"]["retry"], expected);
        assert_eq!(server.get(&path).await["config"]["retry"], expected);
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
async fn an_absent_or_null_input_is_an_empty_object_and_others_are_unchanged() {
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
async fn the_five_samples_are_listed() {
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

/// The functions on a page, and the cursor of the next one.
async fn page(server: &crate::server::Server, query: &str) -> (Vec<Value>, Option<String>) {
    let request = server.request(Method::GET, &format!("/api/functions{query}"));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let next = answer.headers().get("x-next-cursor");
    let next = next.map(|next| next.to_str().unwrap().to_owned());
    let list: Value = answer.json().await.unwrap();
    (list.as_array().unwrap().clone(), next)
}

#[tokio::test]
async fn functions_are_paged_by_a_cursor_in_a_header_and_can_leave_out_their_code() {
    let server = start().await;
    for n in 0..5 {
        server.upload(&format!("f{n}"), "echo").await;
    }
    let (all, next) = page(&server, "").await;
    assert_eq!((all.len(), next), (5, None));
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let (some, next) = page(&server, &format!("?limit=2&cursor={cursor}")).await;
        assert!(some.len() <= 2);
        paged.extend(some);
        match next {
            Some(next) => cursor = next,
            None => break,
        }
    }
    assert_eq!(paged, all);
    let (without, _) = page(&server, "?code=false").await;
    for (without, mut with) in without.into_iter().zip(all) {
        let code = with.as_object_mut().unwrap().remove("code").unwrap();
        assert_eq!(without["codeLength"], text(&code).len());
        assert_eq!(without, with);
    }
    for (query, named) in [
        ("cursor=x", "cursor"),
        ("code=1", "code"),
        ("limit=0", "limit"),
    ] {
        let path = format!("/api/functions?{query}");
        let (status, error) = crate::server::answer(server.request(Method::GET, &path)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
        assert!(text(&error["error"]).contains(named), "{error}");
    }
}

#[tokio::test]
async fn a_list_of_executions_stays_short_and_says_what_it_left_out() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let long = "x".repeat(900_000);
    for _ in 0..7 {
        server.execute(&id, json!(long)).await;
    }
    for path in [
        format!("/api/functions/{id}/logs"),
        "/api/executions".to_owned(),
        "/api/costs/executions".to_owned(),
    ] {
        let answer = server.get(&path).await;
        assert!(answer.to_string().len() < 9 << 20, "{path}");
        let list = match &answer {
            Value::Array(list) => list,
            page if page["executions"].is_array() => page["executions"].as_array().unwrap(),
            costs => costs["data"].as_array().unwrap(),
        };
        assert_eq!(list.len(), 7, "{path}");
        assert!(list[0].get("truncated").is_none(), "{path}");
        let last = &list[6];
        assert_eq!(last["truncated"], json!(["input", "output"]), "{path}");
        assert_eq!(
            (&last["input"], &last["output"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(last["status"], "completed");
        // It can be read whole.
        let whole = server
            .get(&format!("/api/executions/{}", text(&last["_id"])))
            .await;
        assert_eq!(whole["output"], long.as_str());
    }
}

#[tokio::test]
async fn an_id_of_an_earlier_system_is_understood_by_every_route() {
    let server = start().await;
    let old = "65a1b2c3d4e5f60718293a4b";
    for (path, code) in [
        (format!("/api/functions/{old}"), "function_not_found"),
        (format!("/api/functions/{old}/logs"), "function_not_found"),
        (format!("/api/executions/{old}"), "execution_not_found"),
        (format!("/api/costs/function/{old}"), "function_not_found"),
    ] {
        let (status, error) = crate::server::answer(server.request(Method::GET, &path)).await;
        assert_eq!(
            (status, text(&error["code"])),
            (StatusCode::NOT_FOUND, code.to_owned())
        );
    }
    // As a filter it is one that nothing matches, and not a mistake.
    let page = server
        .get(&format!("/api/executions?functionId={old}"))
        .await;
    assert_eq!(page["executions"], json!([]));
    let page = server.get(&format!("/api/executions?cursor={old}")).await;
    assert_eq!(page["executions"], json!([]));
}
