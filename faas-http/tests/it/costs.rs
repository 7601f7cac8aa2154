//! Costs.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{Server, assert_has, assert_moment, start, text};

async fn data(server: &Server, path: &str) -> Value {
    let body = server.get(path).await;
    assert_eq!(body["success"], true);
    body["data"].clone()
}

#[tokio::test]
async fn prices_are_those_of_the_book() {
    let server = start().await;
    let pricing = data(&server, "/api/costs/pricing").await;
    for tier in ["basic", "standard", "premium", "enterprise"] {
        assert_has(
            &pricing["tiers"][tier],
            &[
                "name",
                "pricePer100ms",
                "memoryMB",
                "cpuCores",
                "description",
            ],
        );
    }
    assert_eq!(
        pricing["tiers"]["standard"]["pricePer100ms"].to_string(),
        "0.0003"
    );
    assert_eq!(pricing["tiers"]["standard"]["cpuCores"].to_string(), "0.5");
    assert_has(
        &pricing["factors"],
        &["coldStart", "retry", "scaling", "dataTransfer", "storage"],
    );
    assert_eq!(pricing["factors"]["coldStart"].to_string(), "0.00005");
    let premium = json!({"codeLength": 10_000, "timeout": 120_000});
    assert_eq!(pricing["thresholds"]["premium"], premium);
}

#[tokio::test]
async fn an_estimate_takes_the_given_duration_or_one_second() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let ask = |body: Value| server.post("/api/costs/estimate", body);
    let (status, body) = ask(json!({"functionId": id})).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let estimate = &body["data"];
    assert_eq!(estimate["tier"], "basic");
    assert_eq!(estimate["basis"], "default");
    assert_eq!(estimate["estimatedDuration"], 1000);
    assert_eq!(estimate["breakdown"]["baseCost"].to_string(), "0.001");
    assert_has(
        &estimate["breakdown"],
        &["coldStartCost", "dataTransferCost"],
    );
    assert_has(&estimate["resourceUsage"], &["memoryMB", "cpuCores"]);
    assert_has(&estimate["range"], &["low", "high"]);
    let (_, body) =
        ask(json!({"functionId": id, "estimatedDuration": 150.5, "input": {"a": 1}})).await;
    assert_eq!(body["data"]["estimatedDuration"].to_string(), "150.5");
    assert_eq!(body["data"]["breakdown"]["baseCost"].to_string(), "0.0002");
    server.execute(&id, json!(1)).await;
    let (_, body) = ask(json!({"functionId": id})).await;
    assert_eq!(body["data"]["basis"], "history");
}

#[tokio::test]
async fn every_report_adds_up_to_the_same_amount() {
    let server = start().await;
    let echo = server.upload("echo", "echo").await;
    let throws = server.upload("throws", "throw").await;
    server.execute(&echo, json!({"a": 1})).await;
    server.execute(&echo, json!("text")).await;
    server.execute(&throws, json!({})).await;

    let nanos = |value: &Value| (value.as_f64().unwrap() * 1e9).round() as i64;
    let executions = data(&server, "/api/costs/executions").await;
    let executions = executions.as_array().unwrap();
    assert_eq!(executions.len(), 3);
    assert_eq!(
        executions[2]["functionId"],
        json!({"_id": echo, "name": "echo", "description": "a script"})
    );
    let expected: i64 = executions
        .iter()
        .map(|e| nanos(&e["cost"]["totalCost"]))
        .sum();

    let system = data(&server, "/api/costs/system").await;
    assert_eq!(nanos(&system["totalSystemCost"]), expected);
    assert_eq!(system["totalExecutions"], 3);
    assert_has(
        &system,
        &[
            "averageCostPerExecution",
            "scalingCost",
            "storageCost",
            "grandTotal",
        ],
    );
    assert_moment(&system["period"]["startDate"]);
    let costs = system["functionCosts"].as_array().unwrap();
    assert_has(
        &costs[0],
        &[
            "functionId",
            "functionName",
            "totalCost",
            "executionCount",
            "tier",
        ],
    );
    assert_eq!(costs[0]["functionId"], json!(throws), "dearest first");

    let breakdown = data(&server, "/api/costs/breakdown").await;
    let rows = breakdown["breakdown"].as_array().unwrap();
    assert_eq!(
        rows.iter().map(|row| nanos(&row["totalCost"])).sum::<i64>(),
        expected
    );
    assert_has(
        &rows[0],
        &[
            "_id",
            "functionName",
            "totalDuration",
            "tier",
            "costBreakdown",
            "averageCost",
            "averageDuration",
        ],
    );

    let mut one_by_one = 0;
    for id in [&echo, &throws] {
        let cost = data(&server, &format!("/api/costs/function/{id}")).await;
        assert_has(
            &cost,
            &[
                "functionId",
                "functionName",
                "period",
                "executionCount",
                "averageCost",
                "totalDuration",
                "averageDuration",
                "tier",
            ],
        );
        let parts = &cost["costBreakdown"];
        let sum: i64 = [
            "baseCost",
            "coldStartCost",
            "retryCost",
            "dataTransferCost",
            "kvCost",
        ]
        .iter()
        .map(|part| nanos(&parts[part]))
        .sum();
        assert_eq!(sum, nanos(&cost["totalCost"]));
        one_by_one += sum;
    }
    assert_eq!(one_by_one, expected);

    for (granularity, length) in [("minute", 16), ("hour", 16), ("day", 10), ("month", 7)] {
        let trends = data(
            &server,
            &format!("/api/costs/trends?granularity={granularity}"),
        )
        .await;
        assert_eq!(trends["granularity"], granularity);
        assert_moment(&trends["period"]["start"]);
        assert_moment(&trends["period"]["end"]);
        let rows = trends["trends"].as_array().unwrap();
        assert_eq!(
            rows.iter().map(|row| nanos(&row["totalCost"])).sum::<i64>(),
            expected
        );
        for row in rows {
            assert_eq!(row["_id"].as_str().unwrap().len(), length);
            assert_has(row, &["executionCount", "averageDuration", "totalDuration"]);
        }
    }
}

