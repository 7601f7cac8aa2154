//! Bodies in both directions: streamed, with backpressure, decoded.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use faas_core::bindings::ByteStream;
use faas_core::egress::{FetchBody, FetchRequest, Network as _, code};
use faas_core::runtime::HostError;
use faas_egress::{Broker, Policy};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::Response;
use hyper::body::Frame;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;

use crate::support::server::{Server, full, read_head};
use crate::support::{caller, get, header, read, soon, text, with_hosts};

fn broker(server: &Server) -> Broker {
    let (builder, ..) = with_hosts(Policy::public(), server.address, server.address);
    builder.build().unwrap()
}

#[tokio::test]
async fn the_first_piece_of_a_response_comes_before_the_second_is_made() {
    let (words, receiver) = mpsc::channel::<&'static str>(1);
    let receiver = Arc::new(tokio::sync::Mutex::new(receiver));
    let server = Server::http(move |_| {
        let receiver = receiver.clone();
        async move {
            let stream = futures_util::stream::unfold(receiver, |receiver| async move {
                let word = receiver.lock().await.recv().await?;
                Some((Ok(Frame::data(Bytes::from(word))), receiver))
            });
            Response::new(StreamBody::new(stream).boxed_unsync())
        }
    })
    .await;
    let (caller, records) = caller();
    let response = get(&broker(&server), &caller, "http://public.test/")
        .await
        .unwrap();
    let mut body = response.body.unwrap();
    for word in ["data: one\n\n", "data: two\n\n", "data: three\n\n"] {
        words.send(word).await.unwrap();
        assert_eq!(soon(body.next()).await.unwrap().unwrap(), word);
    }
    assert!(records.take().is_empty(), "the request has not ended");
    drop(words);
    assert!(soon(body.next()).await.is_none());
    let record = records.take().remove(0);
    assert_eq!(
        (record.status, record.bytes_in, record.error),
        (Some(200), 35, None)
    );
    assert!(record.times.first_byte.unwrap() <= record.times.total);
    assert!(
        record.times.dns.is_some() && record.times.connect.is_some() && record.times.tls.is_none()
    );
}

