//! What clients are told.

use faas_core::events::EventKind;
use faas_core::model::{Json, Timestamp};
use serde_json::json;

use crate::server::{start, types};

#[tokio::test]
async fn an_execution_is_told_in_order_and_with_all_its_members() {
    let server = start().await;
    let function = server.upload("echo").await;
    let mut client = server.connect().await;
    let execution = server
        .platform
        .invoke(function, json!({"a": 1}))
        .await
        .unwrap();
    let messages = client.until("execution_completed").await;
    assert_eq!(
        types(&messages),
        ["execution_started", "execution_completed"]
    );
    let [started, completed] = messages.as_slice() else {
        unreachable!()
    };
    assert_eq!(
        started["data"],
        json!({
            "executionId": execution.id.to_string(),
            "functionId": function.to_string(),
            "status": "running",
        })
    );
    let data = &completed["data"];
    assert_eq!(data["executionId"], json!(execution.id.to_string()));
    assert_eq!(data["status"], "completed");
    assert_eq!(data["output"], json!({"a": 1}));
    assert!(data["duration"].is_number());
    assert_eq!(data["cost"]["totalCost"].to_string(), "0.000100014");
    for message in &messages {
        assert_eq!(message["epoch"], json!(server.platform.events().epoch()));
        let timestamp = message["timestamp"].as_str().unwrap();
        assert!(Timestamp::parse_rfc3339(timestamp).is_some());
    }
    assert!(started["seq"].as_u64() < completed["seq"].as_u64());
}

#[tokio::test]
async fn retries_and_the_final_failure_are_told() {
    let server = start().await;
    let function = server.upload("throw").await;
    let mut client = server.connect().await;
    server
        .platform
        .execute(function, Json::null())
        .await
        .unwrap();
    let messages = client.until("execution_failed").await;
    let retries: Vec<_> = messages
        .iter()
        .filter(|m| m["type"] == "execution_retry")
        .collect();
    assert_eq!(retries.len(), 3);
    assert_eq!(retries[0]["data"]["retryCount"], 1);
    assert_eq!(retries[0]["data"]["delay"], 1);
    assert_eq!(retries[1]["data"]["delay"], 2);
    let failed = &messages.last().unwrap()["data"];
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["error"], "as the script says");
    assert_eq!(failed["errorKind"], "user_error");
    assert_eq!(failed["retryCount"], 3);
}

#[tokio::test]
async fn a_change_of_capacity_is_told() {
    let server = start().await;
    let function = server.upload("wait").await;
    let mut client = server.connect().await;
    for _ in 0..15 {
        server
            .platform
            .execute(function, Json::null())
            .await
            .unwrap();
    }
    let messages = client.until("scaling_event").await;
    let data = &messages.last().unwrap()["data"];
    assert_eq!(data["action"], "scale_up");
    assert_eq!(data["instanceCount"], 2);
    assert!(!data["reason"].as_str().unwrap().is_empty());
    assert!(data["timestamp"].is_string());
    assert!(data.as_object().unwrap().contains_key("functionId"));
}

#[tokio::test]
async fn seq_rises_by_one_for_a_client_that_gets_everything() {
    let server = start().await;
    let function = server.upload("echo").await;
    let mut client = server.connect().await;
    for _ in 0..200 {
        server
            .platform
            .invoke(function, Json::null())
            .await
            .unwrap();
    }
    let mut last = None;
    let mut completed = 0;
    while completed < 200 {
        let text = client.next().await.into_text().unwrap();
        let message: serde_json::Value = serde_json::from_str(&text).unwrap();
        let seq = message["seq"].as_u64().unwrap();
        assert!(last.is_none_or(|last| seq == last + 1), "{last:?} {seq}");
        last = Some(seq);
        completed += u32::from(message["type"] == "execution_completed");
    }
}

#[tokio::test]
async fn a_filter_narrows_the_stream_to_a_function_and_to_types() {
    let server = start().await;
    let (echo, null) = (server.upload("echo").await, server.upload("null").await);
    let mut client = server.connect().await;
    client
        .say(json!({"type": "subscribe", "functionId": echo.to_string(), "types": ["execution_completed"]}))
        .await;
    server.platform.invoke(null, Json::null()).await.unwrap();
    server.platform.invoke(echo, Json::null()).await.unwrap();
    let only = client.event().await;
    assert_eq!(only["type"], "execution_completed");
    assert_eq!(only["data"]["functionId"], json!(echo.to_string()));
    // The latest message counts: everything again.
    client.say(json!({"type": "subscribe"})).await;
    server.platform.invoke(null, Json::null()).await.unwrap();
    assert_eq!(types(&client.until("execution_completed").await).len(), 2);
}

