//! Malformed requests: each is a 4xx that says what is wrong.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{answer, start};

const UNKNOWN: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

#[tokio::test]
async fn unknown_and_invalid_ids_are_not_found() {
    let server = start().await;
    for id in [
        UNKNOWN,
        "x",
        "1",
        "%00",
        "%FF%FE",
        "..%2F..",
        "01890a5dac96774bbcceb302099a8057",
        "%F0%9F%98%80",
    ] {
        for (method, path, code) in [
            (
                Method::GET,
                format!("/api/functions/{id}"),
                "function_not_found",
            ),
            (
                Method::PUT,
                format!("/api/functions/{id}"),
                "function_not_found",
            ),
            (
                Method::DELETE,
                format!("/api/functions/{id}"),
                "function_not_found",
            ),
            (
                Method::GET,
                format!("/api/functions/{id}/logs"),
                "function_not_found",
            ),
            (
                Method::POST,
                format!("/api/functions/{id}/execute"),
                "function_not_found",
            ),
            (
                Method::POST,
                format!("/api/functions/{id}/invoke"),
                "function_not_found",
            ),
            (
                Method::GET,
                format!("/api/costs/function/{id}"),
                "function_not_found",
            ),
            (
                Method::GET,
                format!("/api/executions/{id}"),
                "execution_not_found",
            ),
            (
                Method::POST,
                format!("/api/executions/{id}/cancel"),
                "execution_not_found",
            ),
            (
                Method::POST,
                format!("/api/executions/{id}/retry"),
                "execution_not_found",
            ),
            (
                Method::GET,
                format!("/api/load-tests/{id}"),
                "load_test_not_found",
            ),
            (
                Method::DELETE,
                format!("/api/load-tests/{id}"),
                "load_test_not_found",
            ),
        ] {
            let request = server.request(method.clone(), &path).body("{}");
            let (status, body) = answer(request).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}: {body}");
            assert_eq!(body["code"], code, "{method} {path}");
        }
    }
    let (status, body) = server
        .post("/api/costs/estimate", json!({"functionId": "x"}))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(body["success"], false);
}

#[tokio::test]
async fn invalid_queries_are_refused_with_the_name_of_the_parameter() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let logs = format!("/api/functions/{id}/logs");
    for (path, query, word) in [
        (logs.as_str(), "limit=abc", "limit"),
        (&logs, "limit=0", "1 to 1000"),
        (&logs, "limit=-1", "limit"),
        (&logs, "limit=%2B5", "limit"),
        (&logs, "limit=1.5", "limit"),
        (&logs, "limit=1e3", "limit"),
        (&logs, "limit=5&limit=6", "more than once"),
        (&logs, "status=done", "pending, running, completed, failed"),
        (&logs, "status=completed&status=failed", "more than once"),
        ("/api/executions", "cursor=x", "cursor"),
        ("/api/executions", "status=COMPLETED", "status"),
        (
            "/api/executions",
            "errorKind=oom",
            "user_error, timeout, out_of_memory",
        ),
        ("/api/executions", "from=yesterday", "from"),
        ("/api/executions", "from=2026-01-02&to=2026-01-01", "before"),
        ("/api/metrics/executions/history", "hours=0", "1 to 8760"),
        ("/api/metrics/scaling/history", "hours=x", "hours"),
        (
            "/api/metrics/scaling-history",
            "hours=1&hours=1",
            "more than once",
        ),
        ("/api/costs/system", "startDate=x", "startDate"),
        ("/api/costs/system", "startDate=2026-02-30", "startDate"),
        ("/api/costs/breakdown", "endDate=10000-01-01", "endDate"),
        (
            "/api/costs/trends",
            "granularity=year",
            "minute, hour, day, month",
        ),
        ("/api/costs/trends", "startDate=1969-12-31", "1970 to 9999"),
        ("/api/costs/executions", "limit=x", "limit"),
    ] {
        let request = server.request(Method::GET, &format!("{path}?{query}"));
        let (status, body) = answer(request).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}?{query}: {body}");
        let message = body["error"].as_str().unwrap();
        assert!(message.contains(word), "{path}?{query}: {message}");
        assert_eq!(body["code"], "invalid_request");
        let costs = path.starts_with("/api/costs");
        assert_eq!(body.get("success"), costs.then_some(&Value::Bool(false)));
    }
    let (status, _) = answer(server.request(Method::GET, "/api/executions?functionId=x")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_limit_is_clamped_to_the_maximum_and_an_empty_limit_is_the_default() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let logs = format!("/api/functions/{id}/logs");
    for path in [
        &format!("{logs}?limit=1001&status="),
        &format!("{logs}?limit=99999999999999999999"),
        &format!("{logs}?limit="),
        "/api/executions?limit=5000",
        "/api/costs/executions?limit=1001",
        "/api/load-tests?limit=101",
        "/api/metrics/executions/history?hours=8761",
        "/api/metrics/scaling/history?hours=",
    ] {
        server.get(path).await;
    }
}

