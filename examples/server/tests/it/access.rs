//! Access control: keys, roles, origins, hosts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Error, Message, WebSocket};

use super::running::{Server, read_answer};
use super::waiting::wait_until;

/// An id that no record has.
const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
/// How long a read from a server may take: only a server that hangs takes that long.
const PATIENCE: Duration = Duration::from_secs(60);

const NO_KEY: &str = "no key";

/// The role that each route requires, if any. A route that is not listed fails the test.
const ROUTES: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "get /healthz",
            "get /readyz",
            "get /openapi.json",
            "get /docs",
        ],
    ),
    // No key is required; pages of other origins are refused.
    (NO_KEY, &["get /api/session"]),
    ("any", &["get /api/executions/{id}"]),
    (
        "reader",
        &[
            "get /api/functions",
            "get /api/functions/{id}",
            "get /api/functions/by-name/{name}",
            "get /api/functions/{id}/logs",
            "get /api/functions/by-name/{name}/logs",
            "get /api/functions/{id}/versions",
            "get /api/functions/by-name/{name}/versions",
            "get /api/functions/{id}/versions/{version}",
            "get /api/functions/by-name/{name}/versions/{version}",
            "get /api/executions",
            "get /api/load-tests",
            "get /api/load-tests/{id}",
            "post /api/load-tests/estimate",
            "get /api/metrics",
            "get /api/metrics/executions/history",
            "get /api/metrics/scaling/history",
            "get /api/metrics/scaling-history",
            "get /api/costs/pricing",
            "post /api/costs/estimate",
            "get /api/costs/system",
            "get /api/costs/function/{id}",
            "get /api/costs/trends",
            "get /api/costs/breakdown",
            "get /api/costs/executions",
            "get /api/kv",
            "get /api/kv/{namespace}/keys",
            "get /api/kv/{namespace}/values/{key}",
            "get /api/functions/{id}/schedules",
            "get /api/functions/by-name/{name}/schedules",
            "get /api/schedules",
            "get /api/schedules/{id}",
            "post /api/schedules/preview",
            "get /api/samples",
            "get /api/types.d.ts",
            "get /metrics",
        ],
    ),
    (
        "invoker",
        &[
            "post /api/functions/{id}/execute",
            "post /api/functions/by-name/{name}/execute",
            "post /api/functions/{id}/execute/batch",
            "post /api/functions/by-name/{name}/execute/batch",
            "post /api/schedules/{id}/fire",
            "post /api/functions/{id}/invoke",
            "post /api/functions/by-name/{name}/invoke",
        ],
    ),
    (
        "developer",
        &[
            "post /api/functions",
            "put /api/functions/{id}",
            "put /api/functions/by-name/{name}",
            "delete /api/functions/{id}",
            "delete /api/functions/by-name/{name}",
            "post /api/functions/{id}/egress/check",
            "post /api/functions/by-name/{name}/egress/check",
            "put /api/functions/{id}/aliases/{alias}",
            "put /api/functions/by-name/{name}/aliases/{alias}",
            "delete /api/functions/{id}/aliases/{alias}",
            "delete /api/functions/by-name/{name}/aliases/{alias}",
            "post /api/executions/{id}/cancel",
            "post /api/executions/{id}/retry",
            "post /api/functions/{id}/schedules",
            "post /api/functions/by-name/{name}/schedules",
            "put /api/schedules/{id}",
            "delete /api/schedules/{id}",
            "post /api/schedules/{id}/pause",
            "post /api/schedules/{id}/resume",
            "post /api/load-tests",
            "post /api/run",
            "get /api/sessions",
            "post /api/sessions",
            "get /api/sessions/{id}",
            "delete /api/sessions/{id}",
            "post /api/sessions/{id}/run",
            "delete /api/load-tests/{id}",
            "delete /api/kv/{namespace}",
            "put /api/kv/{namespace}/values/{key}",
            "delete /api/kv/{namespace}/values/{key}",
        ],
    ),
    (
        "admin",
        &[
            "get /api/keys",
            "post /api/keys",
            "delete /api/keys/{id}",
            "get /api/audit",
        ],
    ),
];

/// Whether no key is required.
fn is_open(needed: &str) -> bool {
    needed.is_empty() || needed == NO_KEY
}

