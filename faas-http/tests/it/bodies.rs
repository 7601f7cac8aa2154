//! Request bodies: too large, too slow, too many, encoded, and never read.

use std::io::Write;
use std::num::NonZeroU32;
use std::time::Duration;

use faas_core::access::Rate;
use faas_http::{HttpOptions, ServeOptions};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use reqwest::Method;
use serde_json::{Value, json};

use crate::raw::Raw;
use crate::server::{Server, answer, platform, start, start_guarded, start_serving, start_with};
use crate::waiting::wait_for;

const MIB: usize = 1 << 20;

/// The head of a request with a JSON body of `length` bytes.
fn head(method: &str, path: &str, headers: &str, length: usize) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         {headers}Content-Length: {length}\r\n\r\n"
    )
}

/// Writes the whole request and then reads the status.
async fn status_after_writing(server: &Server, request: &str, body: &[u8]) -> u16 {
    let mut client = Raw::connect(server).await;
    client.write(request).await;
    client.write(body).await;
    client.answer().await.status
}

#[tokio::test]
async fn a_client_that_writes_its_whole_body_first_always_reads_413() {
    for serve in [Some(ServeOptions::default()), None] {
        let server = start_serving(platform().await, HttpOptions::default(), serve).await;
        let id = server.upload("f", "echo").await;
        let path = format!("/api/functions/{id}/invoke");
        for length in [MIB + 1, 20_000_000] {
            let body = vec![b' '; length];
            for round in 0..24 {
                let close = ["", "Connection: close\r\n"][round % 2];
                let request = head("POST", &path, close, length);
                let status = status_after_writing(&server, &request, &body).await;
                assert_eq!(status, 413, "{length} bytes, round {round}");
            }
        }
    }
}

