//! Load tests as they are told.

use std::time::Duration;

use faas_core::load_test::NewLoadTest;
use serde_json::{Value, json};

use crate::server::start;

fn members(value: &Value) -> Vec<&str> {
    let members = value.as_object().unwrap().keys();
    members.map(String::as_str).collect()
}

#[tokio::test]
async fn a_load_test_is_told_each_second_and_wholly_at_its_end() {
    let server = start().await;
    let function = server.upload("echo").await;
    let mut client = server.connect().await;
    let types = ["load_test_progress", "load_test_finished"];
    client
        .say(json!({"type": "subscribe", "types": types}))
        .await;
    let new = NewLoadTest::new(function)
        .concurrency(3)
        .duration(Duration::from_secs(2))
        .rate(30.0)
        .input(json!({"n": "{{i}}"}));
    let test = server.platform.load_tests().start(new).await.unwrap();
    let mut messages = client.until("load_test_finished").await;
    let finished = messages.pop().unwrap();
    assert!(!messages.is_empty());
    for message in messages.iter().chain([&finished]) {
        let data = &message["data"];
        assert_eq!(data["_id"], json!(test.id.to_string()));
        assert_eq!(data["functionId"], json!(function.to_string()));
        assert_eq!(data["functionName"], "echo");
        assert_eq!(data["durationSeconds"], 2);
        assert_eq!(data["concurrency"], 3);
        assert_eq!(data["estimate"]["basis"], "probe");
    }

    let progress = &messages[0]["data"];
    assert_eq!(progress["status"], "running");
    assert_eq!(progress["endedAt"], Value::Null);
    let result = &progress["result"];
    assert_eq!(result["latest"]["second"], 0);
    assert!(result["total"].as_u64().unwrap() >= 20, "{result}");
    assert!(result.get("timeline").is_none());
    assert!(progress.get("input").is_none());

    let finished = &finished["data"];
    assert_eq!(finished["status"], "completed");
    assert_eq!(finished["input"], json!({"n": "{{i}}"}));
    let whole = &finished["result"];
    // The calls of the rate, and up to three probes before them: the function has no history.
    let total = whole["total"].as_u64().unwrap();
    assert!((61..=63).contains(&total), "{whole}");
    assert_eq!(whole["completed"], total);
    assert_eq!(whole["successRate"], 100);
    let timeline = whole["timeline"].as_array().unwrap();
    assert_eq!(timeline[0], result["latest"]);
    let by_second = timeline.iter().map(|second| second["completed"].as_u64());
    assert_eq!(by_second.sum::<Option<u64>>(), Some(total));
    let cost = &whole["cost"];
    let actual = server.platform.load_tests().get(test.id).await.unwrap();
    let actual = actual.result.sums.total();
    assert_eq!(cost["actual"].as_f64(), actual.to_string().parse().ok());

    // But for these, both have the same members.
    let without = |value: &Value, names: &[&str]| -> Vec<String> {
        let members = members(value).into_iter();
        let members = members.filter(|name| !names.contains(name));
        members.map(str::to_owned).collect()
    };
    assert_eq!(
        without(progress, &[]),
        without(finished, &["input"]),
        "{finished}"
    );
    assert_eq!(without(result, &["latest"]), without(whole, &["timeline"]));
}

#[tokio::test]
async fn a_load_test_is_told_to_those_who_want_its_function() {
    let server = start().await;
    let (echo, throw) = (server.upload("echo").await, server.upload("throw").await);
    let mut client = server.connect().await;
    let types = ["load_test_finished"];
    client
        .say(json!({"type": "subscribe", "types": types, "functionId": throw.to_string()}))
        .await;
    for function in [echo, throw] {
        let new = NewLoadTest::new(function)
            .duration(Duration::from_secs(1))
            .rate(5.0);
        server.platform.load_tests().start(new).await.unwrap();
    }
    let told = client.event().await;
    assert_eq!(told["data"]["functionId"], json!(throw.to_string()));
    // The calls of the rate, and up to three probes before them.
    let errors = told["data"]["result"]["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0]["message"], "as the script says");
    let count = errors[0]["count"].as_u64().unwrap();
    assert!((6..=8).contains(&count), "{count}");
    assert_eq!(told["data"]["result"]["successRate"], 0);
}