/// The roles that a key with this role has.
fn has(role: &str, needed: &str) -> bool {
    let roles: &[&str] = match role {
        "reader" => &["any", "reader"],
        "invoker" => &["any", "invoker"],
        "developer" => &["any", "reader", "invoker", "developer"],
        "admin" => &["any", "reader", "invoker", "developer", "admin"],
        _ => &[],
    };
    is_open(needed) || roles.contains(&needed)
}

/// `faas key …` on the store at `url`.
pub(crate) fn faas_key(folder: &Path, url: &str, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_faas"))
        .current_dir(folder)
        .env_clear()
        .env("FAAS_STORE", url)
        .arg("key")
        .args(args)
        .output()
        .unwrap()
}

/// Its output; the command must succeed.
pub(crate) fn key_says(folder: &Path, url: &str, args: &[&str]) -> String {
    let output = faas_key(folder, url, args);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {errors}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

const FILE: &str = "sqlite:./data/faas.db";

pub(crate) fn make(folder: &Path, role: &str) -> String {
    key_says(folder, FILE, &["create", "--name", role, "--role", role])
}

/// Sends a request with these header lines. Returns the status and the body.
pub(crate) fn ask(server: &Server, headers: &str, method: &str, path: &str) -> (u16, Value) {
    let body = if method == "get" { "" } else { "{}" };
    let method = method.to_uppercase();
    let (status, body) = read_answer(&mut server.begin_with(headers, &method, path, body));
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

pub(crate) fn bearer(key: &str) -> String {
    format!("Authorization: Bearer {key}\r\n")
}

/// Each operation of the server's document, as in [`ROUTES`], and the role that it names.
fn operations(server: &Server) -> BTreeMap<String, Value> {
    let (_, document) = ask(server, "", "get", "/openapi.json");
    let mut all = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.insert(format!("{method} {path}"), operation.clone());
        }
    }
    all
}

/// The method of an operation, and a path that it serves.
fn split(operation: &str) -> (&str, String) {
    let (method, path) = operation.split_once(' ').unwrap();
    let path = path.replace("{id}", NOBODY);
    let path = path.replace("{name}", "nobody");
    let path = path.replace("{namespace}", "orders");
    (method, path.replace("{key}", "k"))
}

#[test]
fn every_route_requires_exactly_its_role() {
    let folder = TempDir::new().unwrap();
    let keys: BTreeMap<_, _> = ["reader", "invoker", "developer", "admin"]
        .map(|role| (role, make(folder.path(), role)))
        .into();
    let server = Server::start(folder.path(), &[]);
    let operations = operations(&server);
    let listed: BTreeSet<_> = ROUTES
        .iter()
        .flat_map(|(_, routes)| routes.iter())
        .collect();
    let there: BTreeSet<_> = operations.keys().collect();
    assert!(
        there.iter().copied().eq(listed.iter().copied()),
        "routes and the roles they need differ: {there:?}"
    );
    for (needed, routes) in ROUTES {
        for operation in *routes {
            let (method, path) = split(operation);
            let told = &operations[*operation]["x-role"];
            let expected = match *needed {
                "" | NO_KEY => json!(null),
                // The role with the fewest permissions.
                "any" => json!("reader"),
                role => json!(role),
            };
            assert_eq!(told, &expected, "{operation}");
            let slashed = format!("{path}/");
            let below_api = path.starts_with("/api/").then_some(slashed);
            for path in below_api.iter().chain([&path]) {
                let (status, answer) = ask(&server, "", method, path);
                if is_open(needed) {
                    assert_eq!(status, 200, "{operation}");
                } else {
                    assert_eq!((status, &answer["code"]), (401, &json!("key_required")));
                }
                for (role, key) in &keys {
                    let (status, answer) = ask(&server, &bearer(key), method, path);
                    let code = answer["code"].as_str().unwrap_or_default();
                    if has(role, needed) {
                        let let_in = ![401, 403, 429].contains(&status) && status < 500;
                        assert!(let_in, "{operation} as {role}: {status} {answer}");
                    } else {
                        assert_eq!((status, code), (403, "role_insufficient"), "{operation}");
                        let error = answer["error"].as_str().unwrap();
                        assert!(error.contains(needed), "{operation}: {error}");
                    }
                }
            }
        }
    }
}

