//! Metrics and health.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{assert_has, assert_moment, start, text};
use crate::waiting::wait_for;

#[tokio::test]
async fn the_overview_counts_what_happened_in_the_last_hour_and_ever() {
    let server = start().await;
    let empty = server.get("/api/metrics").await;
    assert_eq!(empty["overview"]["successRate"], 0);
    assert_eq!(empty["performance"]["averageExecutionTime"], 0);

    let echo = server.upload("echo", "echo").await;
    let throws = server.upload("throws", "throw").await;
    server.execute(&echo, json!(1)).await;
    server.execute(&echo, json!(1)).await;
    server.execute(&throws, json!(1)).await;
    let metrics = server.get("/api/metrics").await;
    let overview = &metrics["overview"];
    assert_has(
        overview,
        &[
            "pendingExecutions",
            "activeFunctions",
            "currentInstances",
            "queuedExecutions",
            "runningExecutions",
            "waitingExecutions",
            "coldStartRate",
        ],
    );
    assert_eq!(overview["totalExecutions"], 3);
    assert_eq!(overview["recentExecutions"], 3);
    assert_eq!(overview["completedExecutions"], 2);
    assert_eq!(overview["failedExecutions"], 1);
    assert_eq!(overview["successRate"].to_string(), "66.67");
    assert_eq!(overview["activeFunctions"], 2);
    assert_has(
        &metrics["performance"],
        &[
            "averageExecutionTime",
            "totalExecutionsToday",
            "p50",
            "p95",
            "p99",
        ],
    );
    assert!(metrics["scaling"]["recentEvents"].is_array());
    assert_eq!(
        metrics["scaling"]["currentInstances"],
        overview["currentInstances"]
    );
}

#[tokio::test]
async fn running_and_waiting_executions_are_told_apart() {
    let server = start().await;
    let waits = server.upload("waits", "suspend").await;
    let runs = server.upload("runs", "wait").await;
    let path = |id: &str| format!("/api/functions/{id}/execute");
    for id in [&waits, &waits, &waits, &runs] {
        let (status, _) = server.post(&path(id), json!({})).await;
        assert_eq!(status, StatusCode::ACCEPTED);
    }
    wait_for("three executions wait and one runs", async || {
        let metrics = server.get("/api/metrics").await;
        let overview = &metrics["overview"];
        let is_so = overview["waitingExecutions"] == 3 && overview["runningExecutions"] == 1;
        is_so.then_some(())
    })
    .await;
    let response = server
        .request(Method::GET, "/metrics")
        .send()
        .await
        .unwrap();
    let text = response.text().await.unwrap();
    for line in ["faas_waiting 3", "faas_running 1", "faas_queue_depth 0"] {
        assert!(
            text.lines().any(|l| l == line),
            "{line} is missing from\n{text}"
        );
    }
}

#[tokio::test]
async fn the_history_of_executions_has_one_row_for_each_hour() {
    let server = start().await;
    assert_eq!(
        server.get("/api/metrics/executions/history").await,
        json!([])
    );
    let echo = server.upload("echo", "echo").await;
    let execution = server.execute(&echo, json!(1)).await;
    let rows = server.get("/api/metrics/executions/history?hours=24").await;
    let row = &rows[0];
    let created = execution["createdAt"].as_str().unwrap();
    assert_eq!(row["bucket"], format!("{}:00:00.000Z", &created[..13]));
    assert_eq!(row["_id"]["year"], created[..4].parse::<u32>().unwrap());
    assert_eq!(row["_id"]["hour"], created[11..13].parse::<u32>().unwrap());
    assert_has(&row["_id"], &["hour", "day", "month", "year"]);
    assert_eq!(
        (&row["total"], &row["completed"], &row["failed"]),
        (&json!(1), &json!(1), &json!(0))
    );
}

#[tokio::test]
async fn executions_that_have_not_ended_are_counted_while_they_wait_and_run() {
    let server = start().await;
    let wait = server.upload("wait", "wait").await;
    let execute = format!("/api/functions/{wait}/execute");
    let mut ids = Vec::new();
    for _ in 0..3 {
        let (_, accepted) = server.post(&execute, json!({})).await;
        ids.push(text(&accepted["executionId"]));
    }
    let metrics = server.get("/api/metrics").await;
    let overview = &metrics["overview"];
    for (name, expected) in [
        ("totalExecutions", 3),
        ("recentExecutions", 3),
        ("pendingExecutions", 3),
        ("completedExecutions", 0),
        ("failedExecutions", 0),
    ] {
        assert_eq!(overview[name], expected, "{name}: {overview}");
    }
    assert_eq!(metrics["performance"]["totalExecutionsToday"], 3);
    let rows = server.get("/api/metrics/executions/history").await;
    let total: u64 = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["total"].as_u64().unwrap())
        .sum();
    assert_eq!(total, 3, "{rows}");
    assert_eq!(rows[0]["completed"], 0);

    for id in ids {
        let cancel = format!("/api/executions/{id}/cancel");
        server.post(&cancel, json!({})).await;
        server.ended(&id).await;
    }
    let overview = &server.get("/api/metrics").await["overview"];
    assert_eq!(overview["pendingExecutions"], 0);
    assert_eq!(overview["failedExecutions"], 3);
}

#[tokio::test]
async fn the_history_of_scaling_is_empty_until_something_scaled() {
    let server = start().await;
    for path in [
        "/api/metrics/scaling/history",
        "/api/metrics/scaling-history?hours=1",
    ] {
        assert_eq!(server.get(path).await, json!([]));
    }
    // Two functions, because one function may not use all instances.
    for name in ["one", "other"] {
        let wait = server.upload(name, "wait").await;
        for _ in 0..15 {
            server
                .post(&format!("/api/functions/{wait}/execute"), json!({}))
                .await;
        }
    }
    let events = wait_for("the instances scale", async || {
        let events = server.get("/api/metrics/scaling/history").await;
        (events != json!([])).then_some(events)
    })
    .await;
    let event = &events[0];
    assert_has(event, &["_id", "functionId", "reason"]);
    assert_eq!(event["action"], "scale_up");
    assert_eq!(event["instanceCount"], 2);
    assert_moment(&event["timestamp"]);
    assert_eq!(server.get("/api/metrics/scaling-history").await, events);
}

#[tokio::test]
async fn health_is_reported_and_a_stopping_platform_is_not_ready() {
    let server = start().await;
    assert_eq!(server.get("/healthz").await["status"], "ok");
    assert_eq!(server.get("/readyz").await["status"], "ready");
    server.platform.shutdown().await;
    assert_eq!(server.get("/healthz").await["status"], "ok");
    let (status, body) = server.send(Method::GET, "/readyz", Value::Null).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        body["reason"].as_str().unwrap().contains("shutting down"),
        "{body}"
    );
}

#[tokio::test]
async fn counters_are_in_the_text_format_of_prometheus() {
    let server = start().await;
    let echo = server.upload("echo", "echo").await;
    server.execute(&echo, json!(1)).await;
    let response = server
        .request(Method::GET, "/metrics")
        .send()
        .await
        .unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let text = response.text().await.unwrap();
    for line in [
        "faas_executions_total{outcome=\"completed\"} 1",
        "faas_execution_duration_seconds_count 1",
        "faas_cold_starts_total 1",
    ] {
        assert!(
            text.lines().any(|l| l == line),
            "{line} is missing from\n{text}"
        );
    }
}
