//! Connections: ambiguous requests, clients that do not read, and too many of them.

use std::time::Duration;

use faas_http::{HttpOptions, ServeOptions};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::raw::Raw;
use crate::server::{Server, platform, start, start_serving};
use crate::waiting::PATIENCE;

async fn serve(change: impl FnOnce(&mut ServeOptions)) -> Server {
    let mut options = ServeOptions::default();
    change(&mut options);
    let mut http = HttpOptions::default();
    http.stall_timeout = PATIENCE;
    start_serving(platform().await, http, Some(options)).await
}

const GOOD: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Header lines of requests that another server could frame differently.
const AMBIGUOUS: &[&str] = &[
    "Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Host: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "Host: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "Host: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "Host: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
    "Host: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
    "Host: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "Host: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "Host: a\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n",
    "Host: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "Host: a\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
    "Host: a\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Host: a\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
    "Host: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "Host: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "Host: a\r\nContent-Length: 2, 2\r\n\r\n{}",
    "Host: a\r\nContent-Length: +2\r\n\r\n{}",
    "Host: a\r\nContent-Length: -2\r\n\r\n{}",
    "Host: a\r\nContent-Length: 0x2\r\n\r\n{}",
    "Host: a\r\nContent-Length: 2;\r\n\r\n{}",
    "Host: a\r\nContent-Length: 2 2\r\n\r\n{}",
    "Host: a\r\nContent-Length: \r\n\r\n{}",
    "Host: a\r\nContent-Length: 18446744073709551618\r\n\r\n{}",
    "Host: a\r\nContent-Length\x0b: 2\r\n\r\n{}",
    "Host: a\nContent-Length: 0\r\n\r\n",
    "Host: a\r\nContent-Length: 0\n\n",
    "Host: a\r\nX: y\r\n z: w\r\n\r\n",
    "Host: a\r\nX: y\0z\r\n\r\n",
    "Host: a\r\nX: y\rz\r\n\r\n",
    "Host: a\r\nX : y\r\nContent-Length : 0\r\n\r\n",
    "X: y\r\n\r\n",
    "Host: a\r\nHost: a\r\n\r\n",
];

#[tokio::test]
async fn a_request_whose_framing_is_ambiguous_is_400_and_its_connection_is_closed() {
    let server = start().await;
    for fields in AMBIGUOUS {
        for first in ["", GOOD] {
            let mut client = Raw::connect(&server).await;
            // A valid request, an ambiguous one, and one that could be smuggled.
            let bad = format!("POST /api/functions HTTP/1.1\r\n{fields}");
            client.write(format!("{first}{bad}{GOOD}")).await;
            if !first.is_empty() {
                assert_eq!(client.answer().await.status, 200);
            }
            let answer = client.answer().await;
            assert_eq!(answer.status, 400, "{fields:?}: {answer:?}");
            client.ended().await;
        }
    }
}

/// Bodies in chunks that are malformed, or that another server could end elsewhere.
const BAD_CHUNKS: &[&str] = &[
    "2\n{}\r\n0\r\n\r\n",
    "2\r\n{}\n0\r\n\r\n",
    "2\r{}\r\n0\r\n\r\n",
    "2\r\n{}0\r\n\r\n",
    "2\r\n{}xx0\r\n\r\n",
    "1\r\n{}\r\n0\r\n\r\n",
    "+2\r\n{}\r\n0\r\n\r\n",
    "-2\r\n{}\r\n0\r\n\r\n",
    "0x2\r\n{}\r\n0\r\n\r\n",
    " 2\r\n{}\r\n0\r\n\r\n",
    "\r\n{}\r\n0\r\n\r\n",
    "g\r\n{}\r\n0\r\n\r\n",
    "2_0\r\n{}\r\n0\r\n\r\n",
    "10000000000000002\r\n{}\r\n0\r\n\r\n",
    "fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    "2;x\ny\r\n{}\r\n0\r\n\r\n",
    "2;x\n{}\r\n0\r\n\r\n",
    "2\r\n{}\r\n0\n\r\n",
    "2\r\n{}\r\n0\r\n\n",
    "2\r\n{}\r\n0\r\nX: y\n\r\n",
];

#[tokio::test]
async fn a_malformed_chunk_ends_the_connection_and_nothing_after_it_is_served() {
    let server = start().await;
    for body in BAD_CHUNKS {
        let mut client = Raw::connect(&server).await;
        let head = "POST /api/functions HTTP/1.1\r\nHost: a\r\n\
            Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        client.write(format!("{head}{body}{GOOD}{GOOD}")).await;
        let answers = client.rest().await;
        assert!(answers.starts_with("HTTP/1.1 400"), "{body:?}: {answers}");
        assert!(!answers.contains("HTTP/1.1 200"), "{body:?}: {answers}");
    }
    // Extensions that are too long for a body are refused too.
    let mut client = Raw::connect(&server).await;
    let head = "POST /api/functions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let extension = "x".repeat(64 << 10);
    client
        .write(format!("{head}2;{extension}\r\n{{}}\r\n0\r\n\r\n{GOOD}"))
        .await;
    let answers = client.rest().await;
    assert!(!answers.contains("HTTP/1.1 200"), "{answers}");
}

