//! Functions that answer HTTP requests, in both isolations, over real sockets.

mod client;
mod forms;
mod http2;
mod settings;
mod streams;

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tempfile::TempDir;

use self::client::{Client, Response};
use super::api::{ended, get};
use super::running::Server;
use super::waiting::wait_for;

/// Runs a check against a server of each isolation.
fn in_both(check: impl Fn(&Server)) {
    for isolation in ["thread", "process"] {
        if isolation == "process" && !cfg!(target_os = "linux") {
            continue;
        }
        let folder = TempDir::new().unwrap();
        check(&Server::start(folder.path(), &["--isolation", isolation]));
    }
}

/// Uploads a function with these HTTP settings. Returns its name.
fn upload_with(server: &Server, code: &str, http: &Value) -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let name = format!("h{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let function = json!({
        "name": name, "description": "answers", "code": code, "config": { "http": http },
    });
    let (status, answer) = server.send("POST", "/api/functions", &function.to_string());
    assert_eq!(status, 201, "{answer}");
    name
}

/// Uploads a function that everybody may call. Returns its name.
fn upload(server: &Server, code: &str) -> String {
    upload_with(server, code, &json!({ "enabled": true, "auth": "public" }))
}

/// Sends a request to a function and returns the whole response.
fn call(server: &Server, method: &str, path: &str, headers: &str, body: &[u8]) -> Response {
    let mut client = Client::connect(server.address());
    client.send(method, path, headers, body);
    client.response(method == "HEAD")
}

/// The execution that a response is of, once it has ended.
fn execution_of(server: &Server, response: &Response) -> Value {
    let id = response.header("x-execution-id").unwrap();
    let path = format!("/api/executions/{id}");
    // It can be read before it is stored.
    assert_eq!(server.send("GET", &path, "").0, 200);
    ended(server, id)
}

/// The id of the function that ran last.
fn latest_function(server: &Server) -> String {
    let function = &latest(server)["functionId"];
    let id = function.as_str().or_else(|| function["_id"].as_str());
    id.unwrap().to_owned()
}

/// The latest execution.
fn latest(server: &Server) -> Value {
    let page = get(server, "/api/executions?limit=1");
    let id = page["executions"][0]["_id"].as_str().unwrap().to_owned();
    get(server, &format!("/api/executions/{id}"))
}

#[test]
fn an_alias_after_the_name_picks_the_version_that_answers() {
    in_both(|server| {
        let handler =
            |text: &str| format!("export default {{ fetch: () => new Response('{text}') }}");
        let name = upload(server, &handler("one"));
        let id = id_of(server, &name);
        let one = format!("/api/functions/{id}");
        let change = json!({ "code": handler("two"), "live": false }).to_string();
        assert_eq!(server.send("PUT", &one, &change).0, 200);
        let (status, answer) =
            server.send("PUT", &format!("{one}/aliases/next"), r#"{"version": 2}"#);
        assert_eq!(status, 200, "{answer}");
        let text = |path: &str| call(server, "GET", &format!("/f/{path}"), "", b"").body;
        assert_eq!(text(&name), b"one");
        assert_eq!(text(&format!("{name}@next")), b"two");
        assert_eq!(text(&format!("{name}@live")), b"one");
        assert_eq!(
            call(server, "GET", &format!("/f/{name}@none"), "", b"").status,
            404
        );
        let (status, answer) = server.send("DELETE", &format!("{one}/aliases/live"), "");
        assert_eq!(status, 200, "{answer}");
        assert_eq!(text(&name), b"two");
    });
}

/// The id of the function with this name.
fn id_of(server: &Server, name: &str) -> String {
    let path = format!("/api/functions/by-name/{name}");
    get(server, &path)["_id"].as_str().unwrap().to_owned()
}
