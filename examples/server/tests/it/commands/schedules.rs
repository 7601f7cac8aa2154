//! `faas schedule`, and the schedules of a folder.

use serde_json::json;

use super::{User, server};

#[test]
fn schedules_are_added_shown_paused_fired_and_deleted() {
    let (server, _folder) = server();
    let user = User::of(&server);
    user.write("echo.js", "return input");
    user.run(&["deploy", "echo.js"]).ok();
    let zone = ["--cron", "0 9 * * *", "--time-zone", "Europe/Berlin"];
    let added = user
        .run(&[&["schedule", "add", "echo", "daily"], &zone[..]].concat())
        .ok();
    assert!(added.contains("0 9 * * * Europe/Berlin"), "{added}");
    let every = [
        "schedule",
        "add",
        "echo",
        "often",
        "--every",
        "1h",
        "-d",
        "{\"a\":1}",
        "--json",
    ];
    let often = user.run(&every).json();
    assert_eq!(
        (&often["every"], &often["input"]),
        (&json!("1h"), &json!({"a": 1}))
    );
    for list in [vec!["schedule", "list"], vec!["schedule", "list", "echo"]] {
        let listed = user.run(&list).ok();
        assert!(
            listed.contains("daily") && listed.contains("every 1h"),
            "{listed}"
        );
    }
    let paused = user.run(&["schedule", "pause", "echo", "often"]).ok();
    assert!(paused.contains("paused"), "{paused}");
    let fired = user.run(&["schedule", "fire", "echo", "often"]).ok();
    assert!(user.run(&["logs", "echo"]).ok().len() + fired.len() > 30);
    let shown = user
        .run(&["schedule", "resume", "echo", "often", "--json"])
        .json();
    assert_eq!(shown["enabled"], true);
    user.run(&["schedule", "delete", "echo", "often"]).ok();
    let gone = user.run(&["schedule", "show", "echo", "often"]).failed(1);
    assert!(gone.contains("no schedule named"), "{gone}");
    let wrong = ["schedule", "add", "echo", "x", "--cron", "0 0 30 2 *"];
    let wrong = user.run(&wrong).failed(1);
    assert!(wrong.contains("never matches"), "{wrong}");
    user.run(&["schedule", "add", "echo", "x"]).failed(2);
}

#[test]
fn the_schedules_of_a_folder_are_added_changed_and_deleted_by_a_deployment() {
    let (server, _folder) = server();
    let user = User::of(&server);
    user.run(&["init", "--template", "cron", "job"]).ok();
    user.run(&["deploy", "job"]).ok();
    let listed = user.run(&["schedule", "list", "job", "--json"]).json();
    assert_eq!(listed[0]["cron"], "*/5 * * * *");
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let same = user.run(&["deploy", "job", "--json"]).json();
    assert_eq!(
        (&same["changed"], &same["changes"]),
        (&json!(false), &json!([]))
    );

    let schedules = r#"{"name": "job", "main": "index.js", "schedules": [
        {"name": "often", "every": "1h"}, {"name": "daily", "cron": "0 9 * * *"}]}"#;
    user.write("job/faas.json", schedules);
    let dry = user.run(&["deploy", "job", "--dry-run", "--json"]).json();
    let changed: Vec<_> = dry["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["what"])
        .collect();
    assert_eq!(changed, ["schedules.often", "schedules.daily"]);
    let count = || {
        user.run(&["schedule", "list", "job", "--json"])
            .json()
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(count(), 1);
    user.run(&["deploy", "job"]).ok();
    assert_eq!(count(), 2);
    // A file that lists none deletes all; one that does not mention them leaves them.
    user.write("job/faas.json", r#"{"name": "job", "main": "index.js"}"#);
    user.run(&["deploy", "job"]).ok();
    assert_eq!(count(), 2);
    user.write(
        "job/faas.json",
        r#"{"name": "job", "main": "index.js", "schedules": []}"#,
    );
    user.run(&["deploy", "job"]).ok();
    assert_eq!(count(), 0);
}

#[test]
fn a_call_can_be_delayed_and_a_file_executed_as_a_batch() {
    let (server, _folder) = server();
    let user = User::of(&server);
    user.write("echo.js", "return input");
    user.run(&["deploy", "echo.js"]).ok();
    let later = user
        .run(&["invoke", "echo", "--async", "--delay", "1h", "--json"])
        .json();
    assert_eq!(later["status"], "pending");
    user.run(&["invoke", "echo", "--delay", "1h"]).failed(2);
    user.write(
        "batch.ndjson",
        "{\"input\": 1}\n\n{\"input\": 2, \"delay\": \"1h\"}\n",
    );
    let path = user.path("batch.ndjson");
    let batch = [
        "invoke",
        "echo",
        "--batch",
        path.to_str().unwrap(),
        "--json",
    ];
    let accepted = user.run(&batch).json();
    assert_eq!(accepted["executions"].as_array().unwrap().len(), 2);
    user.write("batch.ndjson", "{\"input\": 1}\n{\"inputs\": 2}\n");
    let refused = user.run(&batch).failed(2);
    assert!(refused.contains("batch.ndjson:2"), "{refused}");
}
