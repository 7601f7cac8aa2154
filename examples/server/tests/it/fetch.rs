//! Functions that make HTTP requests, in both isolations, to a real server.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use axum::routing::{any, get, post};
#[cfg(target_os = "linux")]
use base64::prelude::{BASE64_STANDARD, Engine as _};
use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use tempfile::TempDir;
#[cfg(target_os = "linux")]
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
#[cfg(target_os = "linux")]
use tokio_rustls::TlsAcceptor;
#[cfg(target_os = "linux")]
use tokio_rustls::rustls::ServerConfig;
#[cfg(target_os = "linux")]
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_util::sync::CancellationToken;

use super::api::get as read;
#[cfg(target_os = "linux")]
use super::processes::busy_child;
use super::running::Server;

/// What the handlers of the origin share.
#[derive(Clone, Default)]
struct Events {
    /// Lets `/slowly` send its second piece.
    go: Arc<Notify>,
    /// Cancelled when the client of `/forever` has gone away.
    left: CancellationToken,
}

/// An HTTP server on a loopback port; it ends when it is dropped.
struct Origin {
    address: SocketAddr,
    events: Events,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Origin {
    fn start() -> Self {
        let events = Events::default();
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let shared = events.clone();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                let serve = axum::serve(listener, router(shared));
                tokio::select! {
                    ended = async { serve.await } => panic!("the origin has ended: {ended:?}"),
                    _ = stopped => {}
                }
            });
        });
        Self {
            address: told.recv().unwrap(),
            events,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn router(events: Events) -> Router {
    Router::new()
        .route("/echo", any(echo))
        .route(
            "/moved",
            get(|| async { Redirect::temporary("/echo?moved") }),
        )
        .route("/missing", get(|| async { StatusCode::NOT_FOUND }))
        .route("/bytes", get(|| async { Bytes::from(vec![0xff; 700_000]) }))
        .route("/slowly", get(slowly))
        .route(
            "/go",
            post(|State(events): State<Events>| async move { events.go.notify_one() }),
        )
        .route("/forever", get(forever))
        .route(
            "/json",
            get(|| async { axum::Json(json!({ "answer": 42 })) }),
        )
        .route("/model", post(model))
        .with_state(events)
}

async fn echo(
    method: axum::http::Method,
    uri: axum::http::Uri,
    headers: HeaderMap,
    body: Bytes,
) -> axum::Json<Value> {
    let header = |name: &str| {
        headers
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
    };
    axum::Json(json!({
        "method": method.as_str(),
        "query": uri.query(),
        "greeting": header("x-greeting"),
        "type": header("content-type"),
        "agent": header("user-agent"),
        "body": String::from_utf8_lossy(&body),
    }))
}

/// Answers as the interface of a model does.
async fn model(axum::Json(question): axum::Json<Value>) -> String {
    let asked = question["messages"][0]["content"].as_str().unwrap();
    let piece = |text: &str| json!({ "choices": [{ "delta": { "content": text } }] });
    let (first, second) = (piece(&format!("{asked} ")), piece("I am a model."));
    format!("data: {first}\n\ndata: {second}\n\ndata: [DONE]\n\n")
}

/// Two pieces; the second one comes after `/go`.
async fn slowly(State(events): State<Events>) -> Body {
    let pieces = stream::unfold(0, move |n| {
        let go = events.go.clone();
        async move {
            match n {
                0 => Some((Ok::<_, Infallible>("data: one\n\n"), 1)),
                1 => {
                    go.notified().await;
                    Some((Ok("data: two\n\n"), 2))
                }
                _ => None,
            }
        }
    });
    Body::from_stream(pieces)
}

/// A body that never ends.
async fn forever(State(events): State<Events>) -> Body {
    let guard = events.left.drop_guard();
    let first = stream::iter([Ok::<_, Infallible>("begins\n")]);
    Body::from_stream(first.chain(stream::pending()).inspect(move |_| {
        let _kept = &guard;
    }))
}

/// An HTTPS server for `localhost` that answers with the request. Its certificate is in
/// `authority.pem`.
#[cfg(target_os = "linux")]
struct TlsOrigin {
    address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

#[cfg(target_os = "linux")]
impl TlsOrigin {
    fn start(folder: &std::path::Path) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let text = BASE64_STANDARD.encode(made.cert.der());
        let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        std::fs::write(folder.join("authority.pem"), pem).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let mut stream = acceptor.accept(stream).await?;
                    let (mut request, mut piece) = (Vec::new(), [0; 4096]);
                    while !request.ends_with(b"\r\n\r\n") {
                        let length = stream.read(&mut piece).await?;
                        request.extend_from_slice(&piece[..length]);
                    }
                    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n";
                    let length = format!("content-length: {}\r\n\r\n", request.len());
                    stream.write_all(head.as_bytes()).await?;
                    stream.write_all(length.as_bytes()).await?;
                    stream.write_all(&request).await?;
                    stream.shutdown().await
                });
            }
        });
        Self {
            address,
            _runtime: runtime,
        }
    }
}

