//! Executions that are due later, and batches.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::server::{start, text};

#[tokio::test]
async fn an_execution_with_a_delay_or_a_time_is_pending_until_then() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let path = format!("/api/functions/{id}/execute");
    for body in [
        json!({"input": 1, "delay": "2h"}),
        json!({"input": 1, "runAt": "2999-01-01T00:00:00Z"}),
    ] {
        let (status, body) = server.post(&path, body).await;
        if status == StatusCode::BAD_REQUEST {
            // 973 years are too long.
            assert!(text(&body["error"]).contains("366 days"), "{body}");
            continue;
        }
        assert_eq!(status, StatusCode::ACCEPTED, "{body}");
        assert_eq!(body["status"], "pending");
        let path = format!("/api/executions/{}", text(&body["executionId"]));
        assert_eq!(server.get(&path).await["status"], "pending");
    }
    let past = json!({"input": 1, "runAt": "2001-01-01T01:00:00+01:00"});
    let (_, body) = server.post(&path, past).await;
    server.ended(&text(&body["executionId"])).await;
    for (body, message) in [
        (json!({"delay": "soon"}), "`delay` must be a whole number"),
        (
            json!({"delay": "1h", "runAt": "2001-01-01T00:00:00Z"}),
            "either",
        ),
        (json!({"runAt": "tomorrow"}), "runAt"),
    ] {
        let (status, body) = server.post(&path, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(text(&body["error"]).contains(message), "{body}");
    }
}

#[tokio::test]
async fn a_batch_answers_the_executions_in_order_or_accepts_none() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let path = format!("/api/functions/{id}/execute/batch");
    let batch = json!({"executions": [
        {"input": {"n": 1}},
        {"input": {"n": 2}, "idempotencyKey": "k"},
        {"delay": "1h"},
        {},
    ]});
    let (status, first) = server.post(&path, batch.clone()).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{first}");
    let ids = |body: &Value| -> Vec<String> {
        let executions = body["executions"].as_array().unwrap().iter();
        executions.map(|one| text(&one["executionId"])).collect()
    };
    let executions = ids(&first);
    assert_eq!(executions.len(), 4);
    for (place, input) in [(0, json!({"n": 1})), (1, json!({"n": 2})), (3, json!({}))] {
        assert_eq!(server.ended(&executions[place]).await["input"], input);
    }
    let (_, second) = server.post(&path, batch).await;
    assert_eq!(second["executions"][1]["duplicate"], true);
    assert_eq!(ids(&second)[1], executions[1]);

    let count = server.get("/api/executions").await["executions"].clone();
    for (bad, message) in [
        (json!({"input": 1, "delay": "-1s"}), "executions[1]"),
        (json!({"input": 1, "idempotencyKey": ""}), "executions[1]"),
        (json!({"inputt": 1}), "inputt"),
    ] {
        let batch = json!({"executions": [{}, bad]});
        let (status, body) = server.post(&path, batch).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(text(&body["error"]).contains(message), "{body}");
    }
    let many = json!({"executions": vec![json!({}); 1_001]});
    let (status, _) = server.post(&path, many).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let after = server.get("/api/executions").await["executions"].clone();
    assert_eq!(
        after.as_array().unwrap().len(),
        count.as_array().unwrap().len()
    );
}