#[tokio::test]
async fn metrics_come_by_themselves_while_somebody_listens() {
    let server = start().await;
    let mut client = server.connect().await;
    client
        .say(json!({"type": "subscribe", "types": ["metrics"]}))
        .await;
    let text = client.next().await.into_text().unwrap();
    let message: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(message["type"], "metrics");
    assert_eq!(message["data"]["instances"], 1);
    assert!(message["data"]["coldStarts"].is_number());
    assert_eq!(message["data"]["running"], 0);
    assert_eq!(message["data"]["waiting"], 0);
}

#[tokio::test]
async fn a_client_that_was_away_resumes_after_what_it_has_seen() {
    let server = start().await;
    let function = server.upload("echo").await;
    let mut client = server.connect().await;
    server.platform.invoke(function, json!(1)).await.unwrap();
    let seen = client.until("execution_completed").await.pop().unwrap();
    drop(client);
    server.platform.invoke(function, json!(2)).await.unwrap();
    let mut client = server.connect().await;
    let since = json!({"epoch": seen["epoch"], "seq": seen["seq"]});
    client
        .send(json!({"type": "subscribe", "since": since}).to_string())
        .await;
    let missed = client.until("execution_completed").await;
    assert_eq!(types(&missed), ["execution_started", "execution_completed"]);
    assert_eq!(missed[1]["data"]["output"], json!(2));
    assert!(missed[0]["seq"].as_u64() > seen["seq"].as_u64());
}

#[tokio::test]
async fn what_the_ring_no_longer_holds_is_one_gap_and_the_rest_follows() {
    let server = start().await;
    let retry = || EventKind::Retry {
        execution_id: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
        function_id: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
        retry_count: 1,
        delay: std::time::Duration::ZERO,
    };
    let bus = server.platform.events();
    // What nobody listens to is not kept.
    let _listening = bus.subscribe(None);
    bus.publish(Timestamp::default(), (0..10_000).map(|_| retry()));
    let mut client = server.connect().await;
    let since = json!({"epoch": bus.epoch(), "seq": 1});
    client
        .send(
            json!({"type": "subscribe", "since": since, "types": ["execution_retry"]}).to_string(),
        )
        .await;
    let gap = client.event().await;
    assert_eq!(gap["type"], "gap");
    assert_eq!(gap["data"]["from"], 2);
    let to = gap["data"]["to"].as_u64().unwrap();
    assert_eq!(gap["seq"], json!(to));
    assert_eq!(client.event().await["seq"], json!(to + 1));
}

#[tokio::test]
async fn another_epoch_is_one_gap_over_everything() {
    let server = start().await;
    let function = server.upload("echo").await;
    server.platform.invoke(function, json!(1)).await.unwrap();
    let mut client = server.connect().await;
    client
        .send(r#"{"type":"subscribe","since":{"epoch":1,"seq":5}}"#)
        .await;
    let gap = client.event().await;
    assert_eq!(gap["type"], "gap");
    assert_eq!(gap["data"]["from"], 1);
}

#[tokio::test]
async fn a_message_that_is_not_understood_is_answered_and_the_connection_stays() {
    let server = start().await;
    let function = server.upload("echo").await;
    let mut client = server.connect().await;
    let long = format!("{{\"type\":\"{}\"}}", "x".repeat(60_000));
    let deep = "[".repeat(60_000);
    for bad in [
        "",
        "hello",
        "{}",
        r#"{"type":"publish"}"#,
        r#"{"type":"subscribe","types":["no"]}"#,
        r#"{"type":"subscribe","functionid":"x"}"#,
        &long,
        &deep,
    ] {
        client.send(bad).await;
        let answer = client.event().await;
        assert_eq!(answer["type"], "error", "{bad}");
        assert!(answer["data"]["message"].is_string());
        assert_eq!(answer["data"]["error"], answer["data"]["message"]);
        assert_eq!(answer["data"]["code"], "invalid_request");
    }
    let binary = tokio_tungstenite::tungstenite::Message::binary(vec![0, 255]);
    futures_util::SinkExt::send(&mut client.socket, binary)
        .await
        .unwrap();
    assert_eq!(client.event().await["type"], "error");
    server.platform.invoke(function, json!(1)).await.unwrap();
    assert_eq!(client.event().await["type"], "execution_started");
}
