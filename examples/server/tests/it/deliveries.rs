//! Deliveries of results to real receivers, over kill -9.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::api::{ended, execute, get};
use super::running::Server;
use super::waiting::wait_for;

const ROUNDS: usize = 3;
const EXECUTIONS: usize = 30;

/// A receiver of webhooks on a loopback port. It runs until the test ends.
#[derive(Clone, Default)]
struct Receiver {
    /// How often each webhook came.
    seen: Arc<Mutex<HashMap<String, usize>>>,
    answered: Arc<Mutex<HashSet<String>>>,
    /// How many of the next requests get no answer.
    hang: Arc<AtomicUsize>,
    hanging: Arc<AtomicUsize>,
}

impl Receiver {
    fn start(&self) -> u16 {
        let (tell, told) = std::sync::mpsc::channel();
        let router = Router::new()
            .route("/hook", post(receive))
            .with_state(self.clone());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap().port()).unwrap();
                axum::serve(listener, router).await.unwrap();
            });
        });
        told.recv().unwrap()
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    let event: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(event["type"], "execution.completed");
    assert!(id.starts_with(event["data"]["executionId"].as_str().unwrap()));
    *receiver.seen.lock().unwrap().entry(id.clone()).or_default() += 1;
    let hangs = |left: usize| left.checked_sub(1);
    let order = Ordering::SeqCst;
    if receiver.hang.fetch_update(order, order, hangs).is_ok() {
        receiver.hanging.fetch_add(1, order);
        std::future::pending::<()>().await;
    }
    receiver.answered.lock().unwrap().insert(id);
    StatusCode::NO_CONTENT
}

fn create(server: &Server, name: &str, destinations: &Value) -> String {
    let new = json!({
        "name": name, "description": "d", "code": "return input",
        "config": {"destinations": destinations},
    });
    let (status, answer) = server.send("POST", "/api/functions", &new.to_string());
    assert_eq!(status, 201, "{answer}");
    let created: Value = serde_json::from_str(&answer).unwrap();
    created["_id"].as_str().unwrap().to_owned()
}

/// Waits until all deliveries of an execution have come to an end.
fn at_rest(server: &Server, execution: &str) -> Vec<Value> {
    wait_for(&format!("the deliveries of {execution}"), || {
        let page = get(server, &format!("/api/executions/{execution}/deliveries"));
        let deliveries = page["deliveries"].as_array().unwrap();
        let is_over = |one: &Value| one["status"] == "delivered" || one["status"] == "failed";
        let is_over = !deliveries.is_empty() && deliveries.iter().all(is_over);
        is_over.then(|| deliveries.clone())
    })
}

#[test]
fn kill_9_while_results_are_delivered_loses_none_and_runs_each_function_once() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::default();
    let port = receiver.start();
    let (ports, url) = (port.to_string(), format!("http://127.0.0.1:{port}/hook"));
    let args = [
        "--store",
        "sqlite:./faas.db",
        "--egress",
        "all",
        "--egress-port",
        &ports,
    ];
    let mut functions = None;
    let mut accepted = Vec::new();
    for _ in 0..ROUNDS {
        let server = Server::start(folder.path(), &args);
        let (first, _) = functions.get_or_insert_with(|| {
            let next = create(&server, "next", &Value::Null);
            let targets = json!({"onSuccess": [{"webhook": {"url": url}}, {"function": "next"}]});
            (create(&server, "first", &targets), next)
        });
        // These stay under way until the server is killed.
        receiver.hanging.store(0, Ordering::SeqCst);
        receiver.hang.store(4, Ordering::SeqCst);
        for n in 0..EXECUTIONS {
            accepted.push(execute(&server, first, &json!({ "n": n })));
        }
        wait_for("deliveries that are under way", || {
            (receiver.hanging.load(Ordering::SeqCst) == 4).then_some(())
        });
        server.kill();
    }
    let server = Server::start(folder.path(), &args);
    let (_, next) = functions.unwrap();
    let mut ran = HashSet::new();
    for id in &accepted {
        assert_eq!(ended(&server, id)["status"], "completed");
        let deliveries = at_rest(&server, id);
        assert!(
            deliveries.iter().all(|one| one["status"] == "delivered"),
            "{deliveries:?}"
        );
        assert!(
            receiver
                .answered
                .lock()
                .unwrap()
                .contains(&format!("{id}_0"))
        );
        let by = deliveries[1]["acceptedExecutionId"].as_str().unwrap();
        assert_eq!(ended(&server, by)["input"]["executionId"], **id);
        assert!(ran.insert(by.to_owned()));
    }
    let runs = get(
        &server,
        &format!("/api/executions?functionId={next}&limit=1000"),
    );
    assert_eq!(runs["executions"].as_array().unwrap().len(), accepted.len());
    let again = receiver
        .seen
        .lock()
        .unwrap()
        .values()
        .filter(|count| **count > 1)
        .count();
    assert!(
        again >= 4,
        "the deliveries that were under way are made again: {again}"
    );
}

#[test]
fn webhooks_to_private_addresses_are_refused_unless_the_operator_allows_them() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::default();
    let url = format!("http://127.0.0.1:{}/hook", receiver.start());
    let server = Server::start(folder.path(), &["--store", "memory:"]);
    let function = create(&server, "f", &json!({"onEnd": [{"webhook": {"url": url}}]}));
    let deliveries = at_rest(&server, &execute(&server, &function, &json!(1)));
    assert_eq!(deliveries[0]["status"], "failed");
    let message = deliveries[0]["attempts"][0]["message"].as_str().unwrap();
    assert!(message.contains("server"), "{message}");
    assert!(receiver.seen.lock().unwrap().is_empty());
}