/// Runs `check` with a server in each isolation that lets functions reach `origin`.
fn in_both(check: impl Fn(&Server, &Origin)) {
    for isolation in ["thread", "process"] {
        if isolation == "process" && !cfg!(target_os = "linux") {
            continue;
        }
        let (origin, folder) = (Origin::start(), TempDir::new().unwrap());
        let port = origin.address.port().to_string();
        let args = [
            "--isolation",
            isolation,
            "--egress",
            "all",
            "--egress-port",
            &port,
        ];
        check(&Server::start(folder.path(), &args), &origin);
    }
}

/// Uploads a function and returns its id.
fn upload(server: &Server, code: &str) -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let name = format!("f{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let function = json!({ "name": name, "description": "fetches", "code": code });
    let (status, answer) = server.send("POST", "/api/functions", &function.to_string());
    assert_eq!(status, 201, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["_id"].as_str().unwrap().to_owned()
}

fn run(server: &Server, code: &str, input: &Value) -> Value {
    let function = upload(server, code);
    let (status, answer) = server.send(
        "POST",
        &format!("/api/functions/{function}/invoke"),
        &input.to_string(),
    );
    assert_eq!(status, 200, "{code}: {answer}");
    serde_json::from_str(&answer).unwrap()
}

/// The host calls of the newest execution.
fn host_calls(server: &Server) -> Value {
    let newest = read(server, "/api/executions?limit=1");
    let id = newest["executions"][0]["_id"].as_str().unwrap();
    read(server, &format!("/api/executions/{id}"))["hostCalls"].clone()
}

#[test]
fn a_function_sends_requests_and_reads_responses() {
    in_both(|server, origin| {
        let answer = run(
            server,
            "export default async ({ url }) => {
                const response = await fetch(url + '?a=1', { headers: { 'X-Greeting': 'höllo' } });
                return {
                    status: response.status, ok: response.ok, url: response.url, type: response.type,
                    kind: response.headers.get('content-type'), echo: await response.json(),
                };
            }",
            &json!({ "url": origin.url("/echo") }),
        );
        assert_eq!(answer["status"], 200);
        assert_eq!(answer["ok"], true);
        assert_eq!(answer["type"], "basic");
        assert_eq!(answer["url"], origin.url("/echo?a=1"));
        assert_eq!(answer["kind"], "application/json");
        assert_eq!(answer["echo"]["method"], "GET");
        assert_eq!(answer["echo"]["query"], "a=1");
        assert!(
            answer["echo"]["agent"]
                .as_str()
                .unwrap()
                .starts_with("faas")
        );

        let calls = host_calls(server);
        let [call] = calls.as_array().unwrap().as_slice() else {
            panic!("{calls}")
        };
        assert_eq!(call["name"], "fetch");
        assert_eq!(call["error"], Value::Null);
        let request = &call["request"];
        assert_eq!(request["method"], "GET");
        assert_eq!(request["host"], "127.0.0.1");
        assert_eq!(request["port"], origin.address.port());
        assert_eq!(request["status"], 200);
        assert!(request["firstByte"].is_u64(), "{request}");
        assert!(call["bytesOut"].as_u64() > Some(50), "{call}");
    });
}