#[tokio::test]
async fn a_response_that_is_not_read_is_not_taken_from_its_server() {
    let written = Arc::new(AtomicUsize::new(0));
    let (stuck, mut is_stuck) = mpsc::channel(1);
    let counter = written.clone();
    let server = Server::raw(move |mut stream| {
        let (written, stuck) = (counter.clone(), stuck.clone());
        async move {
            let _ = read_head(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            let piece = vec![b'a'; 64 << 10];
            // 256 MiB do not fit into the buffers on the way.
            for _ in 0..4_096 {
                let _ = stuck.try_send(());
                if stream.write_all(&piece).await.is_err() {
                    return;
                }
                written.fetch_add(piece.len(), Ordering::SeqCst);
            }
        }
    })
    .await;
    let (caller, records) = caller();
    let response = get(&broker(&server), &caller, "http://public.test/")
        .await
        .unwrap();
    let mut body = response.body.unwrap();
    soon(is_stuck.recv()).await.unwrap();
    let first = soon(body.next()).await.unwrap().unwrap();
    assert!(!first.is_empty() && first.len() < 1 << 20);
    assert!(written.load(Ordering::SeqCst) < 128 << 20);
    // Dropping the body closes the connection: the server cannot write any more.
    drop(body);
    soon(async {
        while server.connections() == 0 || Arc::strong_count(&written) > 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(records.take()[0].error.as_deref(), Some("ERR_DROPPED"));
}

#[tokio::test]
async fn a_request_body_is_read_only_as_fast_as_it_is_sent() {
    let (go, gone) = tokio::sync::oneshot::channel::<()>();
    let gone = Arc::new(parking_lot::Mutex::new(Some(gone)));
    let server = Server::raw(move |mut stream| {
        let gone = gone.lock().take().unwrap();
        async move {
            let _ = read_head(&mut stream).await;
            gone.await.unwrap();
            let mut all = Vec::new();
            while !all.ends_with(b"0\r\n\r\n") {
                stream.read_buf(&mut all).await.unwrap();
            }
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
            stream.write_all(answer).await.unwrap();
        }
    })
    .await;
    let pieces = Arc::new(AtomicUsize::new(0));
    let counter = pieces.clone();
    let (blocked, mut is_blocked) = mpsc::channel::<()>(1);
    const ALL: usize = 1_024;
    let stream = futures_util::stream::unfold(0, move |sent| {
        let (counter, blocked) = (counter.clone(), blocked.clone());
        async move {
            counter.store(sent, Ordering::SeqCst);
            let _ = blocked.try_send(());
            (sent < ALL).then(|| (Ok(Bytes::from(vec![b'a'; 64 << 10])), sent + 1))
        }
    });
    let mut request = FetchRequest::get("http://public.test/");
    request.method = "POST".to_owned();
    request.body = FetchBody::Stream(ByteStream::new(stream));
    let (caller, records) = caller();
    let broker = broker(&server);
    let fetching = tokio::spawn(async move { broker.fetch(&caller, request).await });
    soon(is_blocked.recv()).await.unwrap();
    assert!(pieces.load(Ordering::SeqCst) < ALL);
    go.send(()).unwrap();
    let response = soon(fetching).await.unwrap().unwrap();
    assert_eq!(text(response).await, "ok");
    assert_eq!(pieces.load(Ordering::SeqCst), ALL);
    assert_eq!(records.take()[0].bytes_out, 64 << 20);
}

#[tokio::test]
async fn an_error_of_the_body_is_the_error_of_the_request() {
    let server = Server::http(|request| async move {
        let _ = request.into_body().collect().await;
        Response::new(full("ok"))
    })
    .await;
    let aborted = HostError::new("ERR_ABORTED", "the code has aborted the stream");
    let pieces = [Ok(Bytes::from("one")), Err(aborted.clone())];
    let mut request = FetchRequest::get("http://public.test/");
    request.method = "PUT".to_owned();
    request.body = FetchBody::Stream(ByteStream::new(futures_util::stream::iter(pieces)));
    let (caller, _) = caller();
    let error = soon(broker(&server).fetch(&caller, request))
        .await
        .unwrap_err();
    assert_eq!(error, aborted);
}

#[tokio::test]
async fn dropping_the_request_closes_its_connection() {
    let (closed, mut is_closed) = mpsc::channel(1);
    let server = Server::raw(move |mut stream| {
        let closed = closed.clone();
        async move {
            let _ = read_head(&mut stream).await;
            let end = stream.read_u8().await;
            closed.send(end.is_err()).await.unwrap();
        }
    })
    .await;
    let (caller, records) = caller();
    let broker = broker(&server);
    let fetching = tokio::spawn(async move {
        let _ = broker
            .fetch(&caller, FetchRequest::get("http://public.test/"))
            .await;
    });
    soon(async {
        while server.connections() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    fetching.abort();
    assert_eq!(soon(is_closed.recv()).await, Some(true));
    assert_eq!(records.take()[0].error.as_deref(), Some("ERR_DROPPED"));
}

#[tokio::test]
async fn bodies_are_decoded_and_their_headers_kept() {
    let server = Server::http(|request| async move {
        let accepted = request.headers()["accept-encoding"]
            .to_str()
            .unwrap()
            .to_owned();
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(accepted.as_bytes()).unwrap();
        let encoding = if request.uri().path() == "/unknown" {
            "other"
        } else {
            "gzip"
        };
        let builder = Response::builder().header("content-encoding", encoding);
        builder.body(full(encoder.finish().unwrap())).unwrap()
    })
    .await;
    let broker = broker(&server);
    let (caller, records) = caller();
    let response = get(&broker, &caller, "http://public.test/").await.unwrap();
    assert_eq!(header(&response, "content-encoding"), Some("gzip"));
    let length: u64 = header(&response, "content-length")
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(text(response).await, "gzip, deflate, br");
    assert_eq!(records.take()[0].bytes_in, length);

    let mut raw = FetchRequest::get("http://public.test/");
    raw.decompress = false;
    let response = soon(broker.fetch(&caller, raw)).await.unwrap();
    assert_eq!(&read(response).await.unwrap()[..2], b"\x1f\x8b");
    let response = get(&broker, &caller, "http://public.test/unknown")
        .await
        .unwrap();
    assert_eq!(&read(response).await.unwrap()[..2], b"\x1f\x8b");

    let mut own = FetchRequest::get("http://public.test/");
    own.headers
        .push(("accept-encoding".to_owned(), Bytes::from("gzip;q=1")));
    let response = soon(broker.fetch(&caller, own)).await.unwrap();
    assert_eq!(text(response).await, "gzip;q=1");
    let mut range = FetchRequest::get("http://public.test/");
    range
        .headers
        .push(("range".to_owned(), Bytes::from("bytes=0-1")));
    let response = soon(broker.fetch(&caller, range)).await.unwrap();
    assert_eq!(text(response).await, "identity");
}

#[tokio::test]
async fn responses_without_a_body_have_none() {
    let server = Server::http(|request| async move {
        let status = request.uri().path()[1..].parse::<u16>().unwrap();
        let builder = Response::builder()
            .status(status)
            .header("content-encoding", "gzip");
        builder
            .body(full(if status == 200 { "ignored" } else { "" }))
            .unwrap()
    })
    .await;
    let broker = broker(&server);
    let (caller, records) = caller();
    for (method, status) in [
        ("HEAD", 200),
        ("GET", 204),
        ("GET", 304),
        ("HEAD", 200),
        ("GET", 205),
    ] {
        let mut request = FetchRequest::get(format!("http://public.test/{status}"));
        request.method = method.to_owned();
        let response = soon(broker.fetch(&caller, request)).await.unwrap();
        assert_eq!(response.status, status);
        assert!(response.body.is_none(), "{method} {status}");
        assert_eq!(records.take()[0].error, None);
    }
    assert_eq!(server.connections(), 1, "the connection is used again");
}

#[tokio::test]
async fn a_response_that_is_not_what_it_says_is_an_error() {
    for (answer, is_head) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort", false),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
            false,
        ),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
            false,
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\ntext",
            false,
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 2\r\n\r\n\x0b\x02",
            false,
        ),
        ("", true),
        ("SSH-2.0-OpenSSH_9.6\r\n", true),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na",
            true,
        ),
        ("HTTP/1.1 200 OK\r\nna me: a\r\n\r\n", true),
        (
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
            true,
        ),
    ] {
        let server = Server::canned(answer).await;
        let (caller, records) = caller();
        let done = get(&broker(&server), &caller, "http://public.test/").await;
        let error = match done {
            Ok(response) if !is_head => read(response).await.unwrap_err(),
            Ok(response) => panic!("{answer:?}: {response:?}"),
            Err(error) => error,
        };
        assert_eq!(error.code, code::PROTOCOL, "{answer:?}: {error}");
        assert_eq!(records.take()[0].error.as_deref(), Some(code::PROTOCOL));
    }
}
