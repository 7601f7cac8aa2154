//! Guarantees that hold with every store.

use serde_json::{Value, json};

use super::api::{cost_of, ended, execute, get, header, nanos, sum_of_all};
use super::place::{Place, on_every_store};
use super::running::{Server, read_answer};

on_every_store!(
    functions_are_listed_newest_first_and_their_names_are_unique,
    an_invocation_is_in_the_store_with_its_output_its_logs_and_its_cost,
    an_accepted_execution_is_retried_and_ends,
    the_same_idempotency_key_gives_the_first_execution,
    reports_and_metrics_add_up_to_the_executions,
    a_restart_keeps_everything,
    acknowledged_executions_survive_a_crash,
);

/// A period that contains all executions.
const EVER: &str = "startDate=2000-01-01&endDate=2100-01-01";

/// Retries follow at once, and three queued executions add an instance.
const QUICK: &str = "[retry]\nbase = \"10ms\"\n[scaling]\ntick = \"5ms\"\n[scaling.queue_driven]\nup_above = 2\nup_cooldown_ms = 5";

fn invoke(server: &Server, function: &str, input: &Value) -> (u16, String, String) {
    let path = format!("/api/functions/{function}/invoke");
    Server::try_send(server.address(), "POST", &path, &input.to_string()).unwrap()
}

fn functions_are_listed_newest_first_and_their_names_are_unique(place: &Place) {
    let server = place.start(&[]);
    let names = ["a", "b", "c"];
    let ids = names.map(|name| server.upload_as(name, "return 1"));
    let list = get(&server, "/api/functions");
    let listed: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["name"])
        .collect();
    assert_eq!(listed, ["c", "b", "a"]);
    let again = json!({ "name": "b", "description": "d", "code": "return 2" });
    let (status, answer) = server.send("POST", "/api/functions", &again.to_string());
    assert_eq!(status, 409, "{answer}");

    let path = format!("/api/functions/{}", ids[1]);
    assert_eq!(get(&server, &path)["code"], "return 1");
    assert_eq!(server.send("DELETE", &path, "").0, 200);
    assert_eq!(server.send("GET", &path, "").0, 404);
    assert_eq!(server.send("DELETE", &path, "").0, 404);
    server.upload_as("b", "return 2");
    assert_eq!(get(&server, "/api/functions").as_array().unwrap().len(), 3);
}