#[test]
fn an_invalid_key_is_distinguished_from_a_missing_one() {
    let folder = TempDir::new().unwrap();
    let key = make(folder.path(), "admin");
    let moment = "2020-01-31T14:00:00Z";
    let args = ["create", "--name", "x", "--role", "reader", "--expires"];
    let past = faas_key(folder.path(), FILE, &[&args[..], &[moment]].concat());
    assert_eq!(past.status.code(), Some(1));
    let soon = key_says(folder.path(), FILE, &[&args[..], &["1s"]].concat());
    let server = Server::start(folder.path(), &[]);
    let session = |headers: &str| ask(&server, headers, "get", "/api/session");
    for (headers, code) in [
        (bearer("faas_x"), "key_invalid"),
        (bearer(&key[..key.len() - 1]), "key_invalid"),
        (
            "Authorization: Basic bWU6bWU=\r\n".to_owned(),
            "key_invalid",
        ),
        (bearer(&key).repeat(2), "key_invalid"),
    ] {
        let (status, answer) = session(&headers);
        assert_eq!((status, &answer["code"]), (401, &json!(code)), "{headers}");
    }
    let (_, head, _) = Server::try_send(server.address(), "GET", "/api/keys", "").unwrap();
    assert!(head.contains("www-authenticate: Bearer"), "{head}");
    let (status, answer) = session(&bearer(&key));
    assert_eq!(
        (status, &answer["authentication"]),
        (200, &json!("required"))
    );
    assert_eq!(answer["key"]["role"], "admin");
    wait_until("the key expires", || {
        session(&bearer(&soon)).1["code"] == "key_expired"
    });
    // A key in the URL is ignored.
    for path in ["/api/session", &format!("/api/session?key={key}")] {
        let (status, answer) = ask(&server, "", "get", path);
        let nobody =
            json!({"authentication": "required", "key": null, "runtimes": [], "secrets": false});
        assert_eq!((status, answer), (200, nobody));
    }
    let (status, _) = ask(&server, "", "get", &format!("/api/keys?key={key}"));
    assert_eq!(status, 401);
}

#[test]
fn pages_of_foreign_origins_may_neither_read_nor_change_anything() {
    for keys in [false, true] {
        let folder = TempDir::new().unwrap();
        let mut headers = String::new();
        if keys {
            headers = bearer(&make(folder.path(), "admin"));
        }
        let server = Server::start(folder.path(), &["--cors-origin", "https://app.example"]);
        for (needed, routes) in ROUTES {
            for operation in *routes {
                let (method, path) = split(operation);
                let from = |origin: &str| {
                    let headers = format!("{headers}Origin: {origin}\r\n");
                    ask(&server, &headers, method, &path)
                };
                for origin in ["https://other.example", "null", "http://localhost:1"] {
                    let (status, answer) = from(origin);
                    if needed.is_empty() {
                        assert_eq!(status, 200, "{operation}");
                    } else {
                        let code = &answer["code"];
                        assert_eq!((status, code), (403, &json!("origin_not_allowed")));
                    }
                }
                for origin in ["https://app.example", "http://localhost"] {
                    assert_ne!(from(origin).0, 403, "{operation} from {origin}");
                }
            }
        }
    }
}

#[test]
fn an_unknown_host_name_is_refused_until_a_key_is_required() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--allowed-host", "faas.example"]);
    let by = |server: &Server, host: &str, path: &str| {
        let address = server.address();
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        use std::io::Write as _;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        read_answer(&mut stream)
    };
    for path in ["/api/functions", "/api/costs/pricing", "/metrics"] {
        for host in [
            "faas.example",
            "localhost:1",
            "127.0.0.1",
            "[::1]:80",
            server.address(),
        ] {
            assert_eq!(by(&server, host, path).0, 200, "{host}");
        }
        let (status, answer) = by(&server, "rebound.example", path);
        assert_eq!(status, 403, "{answer}");
        assert!(answer.contains("host_not_allowed"), "{answer}");
    }
    // A health check may use any host name.
    assert_eq!(by(&server, "10.0.0.1.probe", "/healthz").0, 200);
    server.stop();
    make(folder.path(), "admin");
    let server = Server::start(folder.path(), &[]);
    assert_eq!(by(&server, "behind.example", "/api/functions").0, 401);
}

