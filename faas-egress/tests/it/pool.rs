//! Connections are used again, and never by others.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use faas_core::clock::ManualClock;
use faas_core::egress::{Caller, FetchBody, FetchRequest, Network as _};
use faas_core::model::Timestamp;
use faas_egress::{BrokerOptions, Policy};
use hyper::Response;
use tokio::io::AsyncWriteExt as _;

use crate::support::server::{Server, full, read_head};
use crate::support::{caller, get, soon, text, with_hosts};

#[tokio::test]
async fn a_connection_is_used_again_by_its_partition_and_host_only() {
    let server = Server::http(|_| async { Response::new(full("ok")) }).await;
    let (builder, names, _) = with_hosts(Policy::public(), server.address, server.address);
    let broker = builder.build().unwrap();
    let (caller, records) = caller();
    for _ in 0..3 {
        assert_eq!(
            text(get(&broker, &caller, "http://public.test/").await.unwrap()).await,
            "ok"
        );
    }
    assert_eq!((server.connections(), names.lookups("public.test")), (1, 1));
    let reused: Vec<_> = records
        .take()
        .iter()
        .map(|record| record.is_reused)
        .collect();
    assert_eq!(reused, [false, true, true]);

    let other = Caller::new("function-2");
    text(get(&broker, &other, "http://public.test/").await.unwrap()).await;
    assert_eq!(server.connections(), 2, "another partition");
    text(get(&broker, &caller, "http://other.test/").await.unwrap()).await;
    assert_eq!(server.connections(), 3, "another host");
    broker.close("function-1");
    text(get(&broker, &caller, "http://public.test/").await.unwrap()).await;
    assert_eq!(server.connections(), 4, "closed");
    text(get(&broker, &other, "http://public.test/").await.unwrap()).await;
    assert_eq!(
        server.connections(),
        4,
        "the other partition keeps its connection"
    );
}

#[tokio::test]
async fn a_connection_whose_response_was_not_read_is_not_used_again() {
    let server = Server::http(|_| async { Response::new(full(vec![b'a'; 1 << 20])) }).await;
    let (builder, ..) = with_hosts(Policy::public(), server.address, server.address);
    let broker = builder.build().unwrap();
    let (caller, _) = caller();
    for connections in 1..4 {
        drop(get(&broker, &caller, "http://public.test/").await.unwrap());
        assert_eq!(server.connections(), connections);
    }
}

/// A server whose connections end after one response, without saying so.
async fn forgetful() -> Server {
    Server::raw(|mut stream| async move {
        if read_head(&mut stream).await.is_some() {
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                .await;
            // The next request finds the connection open, and is not answered.
            let _ = read_head(&mut stream).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_request_that_may_be_repeated_survives_a_connection_that_its_host_closed() {
    let server = forgetful().await;
    let (builder, ..) = with_hosts(Policy::public(), server.address, server.address);
    let broker = builder.build().unwrap();
    let (caller, _) = caller();
    for connections in 1..5 {
        assert_eq!(
            text(get(&broker, &caller, "http://public.test/").await.unwrap()).await,
            "ok"
        );
        assert_eq!(server.connections(), connections);
    }
    let mut post = FetchRequest::get("http://public.test/");
    post.method = "POST".to_owned();
    post.body = FetchBody::Bytes(Bytes::from("once"));
    let error = soon(broker.fetch(&caller, post)).await.unwrap_err();
    assert_eq!(error.code, faas_core::egress::code::PROTOCOL);
}

#[tokio::test]
async fn idle_connections_are_closed_after_a_while() {
    let (closed, mut is_closed) = tokio::sync::mpsc::channel(1);
    let server = Server::raw(move |mut stream| {
        let closed = closed.clone();
        async move {
            while read_head(&mut stream).await.is_some() {
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                    .await;
            }
            closed.send(()).await.unwrap();
        }
    })
    .await;
    let clock = ManualClock::new(Timestamp::from_micros(0));
    let (builder, ..) = with_hosts(Policy::public(), server.address, server.address);
    let broker = builder.clock(Arc::new(clock.clone())).build().unwrap();
    let (caller, _) = caller();
    text(get(&broker, &caller, "http://public.test/").await.unwrap()).await;
    text(get(&broker, &caller, "http://public.test/").await.unwrap()).await;
    assert_eq!(server.connections(), 1);
    soon(async {
        while clock.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    clock.advance(BrokerOptions::default().idle_timeout + Duration::from_secs(1));
    soon(is_closed.recv()).await.unwrap();
}
