//! Dead letters over HTTP.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{Server, start, start_guarded, text};
use crate::waiting::wait_for;

/// Executes a function and returns the execution as it ended.
async fn run(server: &Server, function: &str) -> Value {
    let path = format!("/api/functions/{function}/execute");
    let (status, accepted) = server.post(&path, json!({"input": 1})).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{accepted}");
    server
        .ended(accepted["executionId"].as_str().unwrap())
        .await
}

/// Waits until a redrive has ended.
async fn redriven(server: &Server, started: &Value) -> Value {
    let path = format!(
        "/api/dead-letters/redrives/{}",
        started["_id"].as_str().unwrap()
    );
    wait_for("the end of the redrive", async || {
        let run = server.get(&path).await;
        (run["status"] != "running").then_some(run)
    })
    .await
}

async fn throwing(server: &Server, name: &str) -> String {
    let new =
        json!({"name": name, "description": "d", "code": "throw", "config": {"retryCount": 0}});
    let (status, created) = server.post("/api/functions", new).await;
    assert_eq!(status, StatusCode::CREATED, "{created}");
    created["_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn dead_letters_are_listed_grouped_redriven_and_discarded() {
    let server = start().await;
    let (f, g) = (throwing(&server, "f").await, throwing(&server, "g").await);
    let mut ids = Vec::new();
    for function in [&f, &f, &f, &g] {
        let ended = run(&server, function).await;
        assert_eq!(ended["deadLetter"]["status"], "open", "{ended}");
        ids.push(ended["_id"].clone());
    }
    let page = server.get("/api/dead-letters?limit=3").await;
    assert_eq!(page["deadLetters"].as_array().unwrap().len(), 3);
    let cursor = page["nextCursor"].as_str().unwrap();
    let rest = server
        .get(&format!("/api/dead-letters?cursor={cursor}"))
        .await;
    assert_eq!(rest["deadLetters"][0]["_id"], ids[0]);
    assert_eq!(rest["nextCursor"], Value::Null);
    for path in [
        format!("/api/functions/{f}/dead-letters"),
        "/api/functions/by-name/f/dead-letters".to_owned(),
        format!("/api/dead-letters?functionId={f}"),
    ] {
        let of_f = server.get(&path).await;
        assert_eq!(of_f["deadLetters"].as_array().unwrap().len(), 3, "{path}");
    }
    let groups = server.get("/api/dead-letters/groups").await;
    assert_eq!(
        (&groups["counted"], &groups["more"]),
        (&json!(4), &json!(false))
    );
    let largest = &groups["groups"][0];
    assert_eq!(
        (&largest["functionName"], &largest["count"]),
        (&json!("f"), &json!(3))
    );
    assert_eq!(largest["errorKind"], "user_error");
    let group = largest["group"].as_str().unwrap();

    let request = json!({"group": group, "limit": 2, "rate": 1000, "version": "original"});
    let (status, started) = server.post("/api/dead-letters/redrive", request).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{started}");
    let done = redriven(&server, &started).await;
    assert_eq!(
        (&done["status"], &done["redriven"]),
        (&json!("completed"), &json!(2))
    );
    let again = server
        .ended(done["latestExecutionId"].as_str().unwrap())
        .await;
    assert_eq!(again["retryOf"], ids[1]);
    let dead = server
        .get(&format!("/api/executions/{}", ids[1].as_str().unwrap()))
        .await;
    assert_eq!(dead["deadLetter"]["status"], "redriven");
    assert_eq!(dead["deadLetter"]["redrivenBy"], again["_id"]);
    assert_eq!(server.get("/api/dead-letters/redrives").await[0], done);

    let (status, discarded) = server
        .post("/api/dead-letters/discard", json!({"ids": [ids[0]]}))
        .await;
    assert_eq!(
        (status, discarded),
        (StatusCode::OK, json!({"discarded": 1, "more": false}))
    );
    // The other one of f and the two that have failed again are left.
    let (_, discarded) = server
        .post("/api/dead-letters/discard", json!({"functionId": f}))
        .await;
    assert_eq!(discarded["discarded"], 2);
    let left = server.get("/api/dead-letters").await;
    assert_eq!(left["deadLetters"].as_array().unwrap().len(), 1);
    let metrics = server
        .request(Method::GET, "/metrics")
        .send()
        .await
        .unwrap();
    assert!(
        metrics
            .text()
            .await
            .unwrap()
            .contains("faas_dead_letters_total 6")
    );
}

#[tokio::test]
async fn a_request_for_nothing_or_for_two_things_is_refused_with_the_reason() {
    let server = start().await;
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    for (body, reason) in [
        (
            json!({}),
            "name dead letters by ids, functionId or group, or set all to true",
        ),
        (json!({"all": false}), "name dead letters by ids"),
        (json!({"all": true, "ids": [id]}), "exclude each other"),
        (json!({"all": true, "functionId": id}), "exclude each other"),
        (json!({"ids": vec![id; 1_001]}), "at most 1000 are allowed"),
        (json!({"group": "x"}), "not a valid"),
        (json!({"al": true}), "did you mean \"all\""),
    ] {
        for path in ["redrive", "discard"] {
            let path = format!("/api/dead-letters/{path}");
            let (status, refused) = server.post(&path, body.clone()).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{path} {body}: {refused}");
            let error = refused["error"].as_str().unwrap();
            assert!(error.contains(reason), "{path} {body}: {error}");
        }
    }
    let rate = json!({"all": true, "rate": 0});
    let (status, _) = server.post("/api/dead-letters/redrive", rate).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let unknown = format!("/api/dead-letters/redrives/{id}");
    let (status, body) = server.send(Method::DELETE, &unknown, Value::Null).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::NOT_FOUND, &json!("not_found"))
    );
}

#[tokio::test]
async fn who_redrives_and_discards_is_in_the_audit_log() {
    let (server, _access) = start_guarded(|_| {}).await;
    let f = throwing(&server, "f").await;
    let dead = run(&server, &f).await;
    let new = json!({"name": "ci", "role": "admin"});
    let (_, created) = server.post("/api/keys", new).await;
    server.key.set(text(&created["key"])).unwrap();
    let (_, discarded) = server
        .post("/api/dead-letters/discard", json!({"ids": [dead["_id"]]}))
        .await;
    assert_eq!(discarded["discarded"], 1);
    let shown = server
        .get(&format!(
            "/api/executions/{}",
            dead["_id"].as_str().unwrap()
        ))
        .await;
    assert_eq!(shown["deadLetter"]["discardedBy"], "ci", "{shown}");
    let (status, _) = server
        .post("/api/dead-letters/redrive", json!({"all": true}))
        .await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let audit = server.get("/api/audit").await;
    let entries = audit["entries"].as_array().unwrap();
    let actions: Vec<_> = entries.iter().map(|entry| &entry["action"]).collect();
    assert_eq!(
        actions[..2],
        [
            &json!("dead_letters_redriven"),
            &json!("dead_letters_discarded")
        ]
    );
    let target = entries[1]["target"].as_str().unwrap();
    assert!(target.contains(dead["_id"].as_str().unwrap()), "{target}");
}
