//! TLS, and HTTP/2 over it.

use bytes::Bytes;
use faas_core::bindings::ByteStream;
use faas_core::egress::{FetchBody, FetchRequest, Network as _, code};
use faas_egress::Policy;
use http_body_util::BodyExt as _;
use hyper::Response;

use crate::support::server::{Server, full};
use crate::support::{caller, get, soon, text, with_hosts};

#[tokio::test]
async fn http2_is_used_when_the_server_has_it() {
    for (alpn, is_http2) in [("h2", true), ("http/1.1", false)] {
        let answer = |request: hyper::Request<hyper::body::Incoming>| async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let head = format!(
                "{} {:?} {:?} ",
                parts.method,
                parts.version,
                parts.uri.authority()
            );
            let builder = Response::builder().status(201).header("X-Case", "a");
            builder
                .body(full([head.as_bytes(), &body].concat()))
                .unwrap()
        };
        let (server, certificate) = Server::https(&["public.test"], alpn, answer).await;
        let (builder, names, _) = with_hosts(Policy::public(), server.address, server.address);
        let broker = builder.root_certificate(certificate).build().unwrap();
        let (caller, records) = caller();
        for expected in ["data", ""] {
            let mut request = FetchRequest::get("https://public.test/a?b");
            request.method = "POST".to_owned();
            if !expected.is_empty() {
                request.body = FetchBody::Stream(ByteStream::from(Bytes::from(expected)));
            }
            let response = soon(broker.fetch(&caller, request)).await.unwrap();
            assert_eq!(response.status, 201);
            assert_eq!(response.status_text, if is_http2 { "" } else { "Created" });
            assert!(
                response
                    .headers
                    .contains(&("x-case".to_owned(), Bytes::from("a")))
            );
            let text = text(response).await;
            let version = if is_http2 {
                "HTTP/2.0 Some(public.test)"
            } else {
                "HTTP/1.1 None"
            };
            assert_eq!(text, format!("POST {version} {expected}"));
        }
        let records = records.take();
        assert!(records.iter().all(|record| record.is_http2 == is_http2));
        assert!(records[0].times.tls.is_some() && !records[0].is_reused);
        assert!(records[1].times.tls.is_none() && records[1].is_reused);
        assert_eq!((server.connections(), names.lookups("public.test")), (1, 1));
    }
}

#[tokio::test]
async fn one_connection_of_http2_carries_many_requests_at_a_time() {
    let answer = |_| async { Response::new(full("ok")) };
    let (server, certificate) = Server::https(&["public.test"], "h2", answer).await;
    let (builder, ..) = with_hosts(Policy::public(), server.address, server.address);
    let broker = builder.root_certificate(certificate).build().unwrap();
    let (caller, _) = caller();
    let url = "https://public.test/";
    let mut open = vec![get(&broker, &caller, url).await.unwrap()];
    for _ in 0..20 {
        open.push(get(&broker, &caller, url).await.unwrap());
    }
    for response in open {
        assert_eq!(text(response).await, "ok");
    }
    assert_eq!(server.connections(), 1);
    let (other, _) = crate::support::caller();
    let other = faas_core::egress::Caller {
        partition: "function-2".into(),
        ..other
    };
    text(get(&broker, &other, url).await.unwrap()).await;
    assert_eq!(server.connections(), 2, "another partition");
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_or_for_another_name_is_refused() {
    let answer = |_| async { Response::new(full("ok")) };
    let (server, certificate) = Server::https(&["other.test"], "h2", answer).await;
    let (builder, ..) = with_hosts(Policy::public(), server.address, server.address);
    let trusting = builder.root_certificate(certificate).build().unwrap();
    let (builder, ..) = with_hosts(Policy::public(), server.address, server.address);
    let strict = builder.build().unwrap();
    let (caller, records) = caller();
    assert!(get(&trusting, &caller, "https://other.test/").await.is_ok());
    for (broker, url) in [
        (&trusting, "https://public.test/"),
        (&strict, "https://other.test/"),
    ] {
        let error = get(broker, &caller, url).await.unwrap_err();
        assert_eq!(error.code, code::TLS, "{url}: {error}");
    }
    assert_eq!(
        records.take().last().unwrap().error.as_deref(),
        Some(code::TLS)
    );
    // A server without TLS.
    let plain = Server::canned("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let (builder, ..) = with_hosts(Policy::public(), plain.address, plain.address);
    let error = get(&builder.build().unwrap(), &caller, "https://public.test/")
        .await
        .unwrap_err();
    assert_eq!(error.code, code::TLS);
}
