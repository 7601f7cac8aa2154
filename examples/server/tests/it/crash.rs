//! kill -9 under load, several times in a row: no acknowledged execution is lost, each accepted
//! execution ends exactly once, and the reports are correct.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::api::{cost_of, ended, get, header, nanos, sum_of_all};
use super::running::Server;

const ROUNDS: usize = 4;
const CLIENTS: usize = 6;
const ARGS: [&str; 6] = [
    "--store",
    "sqlite:./faas.db",
    "--min-instances",
    "3",
    "--queue-capacity",
    "200",
];

/// The responses that clients received.
#[derive(Default)]
struct Told {
    /// Invoked executions, with the cost in the response.
    invoked: Mutex<Vec<(String, String)>>,
    /// Executions that were accepted.
    accepted: Mutex<Vec<String>>,
}

#[test]
fn kill_9_under_load_loses_nothing_that_was_answered_and_everything_accepted_ends_once() {
    let folder = tempfile::tempdir().unwrap();
    let told = Told::default();
    let mut function = None;
    for round in 0..ROUNDS {
        let server = Server::start(folder.path(), &ARGS);
        let function = function.get_or_insert_with(|| {
            server.upload("let n = 0; for (let i = 0; i < 20000; i++) n += i; return n + input.n")
        });
        thread::scope(|scope| {
            let address = server.address().to_owned();
            for client in 0..CLIENTS {
                let (address, function, told) = (address.clone(), function.clone(), &told);
                scope.spawn(move || hammer(&address, &function, client % 2 == 0, told));
            }
            thread::park_timeout(Duration::from_millis(500 + 200 * round as u64));
            server.kill();
        });
    }
    let (invoked, accepted) = (
        told.invoked.into_inner().unwrap(),
        told.accepted.into_inner().unwrap(),
    );
    assert!(
        invoked.len() > 20 && accepted.len() > 20,
        "too little load: {} {}",
        invoked.len(),
        accepted.len()
    );

    let server = Server::start(folder.path(), &ARGS);
    let mut interrupted = 0;
    for id in &accepted {
        let execution = ended(&server, id);
        assert_eq!(execution["status"], "completed", "{execution}");
        let attempts = execution["attempts"].as_array().unwrap();
        assert_eq!(
            attempts
                .iter()
                .filter(|attempt| attempt["error"].is_null())
                .count(),
            1,
            "{execution}"
        );
        interrupted += usize::from(attempts.len() > 1);
    }
    for (id, cost) in &invoked {
        let execution = get(&server, &format!("/api/executions/{id}"));
        assert_eq!(execution["status"], "completed", "{execution}");
        assert_eq!(cost_of(&execution), nanos(cost.parse().unwrap()));
    }
    assert!(
        interrupted <= ROUNDS * 40,
        "{interrupted} of {} were claimed and not run",
        accepted.len()
    );

    let report = &get(&server, "/api/costs/system?startDate=2000-01-01")["data"];
    let (count, sum) = sum_of_all(&server);
    assert_eq!(report["totalExecutions"].as_u64().unwrap(), count);
    assert_eq!(nanos(report["totalSystemCost"].as_f64().unwrap()), sum);
    assert!(count >= (invoked.len() + accepted.len()) as u64);
}

/// Sends one request after another until the server is gone.
fn hammer(address: &str, function: &str, invoke: bool, told: &Told) {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    loop {
        let n = NUMBER.fetch_add(1, Ordering::Relaxed);
        let (path, body) = match invoke {
            true => (
                format!("/api/functions/{function}/invoke"),
                format!("{{\"n\":{n}}}"),
            ),
            false => (
                format!("/api/functions/{function}/execute"),
                format!("{{\"input\":{{\"n\":{n}}}}}"),
            ),
        };
        let Ok((status, head, body)) = Server::try_send(address, "POST", &path, &body) else {
            return;
        };
        match status {
            200 => {
                told.invoked.lock().unwrap().push((
                    header(&head, "x-execution-id"),
                    header(&head, "x-execution-cost"),
                ));
            }
            202 => {
                let body: Value = serde_json::from_str(&body).unwrap();
                told.accepted
                    .lock()
                    .unwrap()
                    .push(body["executionId"].as_str().unwrap().to_owned());
            }
            // Over capacity: the execution was not accepted.
            429 => thread::park_timeout(Duration::from_millis(5)),
            other => panic!("{other}: {body}"),
        }
    }
}
