//! Existing dashboards and scripts keep working: checks the original contract field by field against
//! the real server. Additions to the contract are not checked here.

use serde_json::{Value, json};

use super::client::{Client, assert_members, rows};

const FUNCTION: [(&str, &str); 10] = [
    ("_id", "id"),
    ("name", "string"),
    ("description", "string"),
    ("code", "string"),
    ("createdAt", "moment"),
    ("updatedAt", "moment"),
    ("version", "number"),
    ("status", "string"),
    ("config", "object"),
    ("tier", "string"),
];

const EXECUTION: [(&str, &str); 14] = [
    ("_id", "id"),
    ("functionVersion", "number"),
    ("input", "any"),
    ("output", "any"),
    ("status", "string"),
    ("startTime", "moment"),
    ("endTime", "moment?"),
    ("duration", "number?"),
    ("error", "string?"),
    ("retryCount", "number"),
    ("instanceId", "string?"),
    ("cost", "object"),
    ("createdAt", "moment"),
    ("coldStart", "boolean"),
];

const COST: [(&str, &str); 7] = [
    ("tier", "string"),
    ("baseCost", "number"),
    ("coldStartCost", "number"),
    ("retryCost", "number"),
    ("dataTransferCost", "number"),
    ("totalCost", "number"),
    ("resourceUsage", "object"),
];

const RESOURCES: [(&str, &str); 2] = [("memoryMB", "number"), ("cpuCores", "number")];

const PARTS: [(&str, &str); 4] = [
    ("baseCost", "number"),
    ("coldStartCost", "number"),
    ("retryCost", "number"),
    ("dataTransferCost", "number"),
];

const SCALING_EVENT: [(&str, &str); 6] = [
    ("_id", "id"),
    ("functionId", "id?"),
    ("action", "string"),
    ("instanceCount", "number"),
    ("timestamp", "moment"),
    ("reason", "string"),
];

fn client() -> Client {
    Client::of_new_server("sqlite:./faas.db")
}

fn create(client: &Client, name: &str, code: &str) -> String {
    let new = json!({"name": name, "description": "does it", "code": code});
    let function = client.post("/api/functions", &new, 201);
    function["_id"].as_str().unwrap().to_owned()
}

fn execute(client: &Client, id: &str, input: Value) -> Value {
    let path = format!("/api/functions/{id}/execute");
    let accepted = client.post(&path, &json!({"input": input}), 202);
    assert_members(&accepted, &[("executionId", "id")]);
    assert_eq!(accepted["status"], "pending");
    assert_eq!(accepted["message"], "Function execution started");
    accepted
}

fn assert_execution(execution: &Value) {
    assert_members(execution, &EXECUTION);
    assert_members(&execution["cost"], &COST);
    assert_members(&execution["cost"]["resourceUsage"], &RESOURCES);
}

#[test]
fn functions_are_created_changed_and_deleted_as_in_the_original() {
    let client = client();
    let new = json!({
        "name": "add", "description": "adds", "code": "return input.a + input.b",
        "config": {"timeout": 5000, "retryCount": 1},
    });
    let function = client.post("/api/functions", &new, 201);
    assert_members(&function, &FUNCTION);
    for member in ["name", "description", "code"] {
        assert_eq!(function[member], new[member]);
    }
    assert_eq!(function["config"]["timeout"], 5000);
    assert_eq!(function["config"]["retryCount"], 1);
    assert_eq!(
        (&function["version"], &function["status"]),
        (&json!(1), &json!("active"))
    );
    let id = function["_id"].as_str().unwrap();
    let path = format!("/api/functions/{id}");
    assert_eq!(client.get(&path), function);
    let other = create(&client, "other", "return 1");
    let all = client.get("/api/functions");
    let ids: Vec<_> = rows(&all).iter().map(|function| &function["_id"]).collect();
    assert_eq!(ids, [&json!(other), &json!(id)], "newest first");

    let change = json!({"status": "inactive", "config": {"timeout": 7000}});
    let (status, changed) = client.send("PUT", &path, &change);
    assert_eq!(status, 200, "{changed}");
    assert_members(&changed, &FUNCTION);
    assert_eq!(changed["status"], "inactive");
    assert_eq!(changed["config"]["timeout"], 7000);
    assert_eq!(changed["config"]["retryCount"], 1, "config is merged");
    let refused = client.post(&format!("{path}/execute"), &json!({}), 400);
    assert_members(&refused, &[("error", "string")]);
    let (status, deleted) = client.send("DELETE", &path, &Value::Null);
    assert_eq!(status, 200);
    assert_eq!(deleted["message"], "Function deleted successfully");

    for (method, path, body, expected) in [
        ("GET", path.as_str(), Value::Null, 404),
        ("DELETE", &path, Value::Null, 404),
        ("PUT", &path, json!({}), 404),
        ("GET", "/api/functions/64b7f0c2a1", Value::Null, 404),
        ("POST", "/api/functions", json!({"name": "x"}), 400),
        (
            "POST",
            "/api/functions",
            json!({"name": "x", "description": "d", "code": "return ("}),
            400,
        ),
    ] {
        let (status, refused) = client.send(method, path, &body);
        assert_eq!(status, expected, "{method} {path}: {refused}");
        assert_members(&refused, &[("error", "string")]);
    }
}

