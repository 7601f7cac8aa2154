//! A load test through the whole server: started over HTTP, reported over the socket, stored.

use serde_json::{Value, json};

use super::client::{Client, assert_members};

#[test]
fn the_socket_and_the_api_report_the_same_load_test() {
    let client = Client::of_new_server("sqlite:./faas.db");
    let new = json!({"name": "f", "description": "d", "code": "return input.n * 2"});
    let function = client.post("/api/functions", &new, 201);
    let mut events = client.listen("/ws");
    let new = json!({
        "functionId": function["_id"], "concurrency": 3, "durationSeconds": 2, "rate": 40,
        "input": {"n": "{{i}}"},
    });
    let started = client.post("/api/load-tests", &new, 202);
    let path = format!("/api/load-tests/{}", started["_id"].as_str().unwrap());

    let progress = events.next("load_test_progress");
    let finished = events.next("load_test_finished");
    let test = client.get(&path);
    assert_eq!(finished["data"], test);
    assert_eq!(client.get("/api/load-tests"), json!([test]));
    assert_eq!(test["status"], "completed");
    // Three initial calls, and the calls of the rate.
    assert_eq!(test["result"]["completed"], 83);

    // While the test runs, events have only the last second of the timeline, and no input.
    let seconds = [
        ("completed", "number"),
        ("p95", "number"),
        ("cost", "number"),
    ];
    let progress = &progress["data"];
    assert_members(&progress["result"]["latest"], &seconds);
    assert_eq!(
        members_but(progress, &[]),
        members_but(&test, &["input"]),
        "{progress}"
    );
    assert_eq!(
        members_but(&progress["result"], &["latest"]),
        members_but(&test["result"], &["timeline"])
    );
}

fn members_but(value: &Value, names: &[&str]) -> Vec<String> {
    let members = value.as_object().unwrap().keys();
    let members = members.filter(|name| !names.contains(&name.as_str()));
    members.cloned().collect()
}
