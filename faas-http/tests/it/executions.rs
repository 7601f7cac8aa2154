//! Executions: their shape, listing, cancelling, repeating.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{answer, assert_has, assert_moment, start, text};

#[tokio::test]
async fn an_execution_has_its_history_and_its_cost() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let execution = server.execute(&id, json!({"a": 1})).await;
    assert_has(
        &execution,
        &[
            "_id",
            "functionId",
            "functionVersion",
            "input",
            "output",
            "status",
            "startTime",
            "endTime",
            "duration",
            "error",
            "retryCount",
            "instanceId",
            "cost",
            "createdAt",
            "queueTime",
            "coldStart",
            "logs",
            "attempts",
            "errorKind",
            "cpuTime",
            "hostCalls",
            "hostCallCount",
        ],
    );
    for moment in ["startTime", "endTime", "createdAt"] {
        assert_moment(&execution[moment]);
    }
    assert_eq!(execution["functionId"], json!(id));
    assert_eq!(execution["error"], Value::Null);
    assert_eq!(execution["coldStart"], true);
    assert_eq!(execution["attempts"].as_array().unwrap().len(), 1);
    assert_has(
        &execution["attempts"][0],
        &["startTime", "duration", "error", "instanceId", "coldStart"],
    );
    // The scripted runtime says so.
    assert_eq!(execution["cpuTime"], 1.25);
    assert_eq!(execution["attempts"][0]["cpuTime"], 1.25);
    let cost = &execution["cost"];
    assert_eq!(cost["tier"], "basic");
    assert_eq!(cost["baseCost"].to_string(), "0.0001");
    assert_eq!(cost["coldStartCost"].to_string(), "0.00005");
    assert_eq!(cost["retryCost"].to_string(), "0");
    // 14 bytes of 1,000 nano-dollars per KiB.
    assert_eq!(cost["dataTransferCost"].to_string(), "1.4e-8");
    assert_eq!(cost["totalCost"].to_string(), "0.000150014");
    assert_eq!(
        cost["resourceUsage"],
        json!({"memoryMB": 128, "cpuCores": 0.1})
    );
}

#[tokio::test]
async fn host_calls_are_shown_with_their_execution_and_only_counted_in_lists() {
    let server = start().await;
    for (script, output, error, bytes_out) in [
        ("host count", json!(7), Value::Null, 1),
        (
            "host reserve",
            json!("ERR_SOLD_OUT"),
            json!("ERR_SOLD_OUT"),
            0,
        ),
    ] {
        let id = server.upload(script, script).await;
        let execution = server.execute(&id, json!({"a": 1})).await;
        assert_eq!(execution["output"], output);
        assert_eq!(execution["hostCallCount"], 1);
        let call = &execution["hostCalls"][0];
        assert_moment(&call["startTime"]);
        assert!(call["duration"].is_number());
        let name = script.replace("host ", "stock.");
        assert_eq!(
            (&call["attempt"], &call["name"], &call["bytesIn"]),
            (&json!(1), &json!(name), &json!(7))
        );
        assert_eq!(
            (&call["bytesOut"], &call["error"]),
            (&json!(bytes_out), &error)
        );
        let listed = server
            .get(&format!("/api/executions?functionId={id}"))
            .await;
        let logs = server.get(&format!("/api/functions/{id}/logs")).await;
        for listed in [&listed["executions"][0], &logs[0]] {
            assert_eq!(listed["_id"], execution["_id"]);
            assert_eq!(listed["hostCalls"], json!([]));
            assert_eq!(listed["hostCallCount"], 1);
            assert_eq!(listed["cpuTime"], 1.25);
        }
    }
}

#[tokio::test]
async fn money_is_written_as_a_plain_decimal_number() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let execution = server.execute(&id, json!({"a": 1})).await;
    let path = format!("/api/executions/{}", text(&execution["_id"]));
    let raw = server
        .request(Method::GET, &path)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        raw.contains(r#""dataTransferCost":0.000000014,"kvCost":0,"totalCost":0.000150014"#),
        "{raw}"
    );
}

