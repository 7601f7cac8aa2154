//! A client like dashboards and scripts: JSON over HTTP, live events over a socket, and checks of
//! responses by name and type.

use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

use super::running::Server;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server with nothing in it, and its client.
pub(crate) struct Client {
    pub(crate) server: Server,
    _folder: TempDir,
}

impl Client {
    /// Starts a server on the store at `url`; retries come soon.
    pub(crate) fn of_new_server(url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("faas.toml"), "[retry]\nbase = \"5ms\"\n").unwrap();
        let server = Server::start(folder.path(), &["--store", url]);
        Self {
            server,
            _folder: folder,
        }
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let (status, text) = self.server.send(method, path, &body);
        let json = serde_json::from_str(&text);
        let json = json.unwrap_or_else(|error| panic!("{path}: {status}: {error}: {text}"));
        (status, json)
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let (status, body) = self.send("GET", path, &Value::Null);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The data in the envelope of a response about costs.
    pub(crate) fn costs(&self, path: &str) -> Value {
        let body = self.get(&format!("/api/costs/{path}"));
        assert_eq!(body["success"], true, "{body}");
        body["data"].clone()
    }

    pub(crate) fn post(&self, path: &str, body: &Value, expected: u16) -> Value {
        let (status, body) = self.send("POST", path, body);
        assert_eq!(status, expected, "{path}: {body}");
        body
    }

    /// Polls the function's log until its newest execution has ended, as dashboards do.
    pub(crate) fn poll(&self, function: &str) -> Value {
        loop {
            let log = self.get(&format!("/api/functions/{function}/logs?limit=1"));
            let newest = &log[0];
            match newest["status"].as_str().unwrap() {
                "pending" | "running" => std::thread::yield_now(),
                _ => return newest.clone(),
            }
        }
    }

    /// Opens a socket at `path` and waits until it is subscribed.
    pub(crate) fn listen(&self, path: &str) -> Listener {
        let address = self.server.address();
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (socket, _) = tungstenite::client(format!("ws://{address}{path}"), stream).unwrap();
        let mut listener = Listener { socket };
        // A connection answers pings once it is subscribed.
        listener.socket.send(Message::Ping("?".into())).unwrap();
        while !matches!(listener.socket.read().unwrap(), Message::Pong(_)) {}
        listener
    }
}

/// An open socket.
pub(crate) struct Listener {
    socket: WebSocket<TcpStream>,
}

impl Listener {
    /// The next message of this type.
    pub(crate) fn next(&mut self, kind: &str) -> Value {
        loop {
            if let Message::Text(text) = self.socket.read().unwrap() {
                let message: Value = serde_json::from_str(&text).unwrap();
                if message["type"] == kind {
                    return message;
                }
            }
        }
    }
}

/// Asserts that `value` has members of these names and types. A type is what JSON calls it; `id`
/// and `moment` are strings of that form, `string?` may be null too.
pub(crate) fn assert_members(value: &Value, members: &[(&str, &str)]) {
    for (name, expected) in members {
        let member = value.get(name);
        let member = member.unwrap_or_else(|| panic!("{name} is missing from {value}"));
        let (expected, may_be_null) = match expected.strip_suffix('?') {
            Some(expected) => (expected, true),
            None => (*expected, false),
        };
        let fits = may_be_null && member.is_null() || is(member, expected);
        assert!(fits, "{name} is no {expected}: {value}");
    }
}

fn is(value: &Value, expected: &str) -> bool {
    let text = value.as_str();
    match expected {
        "string" => text.is_some(),
        "id" => text.is_some_and(|text| text.len() == 36),
        "moment" => text.is_some_and(|text| text.len() == 24 && text.ends_with('Z')),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "any" => true,
        other => panic!("unknown type: {other}"),
    }
}

/// An array that is not empty.
pub(crate) fn rows(value: &Value) -> &[Value] {
    let rows = value.as_array();
    let rows = rows.unwrap_or_else(|| panic!("{value} is not an array"));
    assert!(!rows.is_empty());
    rows
}