#[test]
fn an_execution_is_accepted_and_then_found_in_the_log() {
    let client = client();
    let id = create(&client, "add", "return {sum: input.a + input.b}");
    let accepted = execute(&client, &id, json!({"a": 1, "b": 2}));
    let done = client.poll(&id);
    assert_execution(&done);
    assert_eq!(done["_id"], accepted["executionId"]);
    assert_eq!(done["functionId"], json!(id));
    assert_eq!(done["status"], "completed");
    assert_eq!(done["input"], json!({"a": 1, "b": 2}));
    assert_eq!(done["output"], json!({"sum": 3}));
    let ended = [
        ("endTime", "moment"),
        ("duration", "number"),
        ("instanceId", "string"),
    ];
    assert_members(&done, &ended);
    assert_eq!(done["cost"]["tier"], "basic");
    assert!(done["cost"]["totalCost"].as_f64().unwrap() > 0.0);

    // No body at all is an empty input.
    client.post(&format!("/api/functions/{id}/execute"), &Value::Null, 202);
    assert_eq!(client.poll(&id)["input"], json!({}));

    let fails = create(
        &client,
        "fails",
        "if (input) throw new Error('as it must'); return 1",
    );
    execute(&client, &fails, json!({}));
    let failed = loop {
        let failed = client.poll(&fails);
        if failed["retryCount"] == 3 {
            break failed;
        }
    };
    assert_execution(&failed);
    assert_eq!(failed["status"], "failed");
    assert!(failed["error"].as_str().unwrap().contains("as it must"));
    let only = client.get(&format!(
        "/api/functions/{fails}/logs?limit=50&status=failed"
    ));
    assert_eq!(rows(&only).len(), 1);
    let none = client.get(&format!("/api/functions/{fails}/logs?status=completed"));
    assert_eq!(none, json!([]));
}

#[test]
fn metrics_and_both_histories_have_their_fields() {
    let client = client();
    assert_eq!(
        client.get("/api/metrics/scaling/history?hours=24"),
        json!([])
    );
    let id = create(
        &client,
        "slow",
        "const end = Date.now() + 100; while (Date.now() < end); return null",
    );
    let mut events = client.listen("/");
    for n in 0..25 {
        execute(&client, &id, json!({"n": n}));
    }
    events.next("scaling_event");
    client.poll(&id);
    let metrics = client.get("/api/metrics");
    assert_members(
        &metrics["overview"],
        &[
            ("totalExecutions", "number"),
            ("recentExecutions", "number"),
            ("completedExecutions", "number"),
            ("failedExecutions", "number"),
            ("pendingExecutions", "number"),
            ("successRate", "number"),
            ("activeFunctions", "number"),
            ("currentInstances", "number"),
        ],
    );
    assert_eq!(metrics["overview"]["totalExecutions"], 25);
    assert_eq!(metrics["overview"]["activeFunctions"], 1);
    assert_members(
        &metrics["performance"],
        &[
            ("averageExecutionTime", "number"),
            ("totalExecutionsToday", "number"),
        ],
    );
    assert_members(&metrics["scaling"], &[("currentInstances", "number")]);
    let recent = rows(&metrics["scaling"]["recentEvents"]);
    assert_members(&recent[0], &SCALING_EVENT);

    let hours = client.get("/api/metrics/executions/history?hours=24");
    let counts = [
        ("total", "number"),
        ("completed", "number"),
        ("failed", "number"),
    ];
    let hour = [
        ("hour", "number"),
        ("day", "number"),
        ("month", "number"),
        ("year", "number"),
    ];
    for row in rows(&hours) {
        assert_members(row, &counts);
        assert_members(&row["_id"], &hour);
    }
    for path in ["scaling/history", "scaling-history"] {
        let history = client.get(&format!("/api/metrics/{path}?hours=24"));
        let newest = &rows(&history)[0];
        assert_members(newest, &SCALING_EVENT);
        let oldest = rows(&history).last().unwrap();
        assert_eq!(oldest["action"], "scale_up");
        assert_eq!(oldest["instanceCount"], 2);
        assert!(newest["timestamp"].as_str() >= oldest["timestamp"].as_str());
    }
}