#[tokio::test]
async fn a_failed_execution_has_its_attempts_its_error_and_its_console() {
    let server = start().await;
    let throws = server.upload("throws", "throw").await;
    let execution = server.execute(&throws, json!({})).await;
    assert_eq!(execution["status"], "failed");
    assert_eq!(execution["error"], "Error: as the script says");
    assert_eq!(execution["errorKind"], "user_error");
    assert_eq!(execution["retryCount"], 3);
    assert_eq!(execution["attempts"].as_array().unwrap().len(), 4);
    assert_eq!(
        execution["attempts"][0]["error"],
        "Error: as the script says"
    );
    assert_eq!(execution["attempts"][0]["errorKind"], "user_error");
    let oom = server.upload("oom", "oom").await;
    server.execute(&oom, json!({})).await;
    for (kind, count) in [("user_error", 1), ("out_of_memory", 1), ("timeout", 0)] {
        let page = server
            .get(&format!("/api/executions?errorKind={kind}"))
            .await;
        let found = page["executions"].as_array().unwrap();
        assert_eq!(found.len(), count, "{kind}: {page}");
        assert!(found.iter().all(|one| one["errorKind"] == kind), "{page}");
    }
    let none = "/api/executions?errorKind=out_of_memory&status=completed";
    assert_eq!(server.get(none).await["executions"], json!([]));
    let logs = server.upload("logs", "log").await;
    let execution = server.execute(&logs, json!({})).await;
    assert_eq!(execution["logs"][0]["level"], "warn");
    assert_eq!(execution["logs"][0]["message"], "a line");
    assert_moment(&execution["logs"][0]["timestamp"]);
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_repetition() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let mut expected = Vec::new();
    for n in 0..5 {
        expected.insert(0, text(&server.execute(&id, json!(n)).await["_id"]));
    }
    let (mut seen, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let page = server
            .get(&format!(
                "/api/executions?functionId={id}&limit=2&cursor={cursor}"
            ))
            .await;
        for execution in page["executions"].as_array().unwrap() {
            seen.push(text(&execution["_id"]));
        }
        pages += 1;
        match page["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, expected);
    assert_eq!(pages, 3, "the last page knows that it is the last");
    let page = server
        .get("/api/executions?from=2020-01-01&to=2020-01-02")
        .await;
    assert_eq!(page, json!({"executions": [], "nextCursor": null}));
    let page = server
        .get("/api/executions?from=2020-01-01&status=completed")
        .await;
    assert_eq!(page["executions"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn an_execution_is_cancelled_once() {
    let server = start().await;
    let id = server.upload("f", "wait").await;
    let (_, accepted) = server
        .post(&format!("/api/functions/{id}/execute"), json!({}))
        .await;
    let execution = text(&accepted["executionId"]);
    let shown = server.get(&format!("/api/executions/{execution}")).await;
    assert_eq!(shown["duration"], Value::Null);
    assert_moment(&shown["startTime"]);
    let path = format!("/api/executions/{execution}/cancel");
    let (status, cancelled) = server.post(&path, json!({})).await;
    assert_eq!(status, StatusCode::OK, "{cancelled}");
    assert_eq!(cancelled["status"], "failed");
    assert_eq!(cancelled["errorKind"], "cancelled");
    let (status, body) = server.post(&path, json!({})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(body["code"], "conflict");
}

#[tokio::test]
async fn an_execution_that_has_ended_can_be_repeated_and_the_new_one_names_it() {
    let server = start().await;
    for (code, status) in [("throw", "failed"), ("echo", "completed")] {
        let function = server.upload(code, code).await;
        let first = server.execute(&function, json!([7])).await;
        assert_eq!(first["status"], status);
        assert_eq!(first["retryOf"], Value::Null);
        let first = text(&first["_id"]);
        let retry = format!("/api/executions/{first}/retry");
        for request in [
            server.request(Method::POST, &retry),
            server.request(Method::POST, &retry).json(&json!({})),
        ] {
            let (answered, body) = answer(request).await;
            assert_eq!(answered, StatusCode::ACCEPTED, "{body}");
            assert_eq!(body["retryOf"], json!(first));
            let again = server.ended(&text(&body["executionId"])).await;
            assert_eq!(again["retryOf"], json!(first));
            assert_eq!(again["status"], status);
            assert_eq!(again["input"], json!([7]));
        }
    }
}

#[tokio::test]
async fn an_execution_can_be_repeated_with_another_input() {
    let server = start().await;
    let function = server.upload("echo", "echo").await;
    let first = text(&server.execute(&function, json!({"a": 1})).await["_id"]);
    let retry = format!("/api/executions/{first}/retry");
    for (input, seen) in [
        (json!({"a": 2}), json!({"a": 2})),
        (json!(0), json!(0)),
        (Value::Null, json!({})),
    ] {
        let (status, body) = server.post(&retry, json!({ "input": input })).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{body}");
        let again = server.ended(&text(&body["executionId"])).await;
        assert_eq!(
            (&again["input"], &again["output"], &again["retryOf"]),
            (&seen, &seen, &json!(first))
        );
    }
    let (status, body) = server.post(&retry, json!({"inputt": 1})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(text(&body["error"]).contains("\"input\""), "{body}");
}

#[tokio::test]
async fn an_execution_that_has_not_ended_cannot_be_repeated() {
    let server = start().await;
    let function = server.upload("waits", "wait").await;
    let execute = format!("/api/functions/{function}/execute");
    let (_, accepted) = server.post(&execute, json!({})).await;
    let id = text(&accepted["executionId"]);
    let retry = format!("/api/executions/{id}/retry");
    let (status, body) = server.post(&retry, json!({})).await;
    assert_eq!(status, StatusCode::CONFLICT, "{body}");
    assert!(
        text(&body["error"]).contains("until it has ended"),
        "{body}"
    );
    let cancel = format!("/api/executions/{id}/cancel");
    let (status, _) = server.post(&cancel, json!({})).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_replay_of_an_idempotent_request_says_so_and_has_the_status_of_the_first() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let call = |route: &'static str, body: Value| {
        server
            .request(Method::POST, &format!("/api/functions/{id}/{route}"))
            .header("Idempotency-Key", "key-1")
            .json(&body)
            .send()
    };
    let response = call("execute", json!({"input": {"a": 1, "b": 2}})).await;
    let response = response.unwrap();
    assert!(!response.headers().contains_key("idempotent-replayed"));
    let first: Value = response.json().await.unwrap();
    // Once it has ended, the replay shows that.
    let replayed = call("invoke", json!({"b": 2, "a": 1})).await.unwrap();
    assert_eq!(replayed.status(), StatusCode::OK);
    assert_eq!(replayed.headers()["idempotent-replayed"], "true");
    let execution = text(&first["executionId"]);
    assert_eq!(replayed.headers()["x-execution-id"], execution.as_str());
    assert_eq!(replayed.text().await.unwrap(), r#"{"a":1,"b":2}"#);
    let replayed = call("execute", json!({"input": {"a": 1, "b": 2}})).await;
    let replayed = replayed.unwrap();
    assert_eq!(replayed.status(), StatusCode::ACCEPTED);
    assert_eq!(replayed.headers()["idempotent-replayed"], "true");
    let body: Value = replayed.json().await.unwrap();
    assert_eq!(text(&body["executionId"]), execution);
    assert_eq!(body["status"], "completed");

    for (route, body) in [
        ("execute", json!({"input": {"a": 2}})),
        ("invoke", json!({"a": 2})),
    ] {
        let refused = call(route, body).await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!refused.headers().contains_key("idempotent-replayed"));
        let body: Value = refused.json().await.unwrap();
        assert_eq!(body["code"], "idempotency_key_reused");
        assert_eq!(text(&body["executionId"]), execution);
    }
}

#[tokio::test]
async fn a_replay_of_a_failed_call_fails_as_the_first_did() {
    let server = start().await;
    let id = server.upload("f", "throw").await;
    let call = || {
        server
            .request(Method::POST, &format!("/api/functions/{id}/invoke"))
            .header("Idempotency-Key", "key-1")
            .json(&json!(1))
            .send()
    };
    let first = call().await.unwrap();
    assert_eq!(first.status(), StatusCode::BAD_GATEWAY);
    assert!(!first.headers().contains_key("idempotent-replayed"));
    let first: Value = first.json().await.unwrap();
    // A function that takes no more calls still answers those that it has taken.
    let change = json!({"status": "inactive"});
    let path = format!("/api/functions/{id}");
    let (status, _) = server.send(Method::PUT, &path, change).await;
    assert_eq!(status, StatusCode::OK);
    let replayed = call().await.unwrap();
    assert_eq!(replayed.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(replayed.headers()["idempotent-replayed"], "true");
    assert_eq!(replayed.json::<Value>().await.unwrap(), first);
}
