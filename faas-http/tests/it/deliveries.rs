//! Destinations and deliveries over HTTP.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{Server, start};
use crate::waiting::wait_for;

async fn create(server: &Server, name: &str, code: &str, destinations: Value) -> String {
    let config = json!({"retryCount": 0, "destinations": destinations});
    let new = json!({"name": name, "description": "d", "code": code, "config": config});
    let (status, created) = server.post("/api/functions", new).await;
    assert_eq!(status, StatusCode::CREATED, "{created}");
    created["_id"].as_str().unwrap().to_owned()
}

async fn run(server: &Server, function: &str) -> String {
    let path = format!("/api/functions/{function}/execute");
    let (_, accepted) = server.post(&path, json!({"input": 1})).await;
    let id = accepted["executionId"].as_str().unwrap().to_owned();
    server.ended(&id).await;
    id
}

/// Waits until no delivery of an execution is under way.
async fn at_rest(server: &Server, execution: &str) -> Vec<Value> {
    let path = format!("/api/executions/{execution}/deliveries");
    wait_for("the end of the deliveries", async || {
        let page = server.get(&path).await;
        let deliveries = page["deliveries"].as_array().unwrap().clone();
        let is_at_rest = |one: &Value| one["status"] == "delivered" || one["status"] == "failed";
        deliveries.iter().all(is_at_rest).then_some(deliveries)
    })
    .await
}

#[tokio::test]
async fn destinations_read_back_and_their_deliveries_are_listed_and_replayed() {
    let server = start().await;
    let destinations = json!({
        "onSuccess": [{"binding": "stock.count"}],
        "onEnd": [{"function": "next"}],
    });
    let f = create(&server, "f", "echo", destinations.clone()).await;
    let one = server.get(&format!("/api/functions/{f}")).await;
    assert_eq!(one["config"]["destinations"], destinations);
    let execution = run(&server, &f).await;
    let deliveries = at_rest(&server, &execution).await;
    assert_eq!(deliveries[0]["status"], "delivered");
    assert_eq!(deliveries[0]["condition"], "success");
    assert_eq!(deliveries[0]["target"], json!({"binding": "stock.count"}));
    assert_eq!(deliveries[1]["status"], "failed");
    let attempt = &deliveries[1]["attempts"][0];
    assert_eq!(attempt["message"], "no function is named \"next\"");

    create(&server, "next", "echo", Value::Null).await;
    let id = deliveries[1]["_id"].as_str().unwrap();
    assert_eq!(id, format!("{execution}_1"));
    let replay = format!("/api/deliveries/{id}/replay");
    let (status, replayed) = server.post(&replay, json!({})).await;
    assert_eq!(
        (status, &replayed["status"]),
        (StatusCode::ACCEPTED, &json!("pending"))
    );
    let deliveries = at_rest(&server, &execution).await;
    assert_eq!(deliveries[1]["status"], "delivered");
    let accepted = deliveries[1]["acceptedExecutionId"].as_str().unwrap();
    let next = server.ended(accepted).await;
    assert_eq!(next["input"]["executionId"], execution);
    assert_eq!(next["input"]["output"], 1);

    let path = format!("/api/functions/{f}/deliveries");
    assert_eq!(server.get(&path).await["deliveries"], json!(deliveries));
    let failed = server.get(&format!("{path}?status=failed")).await;
    assert_eq!(failed["deliveries"], json!([]));
    let (status, _) = server
        .post(&format!("/api/deliveries/{execution}_9/replay"), json!({}))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn deliveries_of_a_function_are_paged_by_execution() {
    let server = start().await;
    let two = json!({"onEnd": [{"binding": "stock.count"}, {"function": "none"}]});
    let f = create(&server, "f", "echo", two).await;
    let mut executions = Vec::new();
    for _ in 0..3 {
        let execution = run(&server, &f).await;
        at_rest(&server, &execution).await;
        executions.push(execution);
    }
    let path = format!("/api/functions/{f}/deliveries?limit=2");
    let page = server.get(&path).await;
    assert_eq!(page["deliveries"].as_array().unwrap().len(), 4);
    assert_eq!(page["deliveries"][0]["executionId"], executions[2]);
    let cursor = page["nextCursor"].as_str().unwrap();
    let rest = server
        .get(&format!("{path}&status=failed&cursor={cursor}"))
        .await;
    let rest = rest["deliveries"].as_array().unwrap();
    assert_eq!(
        (rest.len(), &rest[0]["executionId"]),
        (1, &json!(executions[0]))
    );
}

#[tokio::test]
async fn destinations_that_cannot_be_are_refused_and_can_be_removed() {
    let server = start().await;
    let f = create(&server, "f", "echo", json!({"onEnd": [{"function": "g"}]})).await;
    let one = format!("/api/functions/{f}");
    for (destinations, reason) in [
        (json!({"onError": []}), "unknown member"),
        (json!({"onEnd": [{"queue": "q"}]}), "destinations.onEnd"),
        (
            json!({"onEnd": [{"webhook": {"url": "example.com"}}]}),
            "absolute URL",
        ),
        (
            json!({"onEnd": vec![json!({"function": "g"}); 6]}),
            "at most 5",
        ),
    ] {
        let change = json!({"config": {"destinations": destinations}});
        let (status, refused) = server.send(Method::PUT, &one, change).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
        let error = refused["error"].as_str().unwrap();
        assert!(error.contains(reason), "{error}");
    }
    let change = json!({"config": {"destinations": null}});
    let (status, changed) = server.send(Method::PUT, &one, change).await;
    assert_eq!(
        (status, &changed["config"]["destinations"]),
        (StatusCode::OK, &Value::Null)
    );
    let execution = run(&server, &f).await;
    assert!(at_rest(&server, &execution).await.is_empty());
}
