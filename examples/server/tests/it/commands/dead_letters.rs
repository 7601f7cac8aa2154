//! `faas dead-letters`

use serde_json::json;

use super::{User, server};
use crate::api::{ended, execute};

#[test]
fn dead_letters_are_listed_shown_redriven_and_discarded() {
    let (server, _folder) = server();
    let user = User::of(&server);
    let new = json!({
        "name": "charge", "description": "d", "code": "throw new Error(`card ${input.n} declined`)",
        "config": {"retryCount": 0},
    });
    assert_eq!(
        server.send("POST", "/api/functions", &new.to_string()).0,
        201
    );
    let function = user.run(&["show", "charge", "--json"]).json();
    let id = function["_id"].as_str().unwrap();
    let mut dead = Vec::new();
    for n in 0..3 {
        let execution = execute(&server, id, &json!({ "n": n }));
        assert_eq!(ended(&server, &execution)["status"], "failed");
        dead.push(execution);
    }
    let groups = user.run(&["dead-letters", "list"]).ok();
    assert!(
        groups.contains("charge") && groups.contains("declined"),
        "{groups}"
    );
    let groups = user.run(&["dead-letters", "list", "--json"]).json();
    assert_eq!(groups["groups"][0]["count"], 3);
    let group = groups["groups"][0]["group"].as_str().unwrap();
    let listed = user.run(&["dead-letters", "list", "--group", group]).ok();
    assert!(dead.iter().all(|id| listed.contains(id)), "{listed}");
    let shown = user.run(&["dead-letters", "show", &dead[0]]).ok();
    assert!(
        shown.contains("card 0 declined") && shown.contains("open"),
        "{shown}"
    );

    let redriven = user.run(&["dead-letters", "redrive", &dead[0], "--original"]);
    assert!(redriven.ok().contains("1 redriven"));
    let run = user.run(&[
        "dead-letters",
        "redrive",
        "--function",
        "charge",
        "--limit",
        "2",
        "--json",
    ]);
    assert_eq!(run.json()["redriven"], 2);
    let message = user.run(&["dead-letters", "discard"]).failed(2);
    assert!(
        message.contains("--function, --group or --all"),
        "{message}"
    );
    user.run(&["dead-letters", "discard", &dead[1]]).ok();
    user.run(&["dead-letters", "discard", "--all"]).ok();
}