#[tokio::test]
async fn invalid_functions_are_refused_with_the_expected_values() {
    let server = start().await;
    let new = |key: &str, value: Value| {
        let mut new = json!({"name": "f", "description": "d", "code": "echo"});
        new[key] = value;
        new
    };
    let config = |config: Value| new("config", config);
    for (body, word) in [
        (json!([]), "object"),
        (json!("text"), "object"),
        (Value::Null, "object"),
        (json!({}), "name is missing"),
        (json!({"name": "f", "description": "d"}), "code is missing"),
        (new("name", json!(1)), "name must be a string"),
        (new("name", Value::Null), "name must be a string"),
        (new("name", json!("  ")), "name is blank"),
        (new("name", json!("two\nlines")), "control character"),
        (new("name", json!("x".repeat(129))), "128"),
        (new("description", json!("")), "description is blank"),
        (new("code", json!(["echo"])), "code must be a string"),
        (config(json!([])), "config must be a JSON object"),
        (
            config(json!({"cpu": 1})),
            "unknown member \"config.cpu\": known members are timeout, retryCount, retry, \
             concurrency, concurrencyPerKey, memory, bindings, egress, http, kv, destinations, tool, runtime, env, secrets",
        ),
        (
            config(json!({"timeout": -1})),
            "config.timeout must be a whole number of milliseconds",
        ),
        (config(json!({"timeout": 0})), "timeout"),
        (config(json!({"timeout": 1.5})), "config.timeout"),
        (config(json!({"timeout": "5000"})), "config.timeout"),
        (config(json!({"timeout": 1e30})), "config.timeout"),
        (config(json!({"timeout": u64::MAX})), "timeout"),
        (config(json!({"retryCount": 11})), "10"),
        (
            config(json!({"retryCount": 4_294_967_296_u64})),
            "config.retryCount",
        ),
        (config(json!({"retryCount": true})), "config.retryCount"),
        (
            config(json!({"retry": {"factor": 0.5}})),
            "retry.factor is 0.5: expected a number from 1 to 100",
        ),
        (config(json!({"retry": {"base": 86_400_001}})), "retry.base"),
        (config(json!({"retry": {"jitter": 2}})), "retry.jitter"),
        (config(json!({"retry": {"attempts": 2}})), "attempts"),
        (
            config(json!({"retry": {"retryOn": ["cancelled"]}})),
            "retry.retryOn has cancelled",
        ),
        (config(json!({"concurrency": 0})), "concurrency"),
        (config(json!({"concurrency": "1"})), "config.concurrency"),
        (
            config(json!({"memory": 129})),
            "memory is 129 MiB: expected 1 to 128 MiB, which tier basic gives",
        ),
        (config(json!({"memory": 0})), "memory is 0 MiB"),
        (config(json!({"memory": 1.5})), "config.memory"),
        (config(json!({"bindings": "a"})), "config.bindings"),
        (config(json!({"bindings": [1]})), "config.bindings"),
        (
            config(json!({"bindings": ["a b"]})),
            "bindings[0] is \"a b\"",
        ),
        (
            config(json!({"bindings": ["a", "a"]})),
            "bindings names a twice",
        ),
        (
            config(json!({"bindings": vec!["a"; 65]})),
            "bindings has 65 names: at most 64 are allowed",
        ),
    ] {
        let (status, answer) = server.post("/api/functions", body.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {answer}");
        let message = answer["error"].as_str().unwrap();
        assert!(message.contains(word), "{body}: {message}");
    }
    let id = server.upload("f", "echo").await;
    for body in [
        json!({"status": "paused"}),
        json!({"status": 1}),
        json!({"name": ""}),
        json!({"code": "bad"}),
        json!({"config": {"timeout": -1}}),
        json!([1]),
    ] {
        let path = format!("/api/functions/{id}");
        let (status, answer) = server.send(Method::PUT, &path, body.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {answer}");
    }
    assert_eq!(
        server.get(&format!("/api/functions/{id}")).await["version"],
        1
    );
    let accepted =
        json!({"name": "g", "description": "d", "code": "echo", "config": {"timeout": 5e3}});
    let (status, function) = server.post("/api/functions", accepted).await;
    assert_eq!(status, StatusCode::CREATED, "{function}");
    assert_eq!(function["config"]["timeout"], 5000);
}

#[tokio::test]
async fn invalid_estimates_are_refused() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    for body in [
        json!({}),
        json!([]),
        json!({"functionId": 1}),
        json!({"functionId": id, "estimatedDuration": 0}),
        json!({"functionId": id, "estimatedDuration": -5}),
        json!({"functionId": id, "estimatedDuration": "1000"}),
        json!({"functionId": id, "estimatedDuration": 1e300}),
    ] {
        let (status, answer) = server.post("/api/costs/estimate", body.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {answer}");
        assert_eq!(answer["success"], false);
    }
}

#[tokio::test]
async fn bodies_that_are_not_json_are_refused_whatever_their_content_type() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_in = format!("{{\"input\":{deep}}}");
    let bodies: [&[u8]; 8] = [
        b"{",
        b"{a:1}",
        b"nul",
        b"1 2",
        b"\"\xff\xfe\"",
        b"{\"name\":\"\x01\"}",
        deep.as_bytes(),
        deep_in.as_bytes(),
    ];
    for body in bodies {
        for path in [
            "/api/functions".to_owned(),
            format!("/api/functions/{id}/execute"),
            format!("/api/functions/{id}/invoke"),
            "/api/costs/estimate".to_owned(),
            "/api/load-tests".to_owned(),
            "/api/load-tests/estimate".to_owned(),
        ] {
            let request = server.request(Method::POST, &path).body(body.to_vec());
            let (status, answer) = answer(request).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {answer}");
            assert!(
                answer["error"].as_str().unwrap().contains("not JSON"),
                "{answer}"
            );
        }
    }
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "nonsense",
    ] {
        let request = server
            .request(Method::POST, &format!("/api/functions/{id}/execute"))
            .header("content-type", kind)
            .body("{\"input\":1}");
        assert_eq!(answer(request).await.0, StatusCode::ACCEPTED);
    }
}