#[test]
fn bodies_go_out_as_text_bytes_forms_and_streams() {
    in_both(|server, origin| {
        let answers = run(
            server,
            "export default async ({ url }) => {
                const send = async (body, more) => {
                    const response = await fetch(url, { method: 'POST', body, ...more });
                    const { method, type, body: text } = await response.json();
                    return [method, type, text];
                };
                const large = 'x'.repeat(300000);
                const stream = new ReadableStream({
                    async pull(controller) {
                        for (const part of ['one ', 'two ', large]) {
                            await new Promise((resolve) => setTimeout(resolve, 1));
                            controller.enqueue(new TextEncoder().encode(part));
                        }
                        controller.close();
                    },
                });
                const [, , streamed] = await send(stream, { duplex: 'half' });
                const [, , sent] = await send(large);
                return [
                    await send('{\"a\":1}', { headers: { 'content-type': 'application/json' } }),
                    await send(new URLSearchParams({ q: 'ü' })),
                    await send(new Uint8Array([104, 105])),
                    streamed === 'one two ' + large, sent === large,
                ];
            }",
            &json!({ "url": origin.url("/echo") }),
        );
        let form = "application/x-www-form-urlencoded;charset=UTF-8";
        assert_eq!(
            answers,
            json!([
                ["POST", "application/json", "{\"a\":1}"],
                ["POST", form, "q=%C3%BC"],
                ["POST", null, "hi"],
                true,
                true,
            ])
        );
    });
}

#[test]
fn redirects_are_followed_returned_or_refused() {
    in_both(|server, origin| {
        let answers = run(
            server,
            "export default async ({ url }) => {
                const followed = await fetch(url);
                const manual = await fetch(url, { redirect: 'manual' });
                const refused = await fetch(url, { redirect: 'error' }).catch((error) => error);
                const missing = await fetch(new URL('/missing', url));
                return [
                    followed.redirected, followed.url, (await followed.json()).query,
                    manual.status, manual.headers.get('location'),
                    refused instanceof TypeError, refused.code, missing.status, await missing.text(),
                ];
            }",
            &json!({ "url": origin.url("/moved") }),
        );
        let target = origin.url("/echo?moved");
        assert_eq!(
            answers,
            json!([
                true,
                target,
                "moved",
                307,
                "/echo?moved",
                true,
                "ERR_EGRESS_REDIRECTS",
                404,
                ""
            ])
        );
    });
}

#[test]
fn a_large_body_comes_whole_and_the_pieces_of_a_stream_as_they_are_sent() {
    in_both(|server, origin| {
        let answers = run(
            server,
            "export default async ({ url }) => {
                const bytes = new Uint8Array(await (await fetch(url + 'bytes')).arrayBuffer());
                const response = await fetch(url + 'slowly');
                const decoder = new TextDecoder(), texts = [];
                for await (const piece of response.body) {
                    texts.push(decoder.decode(piece));
                    // The second piece is sent only now.
                    if (texts.length === 1) await fetch(url + 'go', { method: 'POST' });
                }
                return [bytes.length, bytes.every((byte) => byte === 255), texts];
            }",
            &json!({ "url": origin.url("/") }),
        );
        let texts = ["data: one\n\n", "data: two\n\n"];
        assert_eq!(answers, json!([700_000, true, texts]));
    });
}

#[test]
fn an_aborted_request_fails_with_the_reason_and_ends() {
    in_both(|server, origin| {
        let answers = run(
            server,
            "export default async ({ url }) => {
                const controller = new AbortController();
                const response = await fetch(url, { signal: controller.signal });
                const reader = response.body.getReader();
                const first = new TextDecoder().decode((await reader.read()).value);
                controller.abort(new Error('enough'));
                const failed = await reader.read().catch(({ message }) => message);
                const early = await fetch(url, { signal: AbortSignal.abort() }).catch(({ name }) => name);
                return [first, failed, early];
            }",
            &json!({ "url": origin.url("/forever") }),
        );
        assert_eq!(answers, json!(["begins\n", "enough", "AbortError"]));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(origin.events.left.cancelled());
    });
}

