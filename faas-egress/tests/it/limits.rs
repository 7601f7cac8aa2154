//! Limits, and what happens at them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use faas_core::clock::ManualClock;
use faas_core::egress::{
    Budget, Caller, EgressLimits, FetchBody, FetchRequest, Network as _, code,
};
use faas_core::model::Timestamp;
use faas_egress::{Broker, BrokerOptions, Policy};
use hyper::Response;
use tokio::io::AsyncWriteExt as _;

use crate::support::server::{Server, full, read_head};
use crate::support::{caller, get, read, soon, text, with_hosts};

fn broker(server: &Server, change: impl FnOnce(&mut BrokerOptions)) -> Broker {
    let mut options = BrokerOptions::default();
    change(&mut options);
    let (builder, ..) = with_hosts(Policy::public(), server.address, server.address);
    builder.options(options).build().unwrap()
}

fn limited(limits: EgressLimits) -> Caller {
    let (mut caller, _) = caller();
    caller.budget = Arc::new(Budget::new(limits));
    caller
}

#[tokio::test]
async fn an_execution_has_limits_for_requests_and_bytes() {
    let server = Server::http(|request| async move {
        if request.uri().path() == "/gzip" {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            std::io::Write::write_all(&mut encoder, &vec![0; 1 << 20]).unwrap();
            let builder = Response::builder().header("content-encoding", "gzip");
            return builder.body(full(encoder.finish().unwrap())).unwrap();
        }
        Response::new(full("0123456789"))
    })
    .await;
    let broker = broker(&server, |_| ());
    let limits = EgressLimits {
        max_requests: 3,
        max_concurrent: 2,
        max_bytes_in: 25,
        max_bytes_out: 5,
    };
    let caller = limited(limits);
    let url = "http://public.test/";
    let first = get(&broker, &caller, url).await.unwrap();
    let second = get(&broker, &caller, url).await.unwrap();
    let error = get(&broker, &caller, url).await.unwrap_err();
    assert_eq!(error.code, code::LIMIT);
    assert!(error.message.contains("at most 2 requests under way"));
    drop(first);
    assert_eq!(text(second).await, "0123456789");
    let _third = get(&broker, &caller, url).await.unwrap();
    let error = get(&broker, &caller, url).await.unwrap_err();
    assert!(error.message.contains("at most 3 requests"), "{error}");

    let caller = limited(limits);
    let mut request = FetchRequest::get(url);
    request.method = "POST".to_owned();
    request.body = FetchBody::Bytes(Bytes::from("123456"));
    let error = soon(broker.fetch(&caller, request)).await.unwrap_err();
    assert_eq!(
        (&*error.code, &*error.message),
        (
            code::LIMIT,
            "the requests of an execution may send at most 5 bytes"
        )
    );

    let caller = limited(EgressLimits {
        max_bytes_in: 15,
        ..EgressLimits::default()
    });
    text(get(&broker, &caller, url).await.unwrap()).await;
    let error = read(get(&broker, &caller, url).await.unwrap())
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        "the requests of an execution may receive at most 15 bytes"
    );
    // What decodes to more than the limit is stopped at it.
    let caller = limited(EgressLimits {
        max_bytes_in: 100 << 10,
        ..EgressLimits::default()
    });
    let error = read(
        get(&broker, &caller, "http://public.test/gzip")
            .await
            .unwrap(),
    )
    .await
    .unwrap_err();
    assert_eq!(error.code, code::LIMIT);
    assert_eq!(caller.budget.used().bytes_decoded, 64 << 10);
    assert_eq!(caller.budget.used().concurrent, 0);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let large = format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "b".repeat(200 << 10));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(1_000));
    for answer in [large, many] {
        let server = Server::canned(answer).await;
        let (caller, _) = caller();
        let error = get(&broker(&server, |_| ()), &caller, "http://public.test/")
            .await
            .unwrap_err();
        assert_eq!(error.code, code::LIMIT, "{error}");
    }
    let server = Server::http(|_| async { Response::new(full("")) }).await;
    let broker = broker(&server, |_| ());
    let (caller, _) = caller();
    let mut request = FetchRequest::get("http://public.test/");
    request.headers = (0..300)
        .map(|one| (format!("a{one}"), Bytes::new()))
        .collect();
    assert_eq!(
        soon(broker.fetch(&caller, request)).await.unwrap_err().code,
        code::INVALID
    );
    let long = format!("http://public.test/{}", "a".repeat(20_000));
    assert_eq!(
        get(&broker, &caller, &long).await.unwrap_err().code,
        code::INVALID
    );
}