#[tokio::test]
async fn a_lone_surrogate_is_refused_in_text_members_and_kept_in_an_input() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let half = r#"{"name":"\ud800","description":"d","code":"echo"}"#;
    let (status, body) = answer(server.request(Method::POST, "/api/functions").body(half)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(
        body["error"].as_str().unwrap().contains("surrogate"),
        "{body}"
    );
    let response = server
        .request(Method::POST, &format!("/api/functions/{id}/invoke"))
        .body("\"\\ud800\"")
        .send()
        .await
        .unwrap();
    assert_eq!(response.text().await.unwrap(), "\"\\ud800\"");
}

#[tokio::test]
async fn a_body_over_the_limit_is_a_413() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let string = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
    let (mib, envelope) = (1 << 20, r#"{"input":}"#.len());
    for (path, body, status) in [
        ("invoke", string(mib), StatusCode::OK),
        ("invoke", string(mib + 1), StatusCode::PAYLOAD_TOO_LARGE),
        (
            "execute",
            format!("{{\"input\":{}}}", string(mib)),
            StatusCode::ACCEPTED,
        ),
        (
            "execute",
            format!("{{\"input\":{}}}", string(mib + 1)),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
        (
            "execute",
            string(mib + (16 << 10) + envelope),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
    ] {
        let request = server
            .request(Method::POST, &format!("/api/functions/{id}/{path}"))
            .body(body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
    }
    let code = "x".repeat((10 << 20) + 1);
    let new = json!({"name": "large", "description": "d", "code": code});
    let (status, body) = server.post("/api/functions", new).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(body["code"], "payload_too_large");
}

#[tokio::test]
async fn an_invalid_idempotency_key_or_flag_is_refused() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let path = format!("/api/functions/{id}/invoke");
    let long = "k".repeat(256);
    for key in ["", " ", "two words", "\u{fc}", &long] {
        let request = server
            .request(Method::POST, &path)
            .header("idempotency-key", key);
        let (status, body) = answer(request).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{key:?}");
        assert!(body["error"].as_str().unwrap().contains("Idempotency-Key"));
    }
    let twice = server
        .request(Method::POST, &path)
        .header("idempotency-key", "a")
        .header("idempotency-key", "b");
    assert_eq!(answer(twice).await.0, StatusCode::BAD_REQUEST);
    let (status, _) = answer(server.request(Method::POST, &format!("{path}?retry=maybe"))).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