#[test]
fn what_the_server_refuses_fails_with_the_rule_and_is_recorded() {
    let (origin, folder) = (Origin::start(), TempDir::new().unwrap());
    let port = origin.address.port().to_string();
    let server = Server::start(folder.path(), &["--egress-port", &port]);
    let listener = std::net::TcpStream::connect(server.address()).unwrap();
    let address = format!("ws://{}/ws", server.address());
    let (mut events, _) = tungstenite::client(address, listener).unwrap();
    let only = json!({ "type": "subscribe", "types": ["request_refused"] });
    events.send(Message::text(only.to_string())).unwrap();
    // Subscribed from here on: the server answers what it read before.
    events.send(Message::text("?")).unwrap();
    let answer = events.read().unwrap().into_text().unwrap();
    assert!(answer.contains("\"error\""), "{answer}");
    let code = "export default ({ url }) => fetch(url).then(() => 'reached', (error) => [
        error instanceof TypeError, error.message, error.code, error.stack])";
    for host in ["127.0.0.1", "0x7f.1", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{port}/echo");
        let answer = run(&server, code, &json!({ "url": url }));
        assert_eq!(answer[0], true, "{answer}");
        let message = answer[1].as_str().unwrap();
        assert!(message.contains("the server's policy refuses"), "{message}");
        assert_eq!(answer[2], "ERR_EGRESS_REFUSED");
        let stack = answer[3].as_str().unwrap();
        assert!(stack.contains("(function.js:1:"), "{stack}");
        let call = &host_calls(&server)[0];
        assert_eq!(call["error"], "ERR_EGRESS_REFUSED");
        assert_eq!(call["request"]["refusedBy"], "server");
    }

    for host in ["127.0.0.1", "127.0.0.1", "[::ffff:7f00:1]"] {
        let event = events.read().unwrap().into_text().unwrap();
        let event: Value = serde_json::from_str(&event).unwrap();
        assert_eq!(event["type"], "request_refused");
        let data = &event["data"];
        assert_eq!(data["host"], host, "{event}");
        assert_eq!(
            (&data["method"], &data["refusedBy"]),
            (&json!("GET"), &json!("server"))
        );
        let reason = data["reason"].as_str().unwrap();
        assert!(reason.contains("policy refuses"), "{reason}");
        assert_eq!(
            (&data["port"], &data["more"]),
            (&json!(origin.address.port()), &json!(0))
        );
    }

    let (_, metrics) = server.send("GET", "/metrics", "");
    assert!(
        metrics.contains("faas_fetch_requests_total 3\n"),
        "{metrics}"
    );
    assert!(
        metrics.contains("faas_fetch_refused_total 3\n"),
        "{metrics}"
    );

    let without = Server::start(folder.path(), &["--egress", "none", "--store", "memory:"]);
    let answer = run(&without, code, &json!({ "url": origin.url("/echo") }));
    assert_eq!(answer[2], "ERR_NO_NETWORK");
}