fn an_invocation_is_in_the_store_with_its_output_its_logs_and_its_cost(place: &Place) {
    let server = place.start(&[]);
    let id = server.upload("console.log('adding', input.a); return {sum: input.a + 1}");
    let (status, head, body) = invoke(&server, &id, &json!({ "a": 1 }));
    assert_eq!((status, body.as_str()), (200, r#"{"sum":2}"#));
    let execution = header(&head, "x-execution-id");
    let execution = get(&server, &format!("/api/executions/{execution}"));
    assert_eq!(execution["status"], "completed", "{execution}");
    assert_eq!(execution["input"], json!({ "a": 1 }));
    assert_eq!(execution["output"], json!({ "sum": 2 }));
    assert_eq!(execution["logs"][0]["message"], "adding 1");
    let cost = header(&head, "x-execution-cost");
    assert_eq!(cost_of(&execution), nanos(cost.parse().unwrap()));
    let logs = get(&server, &format!("/api/functions/{id}/logs"));
    assert_eq!(logs, json!([execution]));
}

fn an_accepted_execution_is_retried_and_ends(place: &Place) {
    place.configure(QUICK);
    let server = place.start(&[]);
    let id = server.upload("if (input.bad) throw new Error('no good'); return input");
    let bad = execute(&server, &id, &json!({ "bad": true }));
    let good = execute(&server, &id, &json!({ "good": "ж😀" }));
    let good = ended(&server, &good);
    assert_eq!(good["status"], "completed", "{good}");
    assert_eq!(good["output"], json!({ "good": "ж😀" }));
    let bad = ended(&server, &bad);
    assert_eq!(bad["status"], "failed", "{bad}");
    assert_eq!(bad["retryCount"], 3);
    assert_eq!(bad["attempts"].as_array().unwrap().len(), 4);
    let failed = get(&server, &format!("/api/functions/{id}/logs?status=failed"));
    assert_eq!(failed, json!([bad]));
}

fn the_same_idempotency_key_gives_the_first_execution(place: &Place) {
    let server = place.start(&[]);
    let id = server.upload("return input.n");
    let execute = |n: u32| {
        let key = "Idempotency-Key: order-7\r\n";
        let path = format!("/api/functions/{id}/execute");
        let body = json!({ "input": { "n": n } }).to_string();
        let (status, answer) = read_answer(&mut server.begin_with(key, "POST", &path, &body));
        let answer: Value = serde_json::from_str(&answer).unwrap();
        (status, answer["executionId"].as_str().unwrap().to_owned())
    };
    let (status, first) = execute(1);
    assert_eq!(status, 202);
    assert_eq!(ended(&server, &first)["output"], 1);
    assert_eq!(execute(1), (202, first.clone()));
    assert_eq!(execute(2), (422, first));
    let all = get(&server, "/api/executions");
    assert_eq!(all["executions"].as_array().unwrap().len(), 1);
}

fn reports_and_metrics_add_up_to_the_executions(place: &Place) {
    place.configure(QUICK);
    let server = place.start(&[]);
    run_some(&server);
    let (count, sum) = sum_of_all(&server);
    assert_eq!(count, 12);
    let dollars = |value: &Value| nanos(value.as_f64().unwrap());

    let system = &get(&server, &format!("/api/costs/system?{EVER}"))["data"];
    assert_eq!(system["totalExecutions"], count);
    assert_eq!(dollars(&system["totalSystemCost"]), sum);
    let trends = format!("/api/costs/trends?{EVER}&granularity=minute");
    for (path, list) in [
        (format!("/api/costs/breakdown?{EVER}"), "breakdown"),
        (trends, "trends"),
    ] {
        let report = get(&server, &path);
        let rows = report["data"][list].as_array().unwrap();
        let total: u64 = rows.iter().map(|row| dollars(&row["totalCost"])).sum();
        assert_eq!(total, sum, "{report}");
        let counted = rows.iter().map(|row| row["executionCount"].as_u64());
        assert_eq!(counted.sum::<Option<u64>>(), Some(count), "{report}");
    }
    let list = get(&server, "/api/functions");
    let by_function = list.as_array().unwrap().iter().map(|function| {
        let id = function["_id"].as_str().unwrap();
        let report = get(&server, &format!("/api/costs/function/{id}?{EVER}"));
        dollars(&report["data"]["totalCost"])
    });
    assert_eq!(by_function.sum::<u64>(), sum);

    let overview = &get(&server, "/api/metrics")["overview"];
    assert_eq!(overview["totalExecutions"], count, "{overview}");
    assert_eq!(overview["failedExecutions"], 3, "{overview}");
    assert_eq!(overview["completedExecutions"], 9, "{overview}");
    let history = get(&server, "/api/metrics/executions/history?hours=24");
    let hours = history.as_array().unwrap().iter();
    let total = hours
        .map(|hour| hour["total"].as_u64())
        .sum::<Option<u64>>();
    assert_eq!(total, Some(count), "{history}");
}

fn a_restart_keeps_everything(place: &Place) {
    place.configure(QUICK);
    let server = place.start(&[]);
    run_some(&server);
    let id = server.upload_as(
        "slow",
        "const end = Date.now() + 100; while (Date.now() < end); return null",
    );
    let slow: Vec<_> = (0..6).map(|n| execute(&server, &id, &json!(n))).collect();
    for id in &slow {
        ended(&server, id);
    }
    // Six concurrent executions on one instance: an instance was added.
    let events = get(&server, "/api/metrics/scaling/history");
    assert_eq!(events[0]["action"], "scale_up", "{events}");
    let all = |server: &Server| {
        let mut kept: Vec<_> = [
            "/api/functions",
            "/api/executions?limit=1000",
            "/api/metrics/executions/history",
        ]
        .map(|path| get(server, path))
        .into();
        for report in ["system", "breakdown", "trends"] {
            let mut report = get(server, &format!("/api/costs/{report}?{EVER}"));
            // These grow while code is stored, and with each change of capacity.
            if let Some(data) = report["data"].as_object_mut() {
                data.retain(|name, _| {
                    !["storageCost", "scalingCost", "grandTotal"].contains(&name.as_str())
                });
            }
            kept.push(report);
        }
        kept
    };
    let before = all(&server);
    server.stop();
    let again = place.start(&[]);
    assert_eq!(all(&again), before);
    let later = get(&again, "/api/metrics/scaling/history");
    let (later, events) = (later.as_array().unwrap(), events.as_array().unwrap());
    assert!(later.ends_with(events), "{later:?} {events:?}");
}

fn acknowledged_executions_survive_a_crash(place: &Place) {
    let server = place.start(&[]);
    let id = server.upload("return input.a + 1");
    let (status, _, answer) = invoke(&server, &id, &json!({ "a": 1 }));
    assert_eq!((status, answer.as_str()), (200, "2"));
    server.kill();
    let again = place.start(&[]);
    let logs = get(&again, &format!("/api/functions/{id}/logs"));
    assert_eq!(logs[0]["status"], "completed", "{logs}");
}

/// Twelve executions of two functions, invoked and accepted; three of them fail.
fn run_some(server: &Server) {
    let quick = server.upload_as("quick", "return input");
    let picky = server.upload_as(
        "picky",
        "if (input % 2) throw new Error('odd'); return input",
    );
    for n in 0..6 {
        assert_eq!(invoke(server, &quick, &json!(n)).0, 200);
    }
    for n in 0..4 {
        let expected = if n % 2 == 0 { 200 } else { 502 };
        assert_eq!(invoke(server, &picky, &json!(n)).0, expected);
    }
    for n in [4, 5] {
        ended(server, &execute(server, &picky, &json!(n)));
    }
}