#[tokio::test]
async fn every_answer_that_leaves_the_body_unread_reaches_the_client() {
    let (guarded, access) = start_guarded(|options| {
        let one = NonZeroU32::MIN;
        options.rate = Some(Rate {
            per_second: one,
            burst: one,
        });
    })
    .await;
    let new = faas_core::access::NewKey::new("reader", faas_core::model::Role::Reader);
    let local = faas_core::model::Actor::Local;
    let (_, reader) = access.keys().create(new, &local).await.unwrap();
    access.refresh().await.unwrap();
    let reader = format!("Authorization: Bearer {}\r\n", reader.expose());
    let open = start().await;
    let id = open.upload("f", "echo").await;
    let invoke = format!("/api/functions/{id}/invoke");
    let origin = "Origin: https://other.example\r\n";
    let body = vec![b' '; 5 * MIB];
    for (server, method, path, headers, expected) in [
        (&guarded, "POST", "/api/functions", "", 401),
        (&guarded, "POST", "/api/functions", origin, 403),
        (&guarded, "POST", "/api/functions", reader.as_str(), 403),
        (&guarded, "POST", "/api/functions", reader.as_str(), 429),
        (&open, "POST", "/api/nowhere", "", 404),
        (&open, "PATCH", "/api/functions", "", 405),
        (
            &open,
            "POST",
            &invoke,
            "Content-Encoding: compress\r\n",
            415,
        ),
        (&open, "GET", "/healthz", "", 200),
    ] {
        let request = head(method, path, headers, body.len());
        let status = status_after_writing(server, &request, &body).await;
        assert_eq!(status, expected, "{method} {path} {headers}");
    }
    // In chunks, without a length.
    let mut chunked = Raw::connect(&open).await;
    chunked
        .write(format!(
            "POST {invoke} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        ))
        .await;
    for _ in 0..80 {
        chunked.write("10000\r\n").await;
        chunked.write(vec![b' '; 0x10000]).await;
        chunked.write("\r\n").await;
    }
    chunked.write("0\r\n\r\n").await;
    assert_eq!(chunked.answer().await.status, 413);
}

#[tokio::test]
async fn the_connection_is_used_again_after_an_unread_body() {
    let server = start().await;
    let mut client = Raw::connect(&server).await;
    for _ in 0..3 {
        client
            .write(head("POST", "/api/nowhere", "", 3 * MIB))
            .await;
        client.write(vec![b'\n'; 3 * MIB]).await;
        assert_eq!(client.answer().await.status, 404);
    }
}

#[tokio::test]
async fn a_client_that_waits_for_permission_to_send_its_body_is_answered_without_it() {
    let server = start().await;
    let mut client = Raw::connect(&server).await;
    let expects = "Expect: 100-continue\r\n";
    client.write(head("POST", "/api/nowhere", expects, 5)).await;
    assert_eq!(client.answer().await.status, 404);
}

#[tokio::test]
async fn half_sent_bodies_never_take_more_memory_than_the_budget() {
    const BUDGET: usize = 16 * MIB;
    let mut options = HttpOptions::default();
    options.max_code = options.max_body;
    options.max_body_memory = BUDGET;
    // No body stalls for so long in this test.
    options.stall_timeout = Duration::from_secs(24 * 3_600);
    let server = start_with(platform().await, options).await;
    let id = server.upload("f", "echo").await;
    let path = format!("/api/functions/{id}/invoke");
    let half = vec![b' '; MIB / 2];
    // The first 16 KiB do not count.
    let counted = MIB / 2 - (16 << 10);
    let mut clients = Vec::new();
    for index in 1..=BUDGET / counted {
        let mut client = Raw::connect(&server).await;
        client.write(head("POST", &path, "", MIB)).await;
        client.write(&half).await;
        clients.push(client);
        wait_for_bytes(&server, index * counted).await;
    }
    for _ in 0..20 {
        let mut client = Raw::connect(&server).await;
        client.write(head("POST", &path, "", MIB)).await;
        client.write(&half).await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(answer.body.contains("over_capacity"), "{answer:?}");
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert!(body_bytes(&server).await <= BUDGET);
        clients.push(client);
    }
    // A small call is still served.
    let (status, _) = server.post(&path, json!({"a": 1})).await;
    assert_eq!(status, 200);
    drop(clients);
    wait_for_bytes(&server, 0).await;
}

/// Waits until bodies use this much memory.
async fn wait_for_bytes(server: &Server, expected: usize) {
    wait_for(&format!("bodies take {expected} bytes"), async || {
        (body_bytes(server).await == expected).then_some(())
    })
    .await;
}

/// The memory that bodies use, according to the server's metrics.
async fn body_bytes(server: &Server) -> usize {
    let page = server
        .request(Method::GET, "/metrics")
        .send()
        .await
        .unwrap();
    let page = page.text().await.unwrap();
    let mut values = page
        .lines()
        .filter_map(|line| line.strip_prefix("faas_request_body_bytes "));
    values.next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_body_that_stops_arriving_is_answered_408() {
    let mut options = HttpOptions::default();
    options.stall_timeout = Duration::from_millis(50);
    let server = start_with(platform().await, options).await;
    let id = server.create("f", "echo").await;
    for path in [
        "/api/functions".to_owned(),
        format!("/api/functions/{id}/invoke"),
        format!("/api/functions/{id}/execute"),
        "/api/costs/estimate".to_owned(),
    ] {
        let mut client = Raw::connect(&server).await;
        client.write(head("POST", &path, "", 100)).await;
        client.write("{").await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 408, "{path}: {answer:?}");
        assert!(answer.body.contains("request_timeout"), "{answer:?}");
        client.ended().await;
    }
}

fn compressed<W: Write>(mut encoder: W, finish: impl FnOnce(W) -> Vec<u8>, text: &[u8]) -> Vec<u8> {
    encoder.write_all(text).unwrap();
    finish(encoder)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let encoder = GzEncoder::new(Vec::new(), Compression::best());
    compressed(encoder, |encoder| encoder.finish().unwrap(), text)
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    compressed(encoder, |encoder| encoder.finish().unwrap(), text)
}

fn deflate(text: &[u8]) -> Vec<u8> {
    let encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    compressed(encoder, |encoder| encoder.finish().unwrap(), text)
}

fn zstd(text: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits = |index| u8::from_str_radix(&hexadecimal[index..index + 2], 16).unwrap();
    (0..hexadecimal.len()).step_by(2).map(digits).collect()
}

async fn invoke_encoded(server: &Server, id: &str, coding: &str, body: Vec<u8>) -> (u16, Value) {
    let request = server
        .request(Method::POST, &format!("/api/functions/{id}/invoke"))
        .header("content-encoding", coding)
        .body(body);
    let (status, body) = answer(request).await;
    (status.as_u16(), body)
}

#[tokio::test]
async fn encoded_bodies_are_decoded() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let text = br#"{"a":[1,2,3]}"#;
    let value = json!({"a": [1, 2, 3]});
    let two_members = [gzip(b"{\"a\":[1,"), gzip(b"2,3]}")].concat();
    let two_frames = [zstd(b"{\"a\":[1,"), zstd(b"2,3]}")].concat();
    for (coding, body) in [
        ("gzip", gzip(text)),
        ("GZIP", gzip(text)),
        ("x-gzip", two_members),
        ("deflate", zlib(text)),
        ("deflate", deflate(text)),
        ("br", bytes("0b06807b2261223a5b312c322c335d7d03")),
        ("zstd", zstd(text)),
        ("zstd", two_frames),
        ("identity", text.to_vec()),
    ] {
        let (status, answer) = invoke_encoded(&server, &id, coding, body).await;
        assert_eq!((status, &answer), (200, &value), "{coding}");
    }
    // Uploads too.
    let new = json!({"name": "g", "description": "d", "code": "echo"}).to_string();
    let request = server
        .request(Method::POST, "/api/functions")
        .header("content-encoding", "gzip")
        .body(gzip(new.as_bytes()));
    assert_eq!(answer(request).await.0, 201);
}

#[tokio::test]
async fn a_body_that_grows_over_the_limit_when_it_is_decoded_is_413() {
    // 100 MiB of the digit 1.
    const BROTLI: &str = "cbffff3f002462e2b14072effff8ffff078004401c1680eefd1fffffff00900088c302d0\
        bdffe3ffff1f001200715800baf77ffcffff034002200e0b40f7fe8fffff7f004800c46101e8defff1ffff0f00\
        0980382c00ddfb3ffeffff012001108705a07bffc7ffff3f002400e2b00074effff8ffff078004401c1680eefd\
        1fffffff00900088c302d0bdffe3ffff1f001200715800baf77ff9ffff034002200e0b40f7fe07";
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let bomb = vec![b'1'; 100 << 20];
    for (coding, body) in [
        ("gzip", gzip(&bomb)),
        ("deflate", zlib(&bomb)),
        ("deflate", deflate(&bomb)),
        ("zstd", zstd(&bomb)),
        ("br", bytes(BROTLI)),
    ] {
        assert!(body.len() < MIB, "{coding}: {} bytes", body.len());
        let (status, answer) = invoke_encoded(&server, &id, coding, body).await;
        assert_eq!(
            (status, &answer["code"]),
            (413, &json!("payload_too_large"))
        );
    }
}

#[tokio::test]
async fn an_encoding_that_is_unknown_or_broken_is_refused() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    for coding in ["compress", "gzip, br", "gzip, gzip", "aes128gcm"] {
        let response = server
            .request(Method::POST, &format!("/api/functions/{id}/invoke"))
            .header("content-encoding", coding)
            .body(gzip(b"1"))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 415, "{coding}");
        let accepted = &response.headers()["accept-encoding"];
        assert_eq!(accepted, "gzip, deflate, br, zstd");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["code"], "unsupported_encoding");
    }
    let cut = gzip(b"[1,2,3]");
    for (coding, body) in [
        ("gzip", &b"no gzip"[..]),
        ("gzip", &cut[..cut.len() - 9]),
        ("deflate", b"\x78\x9cno"),
        ("br", b"\xff\xff\xff"),
        ("zstd", b"no zstd"),
    ] {
        let (status, answer) = invoke_encoded(&server, &id, coding, body.to_vec()).await;
        assert_eq!(status, 400, "{coding} {answer}");
        let message = answer["error"].as_str().unwrap();
        assert!(message.contains(coding), "{message}");
    }
}