#[test]
fn the_rules_of_a_function_narrow_what_it_may_reach() {
    in_both(|server, origin| {
        let code = "export default async ({ url }) => (await fetch(url)).status";
        let id = upload(server, code);
        let path = format!("/api/functions/{id}");
        let rules =
            json!({ "allow": [{ "host": "127.0.0.1", "paths": ["/echo"], "methods": ["GET"] }] });
        let change = json!({ "config": { "egress": rules } });
        assert_eq!(server.send("PUT", &path, &change.to_string()).0, 200);
        assert_eq!(read(server, &path)["config"]["egress"], rules);

        let invoke = |url: String| {
            server.send(
                "POST",
                &format!("{path}/invoke"),
                &json!({ "url": url }).to_string(),
            )
        };
        assert_eq!(invoke(origin.url("/echo")), (200, "200".to_owned()));
        let (status, refused) = invoke(origin.url("/missing"));
        assert_eq!(status, 502);
        assert!(refused.contains("the function's rules refuse"), "{refused}");

        let check = |url: String| {
            let body = json!({ "url": url }).to_string();
            let (status, answer) = server.send("POST", &format!("{path}/egress/check"), &body);
            assert_eq!(status, 200, "{answer}");
            serde_json::from_str::<Value>(&answer).unwrap()
        };
        let allowed = check(origin.url("/echo"));
        assert_eq!(allowed["allowed"], true, "{allowed}");
        assert_eq!(allowed["addresses"][0]["address"], "127.0.0.1");
        let refused = check(origin.url("/missing"));
        assert_eq!(refused["allowed"], false);
        assert!(
            refused["refusal"].as_str().unwrap().contains("paths"),
            "{refused}"
        );

        let wrong = json!({ "config": { "egress": { "allow": [{ "host": "a b" }] } } });
        let (status, answer) = server.send("PUT", &path, &wrong.to_string());
        assert_eq!(status, 400);
        assert!(answer.contains("invalid host"), "{answer}");
    });
}

#[test]
fn a_secret_of_a_rule_is_not_among_the_variables_of_the_code() {
    let folder = TempDir::new().unwrap();
    let key = [(
        "FAAS_SECRET_KEY",
        "0000000000000000000000000000000000000000000000000000000000000001",
    )];
    let server = Server::start_in(folder.path(), &[], &key);
    let code = "export default (_, { env }) => [env.API_KEY ?? null, env.OTHER]";
    let id = upload(&server, code);
    let path = format!("/api/functions/{id}");
    let rules = json!({ "allow": [{
        "host": "api.example.com", "headers": { "authorization": "Bearer ${secret:API_KEY}" },
    }] });
    let change = json!({ "config": { "egress": rules } }).to_string();
    let (status, answer) = server.send("PUT", &path, &change);
    assert_eq!(status, 400);
    assert!(
        answer.contains("egress names the secret API_KEY"),
        "{answer}"
    );

    let change = json!({ "config": { "egress": rules, "secrets": { "API_KEY": "hidden", "OTHER": "seen" } } });
    let (status, answer) = server.send("PUT", &path, &change.to_string());
    assert_eq!(status, 200, "{answer}");
    let (_, answer) = server.send("POST", &format!("{path}/invoke"), "null");
    assert_eq!(answer, r#"[null,"seen"]"#);
}

#[test]
#[cfg(target_os = "linux")]
fn a_secret_of_a_rule_reaches_its_host_and_never_the_memory_of_the_code() {
    const IN_RULE: &str = "xyzzy-plugh-in-a-rule";
    const IN_CODE: &str = "plover-frotz-in-the-code";
    let folder = TempDir::new().unwrap();
    let origin = TlsOrigin::start(folder.path());
    let key = [("FAAS_SECRET_KEY", &*"5e".repeat(32))];
    let port = origin.address.port().to_string();
    let authority = folder.path().join("authority.pem");
    let args = [
        "--isolation",
        "process",
        "--egress",
        "all",
        "--egress-port",
        &port,
        "--egress-ca",
        authority.to_str().unwrap(),
    ];
    let server = Server::start_in(folder.path(), &args, &key);
    let code = "export default async ({ url, hang }, { env }) => {
        if (hang) for (;;) env.OTHER;
        return await (await fetch(url)).text();
    }";
    let id = upload(&server, code);
    let path = format!("/api/functions/{id}");
    let change = json!({ "config": {
        "egress": { "allow": [{
            "host": "localhost",
            "ports": [origin.address.port()],
            "headers": { "authorization": "Bearer ${secret:API_KEY}" },
        }] },
        "secrets": { "API_KEY": IN_RULE, "OTHER": IN_CODE },
    } });
    let (status, answer) = server.send("PUT", &path, &change.to_string());
    assert_eq!(status, 200, "{answer}");
    let path = format!("{path}/invoke");
    let url = format!("https://localhost:{port}/");
    let (status, answer) = server.send("POST", &path, &json!({ "url": url }).to_string());
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains(&format!("Bearer {IN_RULE}")), "{answer}");

    // That answer is in the child's memory: the host sent the secret back. Another child has not
    // asked.
    let other = upload(&server, code);
    let other = format!("/api/functions/{other}");
    assert_eq!(server.send("PUT", &other, &change.to_string()).0, 200);
    let _hanging = server.begin("POST", &format!("{other}/invoke"), r#"{"hang": true}"#);
    let child = busy_child(&server);
    let memory = memory_of(child);
    let holds = |text: &str| {
        memory
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    assert!(holds(IN_CODE), "the dump has what the code knows");
    assert!(!holds(IN_RULE), "the dump has a secret of a rule");
}

/// What a process can write to, and so all that it has received.
#[cfg(target_os = "linux")]
fn memory_of(process: u32) -> Vec<u8> {
    use std::os::unix::fs::FileExt as _;

    let read = |file: &str| std::fs::read_to_string(format!("/proc/{process}/{file}")).unwrap();
    let memory = std::fs::File::open(format!("/proc/{process}/mem")).unwrap();
    let mut all = Vec::new();
    for line in read("maps").lines().filter(|line| line.contains(" rw")) {
        let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let [start, end] = [start, end].map(|hex| u64::from_str_radix(hex, 16).unwrap());
        let mut part = vec![0; usize::try_from(end - start).unwrap()];
        if memory.read_exact_at(&mut part, start).is_ok() {
            all.extend(part);
        }
    }
    all
}

#[test]
fn the_examples_that_fetch_work() {
    let example = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../functions");
        std::fs::read_to_string(format!("{folder}/{name}")).unwrap()
    };
    in_both(|server, origin| {
        let id = upload(server, &example("fetch-cached.js"));
        let path = format!("/api/functions/{id}/invoke");
        let input = json!({ "url": origin.url("/json") }).to_string();
        for cached in [false, true] {
            let expected = json!({ "data": { "answer": 42 }, "cached": cached });
            let (status, answer) = server.send("POST", &path, &input);
            assert_eq!(status, 200, "{answer}");
            assert_eq!(serde_json::from_str::<Value>(&answer).unwrap(), expected);
        }
        let input = json!({ "url": origin.url("/model"), "question": "who are you?" });
        let answer = run(server, &example("model-stream.ts"), &input);
        let expected = "who are you? I am a model.";
        assert_eq!(answer, json!({ "answer": expected, "pieces": 2 }));
    });
}

