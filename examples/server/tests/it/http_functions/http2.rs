//! Requests to functions over HTTP/2.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::Request;
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use tokio::time::timeout;

use super::*;

/// Only a hang takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a test that is async.
fn block_on(test: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(test);
}

async fn connect(server: &Server) -> SendRequest<Bytes> {
    let tcp = tokio::net::TcpStream::connect(server.address()).await;
    let (client, connection) = h2::client::handshake(tcp.unwrap()).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Begins a POST to `url`.
fn post(client: &mut SendRequest<Bytes>, url: &str) -> (SendStream<Bytes>, ResponseFuture) {
    let request = Request::post(url).body(()).unwrap();
    let (response, body) = client.send_request(request, false).unwrap();
    (body, response)
}

/// The next bytes of a body; `None` at its end.
async fn piece(body: &mut RecvStream) -> Option<Bytes> {
    loop {
        let piece = timeout(PATIENCE, body.data()).await.expect("no data")?;
        let piece = piece.unwrap();
        body.flow_control().release_capacity(piece.len()).unwrap();
        // The end can be an empty piece.
        if !piece.is_empty() {
            return Some(piece);
        }
    }
}

#[test]
fn pieces_of_a_body_reach_a_function_and_come_back_while_both_bodies_are_open() {
    in_both(|server| {
        let name = upload(
            server,
            "export default { fetch(request) {
                const url = new URL(request.url);
                return new Response(request.body, { headers: { 'x-host': url.host } });
            } };",
        );
        block_on(async {
            let mut client = connect(server).await;
            let url = format!("http://some.host/f/{name}");
            let (mut body, response) = post(&mut client, &url);
            // More than what is read before the function is called.
            let first = vec![b'1'; 100_000];
            body.send_data(first.clone().into(), false).unwrap();
            let response = timeout(PATIENCE, response).await.unwrap().unwrap();
            assert_eq!(response.headers()["x-host"], "some.host");
            assert!(response.headers().contains_key("x-execution-id"));
            let mut echo = response.into_body();
            let mut received = Vec::new();
            while received.len() < first.len() {
                received.extend(piece(&mut echo).await.unwrap());
            }
            assert_eq!(received, first);
            body.send_data(Bytes::from_static(b"2"), true).unwrap();
            assert_eq!(piece(&mut echo).await.unwrap(), "2");
            assert_eq!(piece(&mut echo).await, None);
        });
    });
}

#[test]
fn a_stream_that_the_client_resets_aborts_the_signal_and_ends_the_execution() {
    in_both(|server| {
        let name = upload(
            server,
            "export default { fetch({ url, signal }) {
                signal.addEventListener('abort', () => console.log('left: ' + signal.reason.name));
                return new Response(new ReadableStream({
                    start(controller) { controller.enqueue(new TextEncoder().encode('begins')); },
                }));
            } };",
        );
        block_on(async {
            let mut client = connect(server).await;
            let url = format!("http://localhost/f/{name}");
            let (mut stream, response) = post(&mut client, &url);
            stream.send_data(Bytes::new(), true).unwrap();
            let response = timeout(PATIENCE, response).await.unwrap().unwrap();
            let id = response.headers()["x-execution-id"].to_str().unwrap();
            let id = id.to_owned();
            let mut body = response.into_body();
            assert_eq!(piece(&mut body).await.unwrap(), "begins");
            stream.send_reset(h2::Reason::CANCEL);
            drop(body);
            // The other side of this connection must go on while the test waits.
            let address = server.address().to_owned();
            let execution = tokio::task::spawn_blocking(move || {
                wait_for("the end of the execution", || {
                    let mut client = Client::connect(&address);
                    client.send("GET", &format!("/api/executions/{id}"), "", b"");
                    let execution = client.response(false);
                    (execution.status == 200 && execution.json()["status"] == "failed")
                        .then(|| execution.json())
                })
            });
            let execution = execution.await.unwrap();
            let text = execution.to_string();
            assert!(
                text.contains("the client has closed the connection"),
                "{text}"
            );
            assert!(text.contains("left: AbortError"), "{text}");
        });
    });
}

#[test]
fn the_authority_of_a_request_names_the_function_of_a_domain() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--functions-domain", "fn.example"]);
    let name = upload(
        &server,
        "export default { fetch: ({ url }) => new Response(url) }",
    );
    block_on(async {
        let mut client = connect(&server).await;
        let request = Request::get(format!("http://{name}.fn.example/a?b"));
        let request = request.body(()).unwrap();
        let (response, _) = client.send_request(request, true).unwrap();
        let response = timeout(PATIENCE, response).await.unwrap().unwrap();
        assert_eq!(response.status(), 200);
        let url = piece(&mut response.into_body()).await.unwrap();
        assert_eq!(url, format!("http://{name}.fn.example/a?b"));
    });
}
