//! Calling, listing, showing, configuring and deleting functions.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{User, server};
use crate::waiting::wait_until;

#[test]
fn a_function_is_called_with_json_from_the_command_line_a_file_or_standard_input() {
    let (server, _folder) = server();
    server.upload_as("echo", "return input");
    let user = User::of(&server);
    user.write("input.json", r#"{"from": "file"}"#);
    assert_eq!(user.run(&["invoke", "echo"]).ok(), "{}\n");
    for (data, input, expected) in [
        (r#"{"a": 1}"#, "", "{\"a\":1}\n"),
        ("@input.json", "", "{\"from\":\"file\"}\n"),
        ("-", "[1]", "[1]\n"),
    ] {
        let done = user.run_with(&["invoke", "echo", "-d", data], input);
        assert_eq!(done.ok(), expected);
    }
    let done = user.run(&["invoke", "echo", "-d", "1", "--json"]).json();
    assert_eq!(done["output"], 1);
    assert!(done["executionId"].is_string() && done["coldStart"].is_boolean());
    let wrong = user.run(&["invoke", "echo", "-d", "text"]).failed(2);
    assert!(
        wrong.contains("not JSON") && wrong.contains("hint"),
        "{wrong}"
    );
}

#[test]
fn an_asynchronous_call_prints_its_execution() {
    let (server, _folder) = server();
    server.upload_as("echo", "return input");
    let user = User::of(&server);
    let id = user.run(&["invoke", "echo", "--async"]).ok();
    let (status, body) = server.send("GET", &format!("/api/executions/{}", id.trim()), "");
    assert_eq!(status, 200, "{body}");
}

#[test]
fn a_function_that_throws_is_an_error_with_its_stack() {
    let (server, _folder) = server();
    server.upload_as("thrower", "throw new RangeError('too far')");
    let user = User::of(&server);
    let error = user.run(&["invoke", "thrower"]).failed(1);
    assert!(
        error.contains("too far") && error.contains("at "),
        "{error}"
    );
    let error = user.run(&["invoke", "thrower", "--json"]).failed(1);
    let error: serde_json::Value = serde_json::from_str(&error).unwrap();
    assert_eq!(error["code"], "function_error");
    assert_eq!(error["status"], 502);
    assert!(error["executionId"].is_string() && error["requestId"].is_string());
}

#[test]
fn functions_are_listed_shown_and_deleted_by_name_or_id() {
    let (server, _folder) = server();
    let id = server.upload_as("one", "return 1");
    server.upload_as("two", "return 2");
    let user = User::of(&server);
    let list = user.run(&["list"]).ok();
    let names: Vec<_> = list.lines().map(|line| line.split(' ').next()).collect();
    assert_eq!(names, [Some("NAME"), Some("two"), Some("one")]);
    assert_eq!(user.run(&["list", "--json"]).json()[1]["_id"], json!(id));
    assert_eq!(user.run(&["show", "one", "--code"]).ok(), "return 1\n");
    let shown = user.run(&["show", &id]).ok();
    assert!(
        shown.contains("per 100 ms") && shown.contains("by-name/one/invoke"),
        "{shown}"
    );
    let refused = user.run(&["delete", "one"]).failed(2);
    assert!(refused.contains("--yes"), "{refused}");
    assert_eq!(user.run(&["delete", "one", "--yes"]).ok(), "deleted one\n");
    let gone = user.run(&["show", "one"]).failed(1);
    assert!(
        gone.contains("Function not found") && gone.contains("faas list"),
        "{gone}"
    );
}

#[test]
fn variables_and_secrets_are_set_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let key = "0".repeat(64);
    let secrets = [("FAAS_SECRET_KEY", key.as_str())];
    let server = super::Server::start_in(folder.path(), &["--store", "memory:"], &secrets);
    server.upload_as("f", "return context.env");
    let user = User::of(&server);
    let set = user.run(&["env", "set", "f", "A=1", "B=x=y"]).ok();
    assert_eq!(set, "A=1\nB=x=y\n");
    assert_eq!(user.run(&["env", "unset", "f", "A"]).ok(), "B=x=y\n");
    let set = user
        .run_with(&["secret", "set", "f", "KEY"], "hidden\n")
        .ok();
    assert!(
        set.contains("KEY (secret, set 20") && !set.contains("hidden"),
        "{set}"
    );
    let seen = user.run(&["invoke", "f", "--json"]).json();
    assert_eq!(seen["output"], json!({"B": "x=y", "KEY": "hidden"}));
    user.run(&["secret", "unset", "f", "KEY"]).ok();
    assert_eq!(user.run(&["env", "list", "f"]).ok(), "B=x=y\n");
    assert!(
        user.run(&["env", "set", "f", "A"])
            .failed(2)
            .contains("NAME=VALUE")
    );
    let empty = user.run(&["secret", "set", "f", "KEY"]).failed(2);
    assert!(empty.contains("standard input"), "{empty}");
}

#[test]
fn costs_are_shown_by_function_and_by_day() {
    let (server, _folder) = server();
    server.upload_as("f", "return 1");
    let user = User::of(&server);
    user.run(&["invoke", "f"]).ok();
    let costs = user.run(&["cost"]).ok();
    let row: Vec<_> = costs.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row[..2], ["f", "1"]);
    assert!(row[2].starts_with("$0.0"), "{costs}");
    let days = user
        .run(&["cost", "--by", "day", "--since", "2d", "--json"])
        .json();
    assert_eq!(days["trends"][0]["executionCount"], 1);
}