#[test]
fn other_machines_are_served_only_with_keys_or_when_allowed() {
    let folder = TempDir::new().unwrap();
    let refused = Command::new(env!("CARGO_BIN_EXE_faas"))
        .current_dir(folder.path())
        .env_clear()
        .args(["serve", "--listen", "0.0.0.0:0", "--log", "off"])
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(
        error.contains("faas key create") && error.contains("--insecure-open"),
        "{error}"
    );
    let address = |server: &Server| {
        let (_, port) = server.address().rsplit_once(':').unwrap();
        format!("127.0.0.1:{port}")
    };
    let open = ["--listen", "0.0.0.0:0", "--insecure-open"];
    let server = Server::start_anywhere(folder.path(), &open);
    let get = |server: &Server| {
        let sent = Server::try_send(&address(server), "GET", "/api/functions", "");
        sent.unwrap().0
    };
    assert_eq!(get(&server), 200);
    server.stop();
    make(folder.path(), "admin");
    for args in [&open[..], &open[..2]] {
        let server = Server::start_anywhere(folder.path(), args);
        assert!(
            server.startup.contains("key required"),
            "{}",
            server.startup
        );
        assert_eq!(get(&server), 401);
        server.stop();
    }
}

/// Opens a socket. Returns the status if it is refused.
pub(crate) fn listen(
    server: &Server,
    key: Option<&str>,
    headers: &[(&str, &str)],
) -> Result<WebSocket<std::net::TcpStream>, u16> {
    let mut request = format!("ws://{}/ws", server.address())
        .into_client_request()
        .unwrap();
    let into = request.headers_mut();
    if let Some(key) = key {
        let offer = format!("faas, faas.key.{key}");
        into.insert("sec-websocket-protocol", offer.parse().unwrap());
    }
    for (name, value) in headers {
        let name: tungstenite::http::HeaderName = name.parse().unwrap();
        into.insert(name, value.parse().unwrap());
    }
    let stream = std::net::TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    match tungstenite::client(request, stream) {
        Ok((socket, answer)) => {
            let spoken = answer.headers().get("sec-websocket-protocol");
            assert_eq!(spoken.is_some(), key.is_some());
            assert!(spoken.is_none_or(|spoken| spoken == "faas"));
            Ok(socket)
        }
        Err(tungstenite::HandshakeError::Failure(Error::Http(answer))) => {
            Err(answer.status().as_u16())
        }
        Err(other) => panic!("{other}"),
    }
}

/// Reads until the server closes the socket. Returns the close code.
pub(crate) fn closed_with(mut socket: WebSocket<std::net::TcpStream>) -> u16 {
    loop {
        if let Message::Close(frame) = socket.read().unwrap() {
            return frame.unwrap().code.into();
        }
    }
}

#[test]
fn a_socket_needs_a_key_that_may_read() {
    let folder = TempDir::new().unwrap();
    let (reader, invoker) = (
        make(folder.path(), "reader"),
        make(folder.path(), "invoker"),
    );
    let server = Server::start(folder.path(), &[]);
    let bearer = format!("Bearer {reader}");
    assert!(listen(&server, Some(&reader), &[]).is_ok());
    assert!(listen(&server, None, &[("authorization", &bearer)]).is_ok());
    let own = format!("http://{}", server.address());
    assert!(listen(&server, Some(&reader), &[("origin", &own)]).is_ok());
    let refused = |key, headers: &[_]| listen(&server, key, headers).unwrap_err();
    assert_eq!(refused(None, &[]), 401);
    assert_eq!(refused(Some("faas_x"), &[]), 401);
    assert_eq!(refused(Some(&invoker), &[]), 403);
    let foreign = ("origin", "https://other.example");
    assert_eq!(refused(Some(&reader), &[foreign]), 403);
}

#[test]
fn a_key_is_limited_to_the_configured_rate() {
    let folder = TempDir::new().unwrap();
    let key = bearer(&make(folder.path(), "reader"));
    let args = ["--rate-limit", "1", "--rate-burst", "3"];
    let server = Server::start(folder.path(), &args);
    for _ in 0..3 {
        assert_eq!(ask(&server, &key, "get", "/api/samples").0, 200);
    }
    let mut stream = server.begin_with(&key, "GET", "/api/samples", "");
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
    assert!(
        answer.contains("retry-after: 1") && answer.contains("rate_limited"),
        "{answer}"
    );
    assert_eq!(ask(&server, "", "get", "/healthz").0, 200);
}