#[test]
fn the_example_for_webhooks_accepts_what_is_signed_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let key = [("FAAS_SECRET_KEY", &*"5e".repeat(32))];
    let server = Server::start_in(folder.path(), &[], &key);
    let code = include_str!("../../../functions/webhook-verifier.js");
    let id = upload(&server, code);
    let path = format!("/api/functions/{id}");
    let change = json!({ "config": { "secrets": { "WEBHOOK_SECRET": "whsec_test" } } });
    assert_eq!(server.send("PUT", &path, &change.to_string()).0, 200);
    let check = |body: &str, now: u32| {
        // HMAC-SHA-256 of `1700000000.{"id":"evt_1"}` with the key `whsec_test`.
        let signature = "c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925";
        let signature = format!("t=1700000000,v1={signature}");
        let input = json!({ "signature": signature, "body": body, "now": now });
        let (status, answer) = server.send("POST", &format!("{path}/invoke"), &input.to_string());
        assert_eq!(status, 200, "{answer}");
        serde_json::from_str::<Value>(&answer).unwrap()
    };
    let event = json!({ "valid": true, "event": { "id": "evt_1" } });
    assert_eq!(check(r#"{"id":"evt_1"}"#, 1_700_000_010), event);
    let wrong = json!({ "valid": false, "reason": "wrong signature" });
    assert_eq!(check(r#"{"id":"evt_2"}"#, 1_700_000_010), wrong);
    let late = json!({ "valid": false, "reason": "too old" });
    assert_eq!(check(r#"{"id":"evt_1"}"#, 1_700_001_000), late);
}
