//! Which connections are accepted, and how they end.

use std::num::NonZeroU32;
use std::time::Duration;

use faas_core::access::{NewKey, Rate};
use faas_core::model::{Actor, Json, Role};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::server::{PATIENCE, Server, start, start_guarded, start_with, wait_until};

async fn plain(server: &Server, request: &str) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = format!("{request}\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn refused(result: Result<crate::server::Client, Error>) -> u16 {
    match result {
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was let in"),
    }
}

/// Waits until so many clients are connected.
async fn connected(server: &Server, count: usize) {
    let what = format!("{count} clients are connected");
    wait_until(&what, || server.live.connections() == count).await;
}

#[tokio::test]
async fn a_websocket_opens_at_the_root_and_at_ws_and_a_plain_request_gets_the_page() {
    let server = start().await;
    server.connect_to("/", None).await.unwrap();
    server.connect_to("/ws", None).await.unwrap();
    let page = plain(&server, "GET / HTTP/1.1").await;
    assert!(
        page.starts_with("HTTP/1.1 200") && page.ends_with("the page"),
        "{page}"
    );
    assert!(
        plain(&server, "GET /ws HTTP/1.1")
            .await
            .starts_with("HTTP/1.1 426")
    );
    assert!(
        plain(&server, "POST / HTTP/1.1")
            .await
            .starts_with("HTTP/1.1 405")
    );
    let bad = plain(
        &server,
        "GET /ws HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade",
    )
    .await;
    assert!(
        bad.starts_with("HTTP/1.1 400") && bad.contains("\"code\""),
        "{bad}"
    );
}

#[tokio::test]
async fn a_slash_at_the_end_and_a_mount_path_change_nothing() {
    let server = start().await;
    server.connect_to("/ws/", None).await.unwrap();
    let live = server.live.clone();
    let mounted = serve_app(axum::Router::new().nest("/faas", live.router())).await;
    for path in ["/faas", "/faas/ws", "/faas/ws/"] {
        assert_upgrades(mounted, path).await;
    }
    let mounted = serve_app(axum::Router::new().nest_service("/faas", live.router())).await;
    for path in ["/faas", "/faas/", "/faas/ws/"] {
        assert_upgrades(mounted, path).await;
    }
    let fallback = live.upgrade_or(axum::routing::any(async || "another page"));
    let anywhere = axum::Router::new().fallback_service(fallback);
    let mounted = serve_app(axum::Router::new().nest_service("/faas", anywhere)).await;
    for path in ["/faas", "/faas/", "/faas/a/b"] {
        assert_upgrades(mounted, path).await;
    }
}

async fn assert_upgrades(address: std::net::SocketAddr, path: &str) {
    let status = upgrade_status(address, path).await;
    assert_eq!(status, "HTTP/1.1 101", "{path}");
}

async fn serve_app(app: axum::Router) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// The start of the answer to an upgrade request.
async fn upgrade_status(address: std::net::SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.unwrap();
    String::from_utf8_lossy(&status).into_owned()
}