/// Requests whose first line is not one of HTTP/1.1.
const BAD_LINES: &[&str] = &[
    "GET  /healthz HTTP/1.1",
    "GET /healthz  HTTP/1.1",
    "GET\t/healthz HTTP/1.1",
    "GET /healthz HTTP/1.1 ",
    "GET /healthz HTTP/1.2",
    "GET /healthz HTTP/2.0",
    "GET /healthz http/1.1",
    "GET /healthz",
    "GET /health z HTTP/1.1",
    "G(T /healthz HTTP/1.1",
    " GET /healthz HTTP/1.1",
];

#[tokio::test]
async fn a_malformed_request_line_ends_the_connection_and_nothing_after_it_is_served() {
    let server = start().await;
    for line in BAD_LINES {
        let mut client = Raw::connect(&server).await;
        client
            .write(format!("{line}\r\nHost: a\r\n\r\n{GOOD}"))
            .await;
        let answers = client.rest().await;
        assert!(!answers.contains("HTTP/1.1 200"), "{line:?}: {answers}");
    }
}

#[tokio::test]
async fn the_refusal_of_an_ambiguous_request_says_what_is_wrong() {
    let server = start().await;
    let mut client = Raw::connect(&server).await;
    client.write("GET /healthz HTTP/1.1\r\n\r\n").await;
    let answer = client.answer().await;
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(
        answer.body.contains("\"code\":\"invalid_request\""),
        "{answer:?}"
    );
    assert!(answer.body.contains("Host header is missing"), "{answer:?}");
}

#[tokio::test]
async fn unusual_requests_that_are_well_framed_are_served() {
    let server = start().await;
    let mut client = Raw::connect(&server).await;
    let requests = [
        "\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost:\r\nContent-Length: 3\r\n\r\na\nb",
        "GET /healthz HTTP/1.1\r\nHost:localhost\r\nTransfer-Encoding: chunked\r\n\r\n\
         3;x=y\r\na\nb\r\n0\r\nTrailer: x\r\n\r\n",
        "GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /healthz HTTP/1.0\r\n\r\n",
    ];
    client.write(requests.concat()).await;
    for request in requests {
        assert_eq!(client.answer().await.status, 200, "{request:?}");
    }
    client.ended().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_its_responses_is_disconnected() {
    let server = serve(|options| options.stall_timeout = Duration::from_millis(50)).await;
    let id = server.create("f", "zeros 200000").await;
    let request = format!(
        "POST /api/functions/{id}/invoke HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    let mut client = Raw::connect(&server).await;
    let flood = async { while client.0.write_all(request.as_bytes()).await.is_ok() {} };
    timeout(PATIENCE, flood)
        .await
        .expect("the connection stays open");
}

#[tokio::test]
async fn silent_connections_are_closed_when_others_need_their_place() {
    let server = serve(|options| {
        options.max_connections = 8;
        options.max_connections_per_address = 8;
        options.head_timeout = PATIENCE;
    })
    .await;
    let mut idle = Raw::connect(&server).await;
    idle.write(GOOD).await;
    assert_eq!(idle.answer().await.status, 200);
    let mut silent = Vec::new();
    for _ in 0..20 {
        let mut one = Raw::connect(&server).await;
        one.write("GET /healthz HTTP/1.1\r\nX-Slow: ").await;
        silent.push(one);
    }
    for one in &mut silent[..13] {
        one.ended().await;
    }
    for _ in 0..5 {
        let mut newcomer = Raw::connect(&server).await;
        newcomer.write(GOOD).await;
        assert_eq!(newcomer.answer().await.status, 200);
    }
    // The connection that was served before is still open.
    idle.write(GOOD).await;
    assert_eq!(idle.answer().await.status, 200);
}

#[tokio::test]
async fn one_address_is_limited_to_its_share_of_the_connections() {
    let server = serve(|options| options.max_connections_per_address = 2).await;
    let half = "POST /api/functions HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\
                Content-Length: 9\r\n\r\n";
    let mut busy = Vec::new();
    for _ in 0..2 {
        let mut one = Raw::connect(&server).await;
        one.write(half).await;
        // The handler waits for the body now.
        assert_eq!(one.answer().await.status, 100);
        busy.push(one);
    }
    let mut refused = Raw::connect(&server).await;
    let answer = refused.answer().await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert!(answer.body.contains("too_many_connections"), "{answer:?}");
}
