//! Load tests.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{assert_has, assert_moment, start, text};
use crate::waiting::wait_for;

const TESTS: &str = "/api/load-tests";

/// An amount in nano-dollars: a float holds those of these tests exactly.
fn nanos(value: &Value) -> i64 {
    (value.as_f64().unwrap() * 1e9).round() as i64
}

#[tokio::test]
async fn a_test_costs_what_its_executions_cost_to_the_nano_dollar() {
    let server = start().await;
    let id = server.upload("echo", "echo").await;
    let new = json!({
        "functionId": id,
        "concurrency": 4,
        "durationSeconds": 1,
        "rate": 60,
        "input": {"n": "{{i}}", "text": "call {{i}}"},
    });
    let (status, started) = server.post(TESTS, new.clone()).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{started}");
    assert_eq!(started["status"], "running");
    assert_eq!(started["functionId"], json!(id));
    assert_eq!(started["functionName"], "echo");
    assert_eq!(started["input"], new["input"]);
    assert_eq!(started["rate"].as_f64(), Some(60.0));
    assert_eq!(started["endedAt"], Value::Null);
    assert_eq!(started["result"]["total"], 0);

    let test = server.tested(&text(&started["_id"])).await;
    assert_eq!(test["status"], "completed");
    assert_eq!(test["durationSeconds"], 1);
    for moment in ["createdAt", "updatedAt", "endedAt"] {
        assert_moment(&test[moment]);
    }
    let result = &test["result"];
    // The first three calls measure how long a call takes.
    assert_eq!(result["total"], 63);
    assert_eq!(result["completed"], 63);
    assert_eq!(result["failed"], 0);
    assert_eq!(result["successRate"], 100);
    assert!(result["elapsedSeconds"].as_f64().unwrap() >= 0.9);
    assert!(result["requestsPerSecond"].as_f64().unwrap() > 1.0);
    assert_has(
        &result["responseTime"],
        &["min", "mean", "p50", "p90", "p95", "p99", "max"],
    );

    let page = server.get("/api/executions?limit=1000").await;
    let executions = page["executions"].as_array().unwrap();
    assert_eq!(executions.len(), 63);
    let sum = |part: &str| {
        executions
            .iter()
            .map(|e| nanos(&e["cost"][part]))
            .sum::<i64>()
    };
    let cost = &result["cost"];
    assert!(nanos(&cost["actual"]) > 0);
    assert_eq!(nanos(&cost["actual"]), sum("totalCost"));
    for part in ["baseCost", "coldStartCost", "retryCost", "dataTransferCost"] {
        assert_eq!(nanos(&cost["breakdown"][part]), sum(part), "{part}");
    }
    let by_second = result["timeline"].as_array().unwrap();
    let by_second = by_second.iter().map(|second| nanos(&second["cost"]));
    assert_eq!(by_second.sum::<i64>(), sum("totalCost"));
    let each = nanos(&cost["perRequest"]) * 63;
    assert!((each - sum("totalCost")).abs() <= 32, "{cost}");
    let cold = executions.iter().filter(|e| e["coldStart"] == true);
    assert_eq!(result["coldStarts"], cold.count());
    let system = server.get("/api/costs/system").await;
    assert_eq!(system["data"]["totalSystemCost"], cost["actual"]);
    // The placeholders were filled in.
    let inputs = executions.iter().map(|e| e["input"]["n"].as_u64().unwrap());
    let mut inputs: Vec<_> = inputs.collect();
    inputs.sort_unstable();
    assert_eq!(inputs, (0..63).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_estimate_without_history_is_replaced_after_the_first_calls() {
    let server = start().await;
    let id = server.upload("echo", "echo").await;
    let new = json!({"functionId": id, "durationSeconds": 1, "rate": 10});
    let path = "/api/load-tests/estimate";
    let (status, estimate) = server.post(path, new.clone()).await;
    assert_eq!(status, StatusCode::OK, "{estimate}");
    // One of the two instances for a second. A call of a function without history counts as a second.
    assert_eq!(estimate["basis"], "default");
    assert_eq!(estimate["duration"], 1000);
    assert_eq!(estimate["requests"], 1);
    assert!(nanos(&estimate["low"]) <= nanos(&estimate["total"]));
    assert!(nanos(&estimate["total"]) <= nanos(&estimate["high"]));
    assert_eq!(server.get(TESTS).await, json!([]));
    let (_, test) = server.post(TESTS, new).await;
    assert_eq!(test["estimate"], estimate);
    for amount in ["total", "low", "high"] {
        assert_eq!(
            test["result"]["cost"]["estimated"][amount],
            estimate[amount]
        );
    }
    let test = server.tested(&text(&test["_id"])).await;
    let estimate = &test["estimate"];
    assert_eq!(estimate["basis"], "probe");
    assert!(estimate["duration"].as_f64().unwrap() < 1000.0);
    let cost = &test["result"]["cost"];
    assert_eq!(cost["estimated"]["total"], estimate["total"]);
    let (actual, expected) = (nanos(&cost["actual"]), nanos(&estimate["total"]));
    let difference = (actual - expected) as f64 * 100.0 / expected as f64;
    let told = cost["differencePercent"].as_f64().unwrap();
    assert!((told - difference).abs() < 0.01, "{told} {difference}");
}

#[tokio::test]
async fn a_second_test_of_a_function_is_a_conflict_until_the_first_is_stopped() {
    let server = start().await;
    let id = server.upload("waits", "wait").await;
    let other = server.upload("echo", "echo").await;
    let new = json!({"functionId": id, "durationSeconds": 300, "concurrency": 2});
    let (_, first) = server.post(TESTS, new.clone()).await;
    let (status, refused) = server.post(TESTS, new.clone()).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(refused["code"], "load_test_running");
    let short = json!({"functionId": other, "durationSeconds": 1, "rate": 5});
    let (status, second) = server.post(TESTS, short).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{second}");

    let path = format!("{TESTS}/{}", text(&first["_id"]));
    let (status, stopping) = server.send(Method::DELETE, &path, Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{stopping}");
    assert_eq!(stopping["status"], "stopping");
    assert_eq!(stopping["_id"], first["_id"]);
    // Its running executions end when they are cancelled.
    wait_for("the load test is stopped", async || {
        let running = server.get("/api/executions?status=running").await;
        for execution in running["executions"].as_array().unwrap() {
            let cancel = format!("/api/executions/{}/cancel", text(&execution["_id"]));
            server.post(&cancel, Value::Null).await;
        }
        let status = text(&server.get(&path).await["status"]);
        assert!(
            ["stopping", "stopped"].contains(&status.as_str()),
            "{status}"
        );
        (status == "stopped").then_some(())
    })
    .await;
    let (status, ended) = server.send(Method::DELETE, &path, Value::Null).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(ended["code"], "conflict");

    let ids = |tests: &Value| -> Vec<Value> {
        let tests = tests.as_array().unwrap().iter();
        tests.map(|test| test["_id"].clone()).collect()
    };
    let all = server.get(TESTS).await;
    assert_eq!(ids(&all), [second["_id"].clone(), first["_id"].clone()]);
    let newest = server.get(&format!("{TESTS}?limit=1")).await;
    assert_eq!(ids(&newest), [second["_id"].clone()]);
    let of_one = server.get(&format!("{TESTS}/?functionId={id}")).await;
    assert_eq!(ids(&of_one), [first["_id"].clone()]);
}

#[tokio::test]
async fn calls_that_fail_are_counted_by_their_reason() {
    let server = start().await;
    let id = server.upload("throws", "throw").await;
    let new = json!({"functionId": id, "durationSeconds": 1, "rate": 20});
    let (_, test) = server.post(TESTS, new).await;
    let result = server.tested(&text(&test["_id"])).await["result"].clone();
    assert_eq!(result["failed"], 23);
    assert_eq!(result["successRate"], 0);
    let errors = json!([{"message": "Error: as the script says", "count": 23}]);
    assert_eq!(result["errors"], errors);
}

#[tokio::test]
async fn an_invalid_request_is_explained_and_starts_nothing() {
    let server = start().await;
    let id = server.upload("echo", "echo").await;
    let with = |name: &str, value: Value| {
        let mut new = json!({"functionId": id});
        new[name] = value;
        new
    };
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    for (new, status, named) in [
        (json!({}), 400, "functionId"),
        (json!([]), 400, "object"),
        (json!({"functionId": 1}), 400, "functionId"),
        (json!({"functionId": "x"}), 404, "Function not found"),
        (json!({"functionId": unknown}), 404, "Function not found"),
        (
            with("duration", json!(30)),
            400,
            "did you mean \"durationSeconds\"?",
        ),
        (with("concurrency", json!(0)), 400, "concurrency"),
        (with("concurrency", json!(101)), 400, "concurrency"),
        (with("concurrency", json!("4")), 400, "concurrency"),
        (with("concurrency", json!(-1)), 400, "concurrency"),
        (with("durationSeconds", json!(0)), 400, "duration"),
        (with("durationSeconds", json!(301)), 400, "duration"),
        (with("durationSeconds", json!(1.5)), 400, "durationSeconds"),
        (with("durationSeconds", json!(1e18)), 400, "duration"),
        (with("rate", json!(0)), 400, "rate"),
        (with("rate", json!(-1)), 400, "rate"),
        (with("rate", json!(10_001)), 400, "rate"),
        (with("rate", json!("1")), 400, "rate"),
        (with("rate", json!(1e300)), 400, "rate"),
    ] {
        for path in [TESTS, "/api/load-tests/estimate"] {
            let (answered, body) = server.post(path, new.clone()).await;
            assert_eq!(answered, status, "{path} {new}: {body}");
            assert!(text(&body["error"]).contains(named), "{new}: {body}");
        }
    }
    for query in ["?limit=0", "?limit=-1", "?limit=x"] {
        let path = format!("{TESTS}{query}");
        let (status, _) = server.send(Method::GET, &path, Value::Null).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
    }
    assert_eq!(server.get(TESTS).await, json!([]));
}