#[tokio::test]
async fn a_refusal_has_the_same_form_as_in_the_rest_api() {
    let full = start_with(|options| options.max_connections = 0).await;
    let guarded = start_guarded(|options| {
        let one = NonZeroU32::MIN;
        let rate = Rate {
            per_second: one,
            burst: one,
        };
        options.rate = Some(rate);
        options.hosts = vec!["ours.example".to_owned()];
    })
    .await;
    let key_required = start_guarded(|_| {}).await;
    let keys = key_required.access.as_ref().unwrap();
    let new = NewKey::new("invoker", Role::Invoker);
    let (_, invoker) = keys.keys().create(new, &Actor::Local).await.unwrap();
    keys.refresh().await.unwrap();
    let invoker = format!("authorization: Bearer {}", invoker.expose());
    // The first one is let in, and only lacks the rest of what makes a socket.
    for (server, header, status, code) in [
        (&full, "x-request-id: mine", 503, "too_many_connections"),
        (&guarded, "x-request-id: mine", 400, "invalid_request"),
        (&guarded, "x-request-id: mine", 429, "rate_limited"),
        (
            &guarded,
            "origin: https://theirs.example",
            403,
            "origin_not_allowed",
        ),
        (&guarded, "host: theirs.example", 403, "host_not_allowed"),
        (
            &key_required,
            "x-request-id: two words",
            401,
            "key_required",
        ),
        (&key_required, "authorization: Bearer x", 401, "key_invalid"),
        (&key_required, &invoker, 403, "role_insufficient"),
    ] {
        let wanted = "GET /ws HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade";
        let answer = plain(server, &format!("{wanted}\r\n{header}")).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        let told = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(": "));
            let found = lines.find(|(there, _)| *there == name);
            found.map(|(_, value)| value).unwrap_or_default()
        };
        let id = told("x-request-id");
        assert_eq!(id == "mine", header.ends_with("mine"), "{answer}");
        assert!(!id.is_empty() && !id.contains(' '), "{answer}");
        assert_eq!(told("content-type"), "application/json");
        assert_eq!(told("cache-control"), "no-store");
        assert_eq!(told("www-authenticate") == "Bearer", status == 401);
        assert_eq!(
            told("retry-after").is_empty(),
            ![429, 503].contains(&status)
        );
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["code"], code);
        assert!(body["error"].as_str().unwrap().len() > 10, "{body}");
        assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
    }
    let answer = plain(&full, "GET /ws HTTP/1.1").await;
    assert!(answer.contains("x-request-id: ") && answer.contains("\"upgrade_required\""));
}

#[tokio::test]
async fn a_connection_over_the_limit_is_refused_until_another_ends() {
    let server = start_with(|options| options.max_connections = 1).await;
    let first = server.connect().await;
    assert_eq!(refused(server.connect_to("/ws", None).await), 503);
    drop(first);
    connected(&server, 0).await;
    server.connect().await;
}

#[tokio::test]
async fn pages_of_other_origins_are_refused_where_origins_are_configured() {
    let ours = "https://ours.example";
    let server = start_guarded(|options| options.origins = vec![ours.to_owned()]).await;
    let own = format!("http://{}", server.address);
    for origin in [None, Some(ours), Some(own.as_str())] {
        assert!(server.connect_to("/ws", origin).await.is_ok(), "{origin:?}");
    }
    for origin in ["https://theirs.example", "null"] {
        assert_eq!(refused(server.connect_to("/ws", Some(origin)).await), 403);
    }
    assert!(
        start()
            .await
            .connect_to("/ws", Some("https://theirs.example"))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_client_that_does_not_read_delays_nobody_and_is_disconnected() {
    let server = start_with(|options| options.write_timeout = Duration::from_millis(100)).await;
    let function = server.upload("echo").await;
    let slow = server.connect().await;
    let mut quick = server.connect().await;
    quick
        .say(json!({"type": "subscribe", "types": ["execution_completed"]}))
        .await;
    // More than the sockets' buffers take.
    let input = Json::from(json!("x".repeat(500_000)));
    for _ in 0..40 {
        server
            .platform
            .invoke(function, input.clone())
            .await
            .unwrap();
        assert_eq!(quick.event().await["type"], "execution_completed");
    }
    connected(&server, 1).await;
    drop(slow);
}

#[tokio::test]
async fn a_client_that_sends_nothing_is_disconnected() {
    let server = start_with(|options| options.ping_interval = Duration::from_millis(50)).await;
    let mut lively = server.connect().await;
    // A client that is not read from answers no ping.
    let dead = server.connect().await;
    let read = tokio::spawn(async move {
        while let Some(Ok(message)) = lively.socket.next().await {
            if matches!(message, Message::Close(_)) {
                break;
            }
        }
    });
    connected(&server, 1).await;
    assert!(!read.is_finished(), "the one that answers stays");
    drop(dead);
    read.abort();
}

#[tokio::test]
async fn clients_receive_a_close_frame_when_the_platform_stops() {
    let server = start().await;
    let mut clients = [
        server.connect().await,
        server.connect_to("/", None).await.unwrap(),
    ];
    server.platform.shutdown().await;
    for client in &mut clients {
        let frame = loop {
            if let Message::Close(frame) = client.next().await {
                break frame.unwrap();
            }
        };
        assert_eq!(u16::from(frame.code), 1001);
    }
    timeout(PATIENCE, server.live.closed()).await.unwrap();
    assert_eq!(server.live.connections(), 0);
}
