//! Requests that several tests send.

use serde_json::Value;

use super::running::Server;
use super::waiting::wait_for;

/// The JSON response of a path, which must be 200.
pub(crate) fn get(server: &Server, path: &str) -> Value {
    let (status, body) = server.send("GET", path, "");
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// The execution once it has ended.
pub(crate) fn ended(server: &Server, id: &str) -> Value {
    wait_for(&format!("the end of execution {id}"), || {
        let execution = get(server, &format!("/api/executions/{id}"));
        has_ended(&execution).then_some(execution)
    })
}

/// The number of all executions that have ended, read page by page, and the sum of their costs in
/// nano-dollars.
pub(crate) fn sum_of_all(server: &Server) -> (u64, u64) {
    let (mut count, mut sum, mut cursor) = (0, 0, String::new());
    loop {
        let page = get(server, &format!("/api/executions?limit=1000{cursor}"));
        let executions = page["executions"].as_array().unwrap();
        for execution in executions.iter().filter(|one| has_ended(one)) {
            count += 1;
            sum += cost_of(execution);
        }
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (count, sum),
        }
    }
}

/// What an execution cost, in nano-dollars.
pub(crate) fn cost_of(execution: &Value) -> u64 {
    nanos(execution["cost"]["totalCost"].as_f64().unwrap())
}

/// A number of dollars in nano-dollars. Exact: these sums are far below 2^53 of them, which is where
/// `f64` loses whole numbers.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as above"
)]
pub(crate) fn nanos(dollars: f64) -> u64 {
    (dollars * 1e9).round() as u64
}

pub(crate) fn has_ended(execution: &Value) -> bool {
    execution["status"] == "completed" || execution["status"] == "failed"
}

/// Starts an execution of `function`, and returns its id.
pub(crate) fn execute(server: &Server, function: &str, input: &Value) -> String {
    let path = format!("/api/functions/{function}/execute");
    let body = serde_json::json!({ "input": input }).to_string();
    let (status, answer) = server.send("POST", &path, &body);
    assert_eq!(status, 202, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["executionId"].as_str().unwrap().to_owned()
}

/// Waits until `path` is answered with the status `wanted`, and returns that answer.
pub(crate) fn wait_for_status(server: &Server, path: &str, wanted: u16) -> String {
    wait_for(&format!("{path} is answered with {wanted}"), || {
        let (status, answer) = server.send("GET", path, "");
        (status == wanted).then_some(answer)
    })
}

/// The value of a header. `name` is in lower case.
pub(crate) fn header(head: &str, name: &str) -> String {
    let named = |line: &&str| line.to_lowercase().starts_with(&format!("{name}: "));
    let line = head.lines().find(named).unwrap();
    line.split_once(": ").unwrap().1.to_owned()
}
