//! A MongoDB server that is unreachable for a while, under load.

use std::io::Read as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use faas_mongo_testserver::FaultProxy;
use serde_json::{Value, json};

use super::api::{cost_of, ended, execute, get, header, nanos, sum_of_all, wait_for_status};
use super::place::{Place, new_mongodb};
use super::running::Server;
use super::waiting::wait_until;

const CLIENTS: usize = 4;

/// The responses that clients received.
#[derive(Default)]
struct Told {
    /// Invoked executions, with the cost in the response.
    invoked: Mutex<Vec<(String, String)>>,
    accepted: Mutex<Vec<String>>,
    /// The number of requests that were refused because the store was unreachable.
    unavailable: AtomicUsize,
    enough: AtomicBool,
}

impl Told {
    fn answered(&self) -> usize {
        self.invoked.lock().unwrap().len() + self.accepted.lock().unwrap().len()
    }
}

#[test]
fn an_unreachable_store_under_load_causes_503s_and_nothing_else() {
    let Some(uri) = new_mongodb() else {
        return;
    };
    let proxy = FaultProxy::to(&uri);
    // Calls of the unreachable store fail soon.
    let store = format!("{}&serverSelectionTimeoutMS=1000", proxy.uri);
    let place = Place::with_store(store);
    let server = place.start(&["--min-instances", "6", "--log", "error"]);
    let quick = server.upload_as("quick", "return input");
    let slow = server.upload_as(
        "slow",
        "return new Promise(r => setTimeout(() => r(input), 1000))",
    );
    let told = Told::default();
    let running = thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (server, quick, told) = (&server, &quick, &told);
            scope.spawn(move || hammer(server, quick, client % 2 == 0, told));
        }
        let end = End(&told.enough);
        wait_until("clients are answered", || told.answered() > 40);

        let invoked = format!("/api/functions/{slow}/invoke");
        let mut invoked = server.begin("POST", &invoked, "\"invoked\"");
        let running = execute(&server, &slow, &json!("accepted"));
        let path = format!("/api/executions/{running}");
        wait_until("the execution runs", || {
            get(&server, &path)["status"] == "running"
        });
        proxy.cut();

        // Running calls continue, and their callers learn that the results are not stored.
        let mut answer = String::new();
        invoked.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 500"), "{answer}");
        assert!(!head.to_lowercase().contains("retry-after"), "{answer}");
        let refusal: Value = serde_json::from_str(body).unwrap();
        assert_eq!(refusal["code"], "result_not_stored");
        let not_stored = refusal["executionId"].as_str().unwrap().to_owned();
        let ready = wait_for_status(&server, "/readyz", 503);
        assert!(ready.contains("unavailable"), "{ready}");
        assert_eq!(server.send("GET", "/healthz", "").0, 200);
        let another = json!({ "name": "x", "description": "d", "code": "return 1" });
        for (method, path, body) in [
            ("POST", format!("/api/functions/{quick}/invoke"), "1"),
            ("POST", format!("/api/functions/{quick}/execute"), "{}"),
            ("POST", "/api/functions".to_owned(), &another.to_string()),
            ("GET", format!("/api/functions/{quick}/logs"), ""),
            ("GET", path.clone(), ""),
        ] {
            let (status, answer) = server.send(method, &path, body);
            assert_eq!(status, 503, "{path}: {answer}");
        }
        let before = told.unavailable.load(Ordering::SeqCst);
        wait_until("clients are refused", || {
            told.unavailable.load(Ordering::SeqCst) > before + 20
        });

        proxy.mend();
        wait_for_status(&server, "/readyz", 200);
        let answered = told.answered();
        wait_until("clients are answered again", || {
            told.answered() > answered + 40
        });
        drop(end);
        assert_eq!(ended(&server, &not_stored)["output"], "invoked");
        running
    });

    let execution = ended(&server, &running);
    assert_eq!(execution["output"], "accepted", "{execution}");
    let attempts = execution["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 1, "it was not left to end: {execution}");
    let logs = get(&server, &format!("/api/functions/{slow}/logs"));
    let stored: Vec<_> = logs.as_array().unwrap().iter().collect();
    assert!(
        stored.iter().any(|one| one["output"] == "invoked"),
        "a result that was not stored at first has been lost: {logs}"
    );
    for id in told.accepted.into_inner().unwrap() {
        let execution = ended(&server, &id);
        assert_eq!(execution["status"], "completed", "{execution}");
        let attempts = execution["attempts"].as_array().unwrap();
        assert_eq!(attempts.len(), 1, "{execution}");
    }
    for (id, cost) in told.invoked.into_inner().unwrap() {
        let execution = get(&server, &format!("/api/executions/{id}"));
        assert_eq!(execution["status"], "completed", "{execution}");
        assert_eq!(cost_of(&execution), nanos(cost.parse().unwrap()));
    }
    let (count, sum) = sum_of_all(&server);
    let report = &get(&server, "/api/costs/system?startDate=2000-01-01")["data"];
    assert_eq!(report["totalExecutions"], count);
    assert_eq!(nanos(report["totalSystemCost"].as_f64().unwrap()), sum);
}

/// Stops the clients when dropped, even if a test fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Sends one request after another until it is told to stop.
fn hammer(server: &Server, function: &str, invoke: bool, told: &Told) {
    let (route, body) = match invoke {
        true => ("invoke", "{\"n\":1}"),
        false => ("execute", "{\"input\":{\"n\":1}}"),
    };
    let path = format!("/api/functions/{function}/{route}");
    while !told.enough.load(Ordering::SeqCst) {
        let sent = Server::try_send(server.address(), "POST", &path, body);
        let (status, head, body) = sent.unwrap();
        match status {
            200 => {
                let of = |name| header(&head, name);
                let answer = (of("x-execution-id"), of("x-execution-cost"));
                told.invoked.lock().unwrap().push(answer);
            }
            202 => {
                let body: Value = serde_json::from_str(&body).unwrap();
                let id = body["executionId"].as_str().unwrap().to_owned();
                told.accepted.lock().unwrap().push(id);
            }
            // The call ran before the outage and is stored later.
            500 if body.contains("result_not_stored") => {
                let body: Value = serde_json::from_str(&body).unwrap();
                let id = body["executionId"].as_str().unwrap().to_owned();
                told.accepted.lock().unwrap().push(id);
            }
            503 => {
                told.unavailable.fetch_add(1, Ordering::SeqCst);
                thread::park_timeout(Duration::from_millis(10));
            }
            other => panic!("{other}: {body}"),
        }
    }
}
