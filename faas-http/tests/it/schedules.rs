//! Schedules.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{Server, start, text};

async fn send(server: &Server, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
    let request = server.request(method, path);
    let answer = request.json(&body).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_schedule_is_shown_with_its_next_five_times_and_its_last_firing() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let path = format!("/api/functions/{id}/schedules");
    let new = json!({"name": "daily", "cron": " 0  9 * * mon-fri", "timeZone": "europe/berlin"});
    let (status, made) = server.post(&path, new).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert_eq!(made["cron"], "0 9 * * mon-fri");
    assert_eq!(made["timeZone"], "Europe/Berlin");
    assert_eq!(
        (&made["missed"], &made["enabled"]),
        (&json!("once"), &json!(true))
    );
    let upcoming = made["upcoming"].as_array().unwrap();
    assert_eq!((upcoming.len(), &upcoming[0]), (5, &made["nextAt"]));
    assert_eq!(server.get(&path).await, json!([made]));
    let one = format!("/api/schedules/{}", text(&made["_id"]));
    assert_eq!(server.get(&one).await, made);

    let (status, fired) = server.post(&format!("{one}/fire"), json!({})).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{fired}");
    let ended = server.ended(&text(&fired["executionId"])).await;
    assert_eq!(ended["input"]["schedule"], "daily");

    let (_, paused) = server.post(&format!("{one}/pause"), json!({})).await;
    assert_eq!(
        (&paused["enabled"], &paused["nextAt"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(paused["upcoming"].as_array().unwrap().len(), 5);
    let (_, resumed) = server.post(&format!("{one}/resume"), json!({})).await;
    assert_eq!(resumed["nextAt"], made["nextAt"]);

    // One that fires every second has fired once it says so.
    let change = json!({"every": "1s", "input": {"n": 1}});
    let (status, _) = send(&server, Method::PUT, &one, change).await;
    assert_eq!(status, StatusCode::OK);
    let last = loop {
        let shown = server.get(&one).await;
        if !shown["last"].is_null() {
            break shown["last"].clone();
        }
        tokio::task::yield_now().await;
    };
    let ended = server.ended(&text(&last["executionId"])).await;
    assert_eq!(ended["input"], json!({"n": 1}));
    let (status, _) = send(&server, Method::DELETE, &one, json!({})).await;
    assert_eq!(status, StatusCode::OK);
    let (status, body) = send(&server, Method::DELETE, &one, json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(body["code"], "schedule_not_found");
}

#[tokio::test]
async fn schedules_of_all_functions_are_paged() {
    let server = start().await;
    let mut names = Vec::new();
    for function in ["f", "g"] {
        server.upload(function, "echo").await;
        let path = format!("/api/functions/by-name/{function}/schedules");
        for name in ["a", "b"] {
            let new = json!({"name": format!("{function}{name}"), "every": "1h"});
            let (_, made) = server.post(&path, new).await;
            names.push(text(&made["name"]));
        }
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.get(&format!("/api/schedules?limit=3{cursor}")).await;
        let found = page["schedules"].as_array().unwrap().iter();
        seen.extend(found.map(|one| text(&one["name"])));
        if page["nextCursor"].is_null() {
            break;
        }
        cursor = format!("&cursor={}", text(&page["nextCursor"]));
    }
    assert_eq!(seen, names);
}

#[tokio::test]
async fn a_schedule_that_is_wrong_is_refused_with_a_reason() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let path = format!("/api/functions/{id}/schedules");
    for (new, reason) in [
        (json!({"name": "x"}), "one of `cron`, `every` and `at`"),
        (
            json!({"name": "x", "cron": "* * * * *", "every": "1s"}),
            "only one",
        ),
        (
            json!({"name": "x", "every": "1s", "timeZone": "UTC"}),
            "`timeZone` is for `cron`",
        ),
        (json!({"name": "x", "every": "500ms"}), "from 1 second"),
        (
            json!({"name": "x", "every": "soon"}),
            "`every` must be a whole number",
        ),
        (
            json!({"name": "x", "cron": "61 * * * *"}),
            "invalid cron expression",
        ),
        (
            json!({"name": "x", "cron": "* * * * *", "timeZone": "Mars"}),
            "unknown time zone",
        ),
        (
            json!({"name": "x", "at": "2001-01-01T00:00:00Z"}),
            "in the future",
        ),
        (json!({"name": "", "every": "1s"}), "name"),
        (
            json!({"name": "x", "every": "1s", "missed": "never"}),
            "missed",
        ),
    ] {
        let (status, body) = server.post(&path, new).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(text(&body["error"]).contains(reason), "{body}");
    }
    let new = json!({"name": "x", "every": "1h"});
    server.post(&path, new.clone()).await;
    let (status, body) = server.post(&path, new).await;
    assert_eq!(status, StatusCode::CONFLICT, "{body}");
    let preview = json!({"cron": "0 0 29 2 *", "timeZone": "UTC"});
    let (_, times) = server.post("/api/schedules/preview", preview).await;
    for time in times["upcoming"].as_array().unwrap() {
        assert!(text(time).contains("-02-29T00:00:00"), "{time}");
    }
}
