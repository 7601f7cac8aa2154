//! Keys and values of functions, in a store on disk.

use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::running::Server;

#[test]
fn the_example_counts_every_visit_and_goes_on_after_a_restart() {
    let code = include_str!("../../../functions/counter.js");
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--store", "sqlite:faas.db"]);
    let function = json!({
        "name": "counter", "description": "counts visits", "code": code, "config": { "kv": true },
    });
    let (status, answer) = server.send("POST", "/api/functions", &function.to_string());
    assert_eq!(status, 201, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let id = answer["_id"].as_str().unwrap();
    let path = format!("/api/functions/{id}/invoke");
    let visit = |server: &Server| {
        let (status, answer) = server.send("POST", &path, r#"{"page": "/a"}"#);
        assert_eq!(status, 200, "{answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        answer["visits"].as_u64().unwrap()
    };
    let mut visits = thread::scope(|scope| {
        let visitors: Vec<_> = (0..8).map(|_| scope.spawn(|| visit(&server))).collect();
        let visits = visitors.into_iter().map(|visitor| visitor.join().unwrap());
        visits.collect::<Vec<_>>()
    });
    visits.sort_unstable();
    assert_eq!(visits, [1, 2, 3, 4, 5, 6, 7, 8]);

    drop(server);
    let server = Server::start(folder.path(), &["--store", "sqlite:faas.db"]);
    assert_eq!(visit(&server), 9);
    let (status, value) = server.send("GET", &format!("/api/kv/function:{id}/values/%2Fa"), "");
    assert_eq!((status, &*value), (200, "9"));
}