#[tokio::test]
async fn a_byte_order_mark_before_json_is_skipped() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let request = server
        .request(Method::POST, &format!("/api/functions/{id}/invoke"))
        .body("\u{feff}[1]");
    assert_eq!(answer(request).await, (reqwest::StatusCode::OK, json!([1])));
    let new = "\u{feff}{\"name\": \"g\", \"description\": \"d\", \"code\": \"echo\"}";
    let request = server.request(Method::POST, "/api/functions").body(new);
    assert_eq!(answer(request).await.0, 201);
}

#[tokio::test]
async fn an_id_may_be_percent_encoded_on_every_route() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let execution = server.execute(&id, json!(1)).await;
    let execution = execution["_id"].as_str().unwrap().replace('-', "%2D");
    let id = id.replace('-', "%2d").replace('0', "%30");
    for (method, path, expected) in [
        (Method::GET, format!("/api/functions/{id}"), 200),
        (Method::GET, format!("/api/functions/{id}/"), 200),
        (Method::GET, format!("/api/functions/{id}/logs"), 200),
        (Method::POST, format!("/api/functions/{id}/invoke"), 200),
        (Method::POST, format!("/api/functions/{id}/invoke/"), 200),
        (Method::POST, format!("/api/functions/{id}/execute"), 202),
        (Method::GET, format!("/api/costs/function/{id}"), 200),
        (Method::GET, format!("/api/executions/{execution}"), 200),
        (Method::PUT, format!("/api/functions/{id}"), 200),
        (Method::DELETE, format!("/api/functions/{id}"), 200),
    ] {
        let request = server.request(method, &path).body("{}");
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), expected, "{path}");
    }
}
