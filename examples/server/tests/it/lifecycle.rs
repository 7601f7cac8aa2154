//! Attempts on a real server that is stopped, paused and started again.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::api::{ended, execute, get, header};
use super::place::{Place, on_every_store};
use super::running::Server;
use super::waiting::wait_until;

on_every_store!(
    an_execution_that_never_began_is_pending_and_its_first_attempt_is_number_1_after_a_restart,
    a_retry_runs_the_version_that_was_accepted_after_an_update_and_a_restart,
);

/// One instance, and a short grace period.
const ONE: [&str; 4] = ["--max-instances", "1", "--shutdown-grace", "100ms"];

fn ids(server: &Server, status: &str) -> Vec<Value> {
    let page = get(server, &format!("/api/executions?status={status}"));
    let executions = page["executions"].as_array().unwrap();
    executions.iter().map(|one| one["_id"].clone()).collect()
}

fn an_execution_that_never_began_is_pending_and_its_first_attempt_is_number_1_after_a_restart(
    place: &Place,
) {
    let server = place.start(&ONE);
    // The first attempt of each takes longer than the test, so that one runs and the others wait.
    let function = server.upload(
        "const end = context.attempt === 1 && input === 'slow' ? Date.now() + 29000 : 0; \
         while (Date.now() < end); \
         return context.attempt",
    );
    let slow = execute(&server, &function, &json!("slow"));
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let path = format!("/api/executions/{slow}");
        wait_until("the slow execution runs", || {
            get(&server, &path)["status"] == "running"
        });
        waiting.push(execute(&server, &function, &json!("quick")));
    }
    assert_eq!(ids(&server, "running"), [json!(slow)]);
    let mut pending = ids(&server, "pending");
    pending.reverse();
    assert_eq!(json!(pending), json!(waiting));
    server.stop();

    let server = place.start(&[]);
    for id in &waiting {
        let execution = ended(&server, id);
        assert_eq!(execution["output"], 1, "{execution}");
        assert_eq!(execution["attempts"].as_array().unwrap().len(), 1);
    }
    let interrupted = ended(&server, &slow);
    assert_eq!(interrupted["output"], 2, "{interrupted}");
}

fn a_retry_runs_the_version_that_was_accepted_after_an_update_and_a_restart(place: &Place) {
    let server = place.start(&ONE);
    let function = server.upload("if (context.attempt === 1) throw new Error('v1'); return 'v1'");
    let id = execute(&server, &function, &json!({}));
    let path = format!("/api/executions/{id}");
    wait_until("the execution is retried", || {
        get(&server, &path)["retryCount"] == 1
    });
    let update = json!({ "code": "return 'v2'" }).to_string();
    let (status, answer) = server.send("PUT", &format!("/api/functions/{function}"), &update);
    assert_eq!(status, 200, "{answer}");
    server.stop();

    let server = place.start(&[]);
    let execution = ended(&server, &id);
    assert_eq!(execution["output"], "v1", "{execution}");
    assert_eq!(execution["functionVersion"], 1);
    let invoke = format!("/api/functions/{function}/invoke");
    assert_eq!(
        server.send("POST", &invoke, "{}"),
        (200, "\"v2\"".to_owned())
    );
}

/// Invokes a function that waits for a second, and pauses the server for ten while it does.
#[cfg(unix)]
fn paused(isolation: &str, timeout: u32) -> (u16, String, String) {
    const PAUSE: Duration = Duration::from_secs(10);
    let folder = tempfile::tempdir().unwrap();
    let args = ["--store", "memory:", "--isolation", isolation];
    let server = Server::start(folder.path(), &args);
    let new = json!({
        "name": "waits", "description": "d", "config": { "timeout": timeout },
        "code": "await new Promise(r => setTimeout(r, 1000)); return 'done'",
    });
    let (status, answer) = server.send("POST", "/api/functions", &new.to_string());
    assert_eq!(status, 201, "{answer}");
    let function: Value = serde_json::from_str(&answer).unwrap();
    let path = format!(
        "/api/functions/{}/invoke",
        function["_id"].as_str().unwrap()
    );
    thread::scope(|scope| {
        let address = server.address();
        let call = scope.spawn(move || Server::try_send(address, "POST", &path, "{}").unwrap());
        wait_until("the call waits", || {
            get(&server, "/api/metrics")["overview"]["waitingExecutions"] == 1
        });
        server.signal("STOP");
        thread::park_timeout(PAUSE);
        server.signal("CONT");
        call.join().unwrap()
    })
}

#[test]
#[cfg(unix)]
fn a_server_that_was_paused_does_not_bill_the_pause() {
    for isolation in ["thread", "process"] {
        let (status, head, body) = paused(isolation, 60_000);
        assert_eq!((status, body.as_str()), (200, "\"done\""), "{isolation}");
        let duration: f64 = header(&head, "x-execution-duration").parse().unwrap();
        assert!(duration < 9_000.0, "{isolation}: billed for {duration} ms");
    }
}

#[test]
#[cfg(unix)]
fn a_pause_of_the_server_does_not_time_out_the_call() {
    for isolation in ["thread", "process"] {
        let (status, head, body) = paused(isolation, 8_000);
        // The timer of the runtime may have fired because of the pause. The attempt then failed by the
        // platform.
        if status != 200 {
            assert_eq!(status, 503, "{isolation}: {body}");
            assert!(body.contains("paused"), "{isolation}: {body}");
            let cost: f64 = header(&head, "x-execution-cost").parse().unwrap();
            assert!(cost.abs() < f64::EPSILON, "{isolation}: billed {cost}");
        }
    }
}