#[test]
fn prices_estimates_and_reports_have_their_fields_and_add_up() {
    let client = client();
    let pricing = client.costs("pricing");
    for tier in ["basic", "standard", "premium", "enterprise"] {
        assert_members(
            &pricing["tiers"][tier],
            &[
                ("name", "string"),
                ("pricePer100ms", "number"),
                ("memoryMB", "number"),
                ("cpuCores", "number"),
                ("description", "string"),
            ],
        );
    }
    let factors = ["coldStart", "retry", "scaling", "dataTransfer", "storage"];
    assert_members(&pricing["factors"], &factors.map(|name| (name, "number")));

    let id = create(&client, "echo", "return input");
    let asked = json!({"functionId": id, "input": {"a": 1}, "estimatedDuration": 250});
    let estimate = client.post("/api/costs/estimate", &asked, 200);
    assert_eq!(estimate["success"], true);
    let estimate = &estimate["data"];
    assert_members(
        estimate,
        &[
            ("tier", "string"),
            ("estimatedCost", "number"),
            ("estimatedDuration", "number"),
        ],
    );
    assert_members(&estimate["resourceUsage"], &RESOURCES);
    assert_members(
        &estimate["breakdown"],
        &[
            ("baseCost", "number"),
            ("coldStartCost", "number"),
            ("dataTransferCost", "number"),
        ],
    );
    assert_eq!(estimate["breakdown"]["baseCost"], 0.0003);

    for n in 0..3 {
        execute(&client, &id, json!({"n": n}));
        client.poll(&id);
    }
    let executions = client.costs("executions?limit=50");
    assert_eq!(rows(&executions).len(), 3);
    let named = json!({"_id": id, "name": "echo", "description": "does it"});
    let mut sum = 0;
    for execution in rows(&executions) {
        assert_execution(execution);
        assert_eq!(execution["functionId"], named);
        sum += nanos(&execution["cost"]["totalCost"]);
    }
    let of_one = client.costs(&format!("executions?limit=1&functionId={id}"));
    assert_eq!(rows(&of_one).len(), 1);

    let period = [("startDate", "moment"), ("endDate", "moment")];
    let system = client.costs("system");
    assert_members(&system["period"], &period);
    assert_members(
        &system,
        &[
            ("totalSystemCost", "number"),
            ("totalExecutions", "number"),
            ("averageCostPerExecution", "number"),
        ],
    );
    assert_eq!(nanos(&system["totalSystemCost"]), sum);
    assert_members(
        &rows(&system["functionCosts"])[0],
        &[
            ("functionId", "id"),
            ("functionName", "string"),
            ("totalCost", "number"),
            ("executionCount", "number"),
            ("tier", "string"),
        ],
    );

    // Two whole days, because one day could end during the test.
    let [from, to] =
        ["startDate", "endDate"].map(|end| &system["period"][end].as_str().unwrap()[..10]);
    let function = client.costs(&format!("function/{id}?startDate={from}&endDate={to}"));
    assert_members(&function["period"], &period);
    assert_members(
        &function,
        &[
            ("functionId", "id"),
            ("functionName", "string"),
            ("totalCost", "number"),
            ("executionCount", "number"),
            ("averageCost", "number"),
            ("totalDuration", "number"),
            ("averageDuration", "number"),
            ("tier", "string"),
        ],
    );
    assert_members(&function["costBreakdown"], &PARTS);
    assert_eq!(nanos(&function["totalCost"]), sum);

    let trends = client.costs(&format!("trends?startDate={from}&granularity=hour"));
    assert_members(&trends["period"], &[("start", "moment"), ("end", "moment")]);
    assert_eq!(trends["granularity"], "hour");
    let mut by_hour = 0;
    for row in rows(&trends["trends"]) {
        assert_members(
            row,
            &[
                ("_id", "string"),
                ("totalCost", "number"),
                ("executionCount", "number"),
                ("averageDuration", "number"),
                ("totalDuration", "number"),
            ],
        );
        let hour = row["_id"].as_str().unwrap();
        assert!(hour.len() == 16 && hour.ends_with(":00"), "{hour}");
        by_hour += nanos(&row["totalCost"]);
    }
    assert_eq!(by_hour, sum);

    let breakdown = client.costs("breakdown");
    assert_members(&breakdown["period"], &period);
    let row = &rows(&breakdown["breakdown"])[0];
    assert_members(
        row,
        &[
            ("_id", "id"),
            ("functionName", "string"),
            ("totalCost", "number"),
            ("executionCount", "number"),
            ("totalDuration", "number"),
            ("tier", "string"),
            ("averageCost", "number"),
            ("averageDuration", "number"),
        ],
    );
    assert_members(&row["costBreakdown"], &PARTS);
    assert_eq!(nanos(&row["totalCost"]), sum);

    for path in [
        "/api/costs/system?startDate=nonsense",
        "/api/costs/trends?granularity=week",
    ] {
        let (status, refused) = client.send("GET", path, &Value::Null);
        assert_eq!(status, 400);
        assert_eq!(refused["success"], false);
        assert_members(&refused, &[("error", "string")]);
    }
}

