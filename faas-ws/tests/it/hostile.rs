//! Clients that send without reading, or send more than they may.

use std::time::Duration;

use faas_core::model::Json;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::server::{Client, PATIENCE, Server, start, start_with, wait_until};

/// A WebSocket of which the test writes every byte itself.
async fn raw(server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream
        .write_all(
            b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
              Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
              Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        )
        .await
        .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{head:?}");
    stream
}

#[tokio::test]
async fn a_client_that_sends_pings_and_reads_no_pong_is_disconnected() {
    let server = start_with(|options| options.write_timeout = Duration::from_millis(100)).await;
    let mut stream = raw(&server).await;
    // A masked ping of 125 bytes; the mask is zero.
    let mut ping = vec![0x89, 0x80 | 125, 0, 0, 0, 0];
    ping.resize(6 + 125, b'x');
    let pings = ping.repeat(1_000);
    let mut sent = 0;
    let flood = async {
        while stream.write_all(&pings).await.is_ok() {
            sent += pings.len();
            assert!(sent < 256 << 20, "the server reads without limit");
        }
    };
    timeout(PATIENCE, flood).await.expect("the server waits");
    wait_until("the client is disconnected", || {
        server.live.connections() == 0
    })
    .await;
}

#[tokio::test]
async fn events_for_clients_that_do_not_read_stay_within_the_budget() {
    const BUDGET: usize = 1 << 20;
    let server = start_with(|options| {
        options.max_buffered = BUDGET;
        options.write_timeout = PATIENCE;
    })
    .await;
    let function = server.upload("echo").await;
    let mut stalled = Vec::new();
    for _ in 0..8 {
        stalled.push(raw(&server).await);
    }
    wait_until("eight clients are connected", || {
        server.live.connections() == 8
    })
    .await;
    let mut reader = server.connect().await;
    let input = Json::from(json!("x".repeat(300_000)));
    let mut is_full = false;
    // The sockets' own buffers take the first ones.
    for _ in 0..1_000 {
        let run = server.platform.invoke(function, input.clone());
        timeout(PATIENCE, run).await.unwrap().unwrap();
        let last = next_end(&mut reader).await;
        let buffered = server.live.buffered();
        assert!(buffered <= BUDGET, "{buffered} bytes are buffered");
        is_full |= buffered > BUDGET / 2;
        if last == "gap" && is_full {
            return;
        }
    }
    panic!("the budget is never used up");
}

/// The type of the next message that ends an execution or stands for it.
async fn next_end(client: &mut Client) -> String {
    loop {
        let kind = client.event().await["type"].as_str().unwrap().to_owned();
        if kind == "execution_completed" || kind == "gap" {
            return kind;
        }
    }
}

#[tokio::test]
async fn a_message_over_the_limit_closes_the_connection_with_1009() {
    let server = start().await;
    // One byte too many, and far more than the sockets' buffers hold.
    for length in [(64 << 10) + 1, 20 << 20] {
        let mut client = server.connect().await;
        client.send("x".repeat(length)).await;
        assert_eq!(close_code(&mut client).await, 1009);
    }
    let mut client = server.connect().await;
    // Fragments add up to one message.
    for _ in 0..3 {
        client.send_fragment("x".repeat(32 << 10)).await;
    }
    assert_eq!(close_code(&mut client).await, 1009);
}

#[tokio::test]
async fn frames_that_break_the_protocol_are_answered_with_its_close_codes() {
    let server = start().await;
    for (bytes, code) in [
        // A frame without a mask.
        (&[0x81, 0x01, b'x'][..], 1002_u16),
        // A reserved opcode.
        (&[0x83, 0x81, 0, 0, 0, 0, b'x'], 1002),
        // Text that is not UTF-8.
        (&[0x81, 0x81, 0, 0, 0, 0, 0xff], 1007),
    ] {
        let mut stream = raw(&server).await;
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        timeout(PATIENCE, read).await.unwrap().unwrap();
        let close = answer
            .windows(4)
            .find(|window| window[0] == 0x88)
            .expect("no close frame");
        assert_eq!(u16::from_be_bytes([close[2], close[3]]), code);
    }
}

#[tokio::test]
async fn a_client_that_closes_is_answered_with_a_close_frame() {
    let server = start().await;
    let mut stream = raw(&server).await;
    stream
        .write_all(&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8])
        .await
        .unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    timeout(PATIENCE, read).await.unwrap().unwrap();
    assert_eq!(answer, [0x88, 0x02, 0x03, 0xe8]);
}

async fn close_code(client: &mut Client) -> u16 {
    loop {
        if let Message::Close(frame) = client.next().await {
            return frame.unwrap().code.into();
        }
    }
}