#[tokio::test]
async fn a_deleted_function_stays_in_the_reports() {
    let server = start().await;
    let id = server.upload("gone", "echo").await;
    server.execute(&id, json!(1)).await;
    server
        .send(Method::DELETE, &format!("/api/functions/{id}"), Value::Null)
        .await;
    let system = data(&server, "/api/costs/system").await;
    assert_eq!(system["functionCosts"][0]["functionName"], "gone");
    let executions = data(
        &server,
        &format!("/api/costs/executions?functionId={id}&limit=1"),
    )
    .await;
    assert_eq!(executions[0]["functionId"]["name"], "gone");
    let cost = data(&server, &format!("/api/costs/function/{id}")).await;
    assert_eq!(cost["executionCount"], 1);
}

#[tokio::test]
async fn a_report_repeats_the_requested_period() {
    let server = start().await;
    let system = data(
        &server,
        "/api/costs/system?startDate=2026-01-01&endDate=2026-01-31",
    )
    .await;
    assert_eq!(
        system["period"],
        json!({"startDate": "2026-01-01T00:00:00.000Z", "endDate": "2026-01-31T23:59:59.999Z"})
    );
    assert_eq!(system["totalSystemCost"], 0);
    assert_eq!(system["averageCostPerExecution"], 0);
}

#[tokio::test]
async fn an_end_before_its_start_is_an_empty_report_with_zeros() {
    let server = start().await;
    let echo = server.upload("echo", "echo").await;
    server.execute(&echo, json!(1)).await;
    let query = "startDate=2999-01-02&endDate=2026-01-01";
    let system = data(&server, &format!("/api/costs/system?{query}")).await;
    assert_eq!(system["period"]["startDate"], "2999-01-02T00:00:00.000Z");
    assert_eq!(system["period"]["endDate"], "2026-01-01T23:59:59.999Z");
    for name in [
        "totalSystemCost",
        "totalExecutions",
        "scalingCost",
        "storageCost",
        "grandTotal",
    ] {
        assert_eq!(system[name], 0, "{name}: {system}");
    }
    assert_eq!(system["functionCosts"], json!([]));
    let function = data(&server, &format!("/api/costs/function/{echo}?{query}")).await;
    assert_eq!(
        (&function["totalCost"], &function["executionCount"]),
        (&json!(0), &json!(0))
    );
    let trends = data(&server, &format!("/api/costs/trends?{query}")).await;
    assert_eq!(trends["trends"], json!([]));
    let breakdown = data(&server, &format!("/api/costs/breakdown?{query}")).await;
    assert_eq!(breakdown["breakdown"], json!([]));
}

#[tokio::test]
async fn a_breakdown_has_the_newest_execution_of_each_function_if_asked() {
    let server = start().await;
    let throws = server.upload("throws", "throw").await;
    server.execute(&throws, json!({})).await;
    let newest = server.execute(&throws, json!({})).await;
    let path = "/api/costs/breakdown?lastExecution=true";
    let row = data(&server, path).await["breakdown"][0].clone();
    assert_eq!(
        row["lastExecution"],
        json!({
            "_id": newest["_id"],
            "status": "failed",
            "errorKind": "user_error",
            "createdAt": newest["createdAt"],
        })
    );
    let without = data(&server, "/api/costs/breakdown").await["breakdown"][0].clone();
    assert_eq!(without.get("lastExecution"), None);

    // One that has not ended is the newest too.
    let waits = server.upload("waits", "wait").await;
    let change = json!({"code": "echo"});
    let function = format!("/api/functions/{waits}");
    server.send(Method::PUT, &function, change).await;
    server.execute(&waits, json!(1)).await;
    let change = json!({"code": "wait"});
    server.send(Method::PUT, &function, change).await;
    let execute = format!("{function}/execute");
    let (_, accepted) = server.post(&execute, json!({})).await;
    let rows = data(&server, path).await["breakdown"].clone();
    let rows = rows.as_array().unwrap();
    let row = rows.iter().find(|row| row["_id"] == json!(waits)).unwrap();
    assert_eq!(row["lastExecution"]["_id"], accepted["executionId"]);
    let status = text(&row["lastExecution"]["status"]);
    assert!(status == "pending" || status == "running", "{status}");
    let cancel = format!("/api/executions/{}/cancel", text(&accepted["executionId"]));
    server.post(&cancel, json!({})).await;
}