#[test]
fn a_socket_at_the_root_receives_executions_retries_failures_and_scaling() {
    let client = client();
    let id = create(&client, "echo", "return input");
    let mut events = client.listen("/");
    execute(&client, &id, json!({"a": 1}));
    let about = [
        ("executionId", "id"),
        ("functionId", "id"),
        ("status", "string"),
    ];
    let envelope = [("data", "object"), ("timestamp", "moment")];
    let started = events.next("execution_started");
    assert_members(&started, &envelope);
    assert_members(&started["data"], &about);
    let completed = events.next("execution_completed");
    assert_members(&completed, &envelope);
    assert_members(&completed["data"], &about);
    assert_members(
        &completed["data"],
        &[("duration", "number"), ("cost", "object")],
    );
    assert_eq!(completed["data"]["output"], json!({"a": 1}));
    assert_eq!(completed["data"]["status"], "completed");
    assert_members(&completed["data"]["cost"], &COST[..6]);

    let fails = create(
        &client,
        "fails",
        "if (input) throw new Error('as it must'); return 1",
    );
    execute(&client, &fails, json!({}));
    let retry = events.next("execution_retry");
    assert_members(&retry["data"], &about[..2]);
    assert_members(
        &retry["data"],
        &[("retryCount", "number"), ("delay", "number")],
    );
    assert_eq!(retry["data"]["retryCount"], 1);
    assert_eq!(retry["data"]["delay"], 5);
    let failed = events.next("execution_failed");
    assert_members(&failed["data"], &about);
    assert_members(
        &failed["data"],
        &[("error", "string"), ("retryCount", "number")],
    );
    assert_eq!(failed["data"]["retryCount"], 3);

    let slow = create(
        &client,
        "slow",
        "const end = Date.now() + 100; while (Date.now() < end); return null",
    );
    for _ in 0..25 {
        execute(&client, &slow, json!({}));
    }
    let scaling = events.next("scaling_event");
    assert_members(&scaling, &envelope);
    assert_members(&scaling["data"], &SCALING_EVENT[1..]);
}

/// An amount in nano-dollars: a float holds those of these tests exactly.
fn nanos(value: &Value) -> i64 {
    (value.as_f64().unwrap() * 1e9).round() as i64
}