#[test]
fn a_load_test_reports_calls_times_and_cost() {
    let (server, _folder) = server();
    server.upload_as("f", "return input");
    let user = User::of(&server);
    let report = user
        .run(&["test", "f", "-s", "1", "-c", "2", "-d", "[1]"])
        .ok();
    for part in [
        "status       completed",
        "per second",
        "p95",
        "cost         $",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_a_load_test_which_then_reports() {
    let (server, _folder) = server();
    server.upload_as("f", "return input");
    let user = User::of(&server);
    let test = user
        .command(&["test", "f", "-s", "300", "-c", "1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until("calls have ended", || {
        let (_, tests) = server.send("GET", "/api/load-tests", "");
        let tests: serde_json::Value = serde_json::from_str(&tests).unwrap();
        tests[0]["result"]["completed"]
            .as_u64()
            .is_some_and(|completed| completed > 0)
    });
    let id = test.id().to_string();
    let sent = Command::new("kill").args(["-s", "INT", &id]).status();
    assert!(sent.unwrap().success());
    let output = test.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.contains("status       stopped"), "{report}");
}

#[test]
fn the_address_of_the_dashboard_is_printed() {
    let (server, _folder) = server();
    let id = server.upload_as("f", "return 1");
    let user = User::of(&server);
    let address = server.address();
    assert_eq!(user.run(&["open"]).ok(), format!("http://{address}/\n"));
    let page = format!("http://{address}/functions/{id}\n");
    assert_eq!(user.run(&["open", "f"]).ok(), page);
}

#[test]
fn a_file_runs_once_and_nothing_of_it_is_kept() {
    let (server, _folder) = server();
    let user = User::of(&server);
    user.write(
        "twice.ts",
        "export default (input: { n: number }): number => input.n * 2",
    );
    let done = user.run(&["run", "twice.ts", "-d", r#"{"n": 21}"#]);
    assert_eq!(done.ok(), "42\n");
    let done = user.run_with(
        &["run", "-"],
        "console.log('seen'); return context.functionName",
    );
    assert_eq!(done.ok(), "\"run\"\n");
    let done = user.run_with(&["run", "-", "--json"], "console.log('seen'); return 1");
    let done = done.json();
    assert_eq!(
        (&done["output"], &done["logs"][0]["message"]),
        (&json!(1), &json!("seen"))
    );
    let error = user
        .run_with(&["run", "-"], "throw new Error('no luck')")
        .failed(1);
    assert!(
        error.contains("no luck") && error.contains("at "),
        "{error}"
    );
    let error = user
        .run_with(&["run", "-", "--binding", "x"], "return 1")
        .failed(1);
    assert!(error.contains("does not have"), "{error}");
    assert_eq!(server.send("GET", "/api/functions", "").1, "[]");
}

#[test]
fn a_client_of_the_model_context_protocol_uses_the_tools_over_standard_input() {
    let (server, _folder) = server();
    let tool = json!({ "name": "twice", "description": "Doubles a number",
        "code": "return input.n * 2", "config": { "tool": {} } });
    let (status, body) = server.send("POST", "/api/functions", &tool.to_string());
    assert_eq!(status, 201, "{body}");
    let message = |id: u32, method: &str, params: Value| {
        json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
    };
    let start = json!({ "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" } });
    let code = "return await Promise.resolve(input.a + 1)";
    let lines = [
        message(1, "initialize", start),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string(),
        message(2, "tools/list", json!({})),
        message(
            3,
            "tools/call",
            json!({ "name": "twice", "arguments": { "n": 21 } }),
        ),
        message(
            4,
            "tools/call",
            json!({ "name": "run_code",
            "arguments": { "code": code, "input": { "a": 1 } } }),
        ),
        message(5, "nonsense", json!({})),
    ];
    let user = User::of(&server);
    let written = user.run_with(&["mcp"], &(lines.join("\n") + "\n")).ok();
    let answers: Vec<Value> = (written.lines())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let answer = |id: u32| answers.iter().find(|answer| answer["id"] == id).unwrap();
    assert_eq!(answers.len(), 5, "{written}");
    assert_eq!(answer(1)["result"]["serverInfo"]["name"], "s3-for-compute");
    let tools = answer(2)["result"]["tools"].as_array().unwrap();
    assert_eq!(tools[1]["name"], "twice");
    assert_eq!(answer(3)["result"]["structuredContent"]["result"], 42);
    assert_eq!(answer(4)["result"]["structuredContent"]["result"], 2);
    assert_eq!(answer(5)["error"]["code"], -32601);
}