/// A server that takes a request and says nothing more after `answer`.
async fn silent(answer: &'static str) -> Server {
    Server::raw(move |mut stream| async move {
        let _ = read_head(&mut stream).await;
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = read_head(&mut stream).await;
    })
    .await
}

/// Waits until something sleeps until a certain time, then lets that pass.
async fn pass(clock: &ManualClock, server: &Server, time: Duration) {
    soon(async {
        while server.connections() == 0 || clock.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    clock.advance(time);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_not_waited_for() {
    let server = silent("").await;
    let clock = ManualClock::new(Timestamp::from_micros(0));
    let (builder, ..) = with_hosts(Policy::public(), server.address, server.address);
    let broker = builder.clock(Arc::new(clock.clone())).build().unwrap();
    for time_left in [None, Some(Duration::from_secs(5))] {
        let (mut caller, records) = caller();
        caller.time_left = time_left;
        let broker = broker.clone();
        let fetching =
            tokio::spawn(async move { get(&broker, &caller, "http://public.test/").await });
        let mut fetching = std::pin::pin!(fetching);
        // The time passes in steps until a timer has ended the request.
        let error = soon(async {
            loop {
                tokio::select! {
                    biased;
                    done = &mut fetching => break done.unwrap().unwrap_err(),
                    () = pass(&clock, &server, Duration::from_secs(4)) => tokio::task::yield_now().await,
                }
            }
        })
        .await;
        assert!(
            [code::TIMEOUT, code::CONNECT].contains(&&*error.code),
            "{error}"
        );
        assert_eq!(records.take().len(), 1);
    }
}

#[tokio::test]
async fn the_time_of_the_call_ends_its_response_too() {
    let server = silent("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\npart").await;
    let clock = ManualClock::new(Timestamp::from_micros(0));
    let (builder, ..) = with_hosts(Policy::public(), server.address, server.address);
    let broker = builder.clock(Arc::new(clock.clone())).build().unwrap();
    let (mut caller, records) = caller();
    caller.time_left = Some(Duration::from_secs(5));
    let mut body = get(&broker, &caller, "http://public.test/")
        .await
        .unwrap()
        .body
        .unwrap();
    assert_eq!(soon(body.next()).await.unwrap().unwrap(), "part");
    let reading = tokio::spawn(async move { body.next().await });
    clock.advance(Duration::from_secs(5));
    let error = soon(reading).await.unwrap().unwrap().unwrap_err();
    assert_eq!(error.code, code::TIMEOUT);
    let record = records.take().remove(0);
    assert_eq!(record.error.as_deref(), Some(code::TIMEOUT));
    assert_eq!(record.times.total, Duration::from_secs(5));
}

#[tokio::test]
async fn connections_are_bounded_in_all_and_for_each_partition() {
    let server = Server::http(|_| async { Response::new(full("ok")) }).await;
    let broker = broker(&server, |options| {
        options.max_connections = 3;
        options.max_connections_per_partition = 2;
    });
    let url = "http://public.test/";
    let (a, b, c) = (Caller::new("a"), Caller::new("b"), Caller::new("c"));
    let first = get(&broker, &a, url).await.unwrap();
    let _second = get(&broker, &a, url).await.unwrap();
    let error = get(&broker, &a, url).await.unwrap_err();
    assert_eq!(error.code, code::LIMIT);
    assert!(
        error
            .message
            .starts_with("the function has too many connections"),
        "{error}"
    );
    let _third = get(&broker, &b, url).await.unwrap();
    let error = get(&broker, &c, url).await.unwrap_err();
    assert!(
        error
            .message
            .starts_with("the server has too many connections"),
        "{error}"
    );
    // An idle connection makes room.
    assert_eq!(text(first).await, "ok");
    assert_eq!(text(get(&broker, &c, url).await.unwrap()).await, "ok");
}

#[tokio::test]
async fn decoders_with_large_windows_are_bounded() {
    let server = Server::http(|_| async {
        let builder = Response::builder().header("content-encoding", "br");
        builder.body(full(&b"\x3b"[..])).unwrap()
    })
    .await;
    let broker = broker(&server, |options| {
        options.max_large_decoders_per_partition = 1
    });
    let caller = Caller::new("a");
    let first = get(&broker, &caller, "http://public.test/").await.unwrap();
    let error = get(&broker, &caller, "http://public.test/")
        .await
        .unwrap_err();
    assert_eq!(error.code, code::LIMIT);
    assert!(
        error.message.contains("too many responses in br or zstd"),
        "{error}"
    );
    assert!(read(first).await.is_ok());
}
