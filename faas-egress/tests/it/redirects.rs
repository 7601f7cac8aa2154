//! Redirects, as the Fetch standard has them.

use bytes::Bytes;
use faas_core::bindings::ByteStream;
use faas_core::egress::{FetchBody, FetchRequest, Network as _, Redirect, code};
use faas_egress::{Broker, Policy};
use http_body_util::BodyExt as _;
use hyper::Response;

use crate::support::server::{Body, Server, full};
use crate::support::{caller, get, header, soon, text, with_hosts};

fn to(status: u16, location: &str) -> Response<Body> {
    let builder = Response::builder()
        .status(status)
        .header("location", location);
    builder.body(full("moved")).unwrap()
}

/// `/STATUS/PLACE` redirects to `/PLACE`, or to `other.test` if the place is `other`; everything else
/// answers with what it got.
async fn broker() -> (Broker, Server) {
    let server = Server::http(|request| async move {
        let path = request.uri().path().to_owned();
        if let Some((status, place)) = path[1..].split_once('/')
            && let Ok(status) = status.parse::<u16>()
        {
            return match place {
                "other" => to(status, "http://other.test/echo#fragment"),
                "loop" => to(status, &path),
                "none" => Response::builder()
                    .status(status)
                    .body(full("none"))
                    .unwrap(),
                "bad" => to(status, "http://[::1/"),
                "file" => to(status, "file:///etc/passwd"),
                "credentials" => to(status, "http://a:b@other.test/"),
                place => to(status, &format!("/{place}")),
            };
        }
        let method = request.method().clone();
        let headers = request.headers().clone();
        let named = |name: &str| {
            headers
                .get(name)
                .map_or("-", |value| value.to_str().unwrap())
                .to_owned()
        };
        let head = format!(
            "{method} {} host={} auth={} cookie={} type={} length={} key={} body=",
            request.uri(),
            named("host"),
            named("authorization"),
            named("cookie"),
            named("content-type"),
            named("content-length"),
            named("x-key"),
        );
        let body = request.into_body().collect().await.unwrap().to_bytes();
        Response::new(full([head.as_bytes(), &body].concat()))
    })
    .await;
    let (builder, ..) = with_hosts(Policy::public(), server.address, server.address);
    (builder.build().unwrap(), server)
}

fn request(method: &str, url: &str) -> FetchRequest {
    let mut request = FetchRequest::get(url);
    request.method = method.to_owned();
    for (name, value) in [
        ("authorization", "a"),
        ("cookie", "c"),
        ("content-type", "t/t"),
        ("x-key", "k"),
    ] {
        request.headers.push((name.to_owned(), Bytes::from(value)));
    }
    if method != "GET" && method != "HEAD" {
        request.body = FetchBody::Bytes("data".into());
    }
    request
}

#[tokio::test]
async fn methods_and_bodies_change_as_the_standard_says() {
    let (broker, _server) = broker().await;
    let (caller, records) = caller();
    for (status, method, expected) in [
        (
            301,
            "POST",
            "GET /x host=public.test auth=a cookie=c type=- length=- key=k body=",
        ),
        (
            302,
            "POST",
            "GET /x host=public.test auth=a cookie=c type=- length=- key=k body=",
        ),
        (
            303,
            "PUT",
            "GET /x host=public.test auth=a cookie=c type=- length=- key=k body=",
        ),
        (
            303,
            "GET",
            "GET /x host=public.test auth=a cookie=c type=t/t length=- key=k body=",
        ),
        (
            301,
            "PUT",
            "PUT /x host=public.test auth=a cookie=c type=t/t length=4 key=k body=data",
        ),
        (
            307,
            "POST",
            "POST /x host=public.test auth=a cookie=c type=t/t length=4 key=k body=data",
        ),
        (
            308,
            "post",
            "POST /x host=public.test auth=a cookie=c type=t/t length=4 key=k body=data",
        ),
    ] {
        let url = format!("http://public.test/{status}/x");
        let response = soon(broker.fetch(&caller, request(method, &url)))
            .await
            .unwrap();
        assert!(response.redirected);
        assert_eq!(response.url, "http://public.test/x");
        assert_eq!(text(response).await, expected, "{status} {method}");
        let records = records.take();
        assert_eq!(records.len(), 2);
        assert_eq!(records[0].status, Some(status));
        assert_eq!(records[1].status, Some(200));
        assert!(records.iter().all(|record| record.error.is_none()));
    }
}

#[tokio::test]
async fn another_origin_gets_no_credentials() {
    let (broker, _server) = broker().await;
    let (caller, _) = caller();
    let moved = request("POST", "http://public.test/307/other");
    let response = soon(broker.fetch(&caller, moved)).await.unwrap();
    assert_eq!(response.url, "http://other.test/echo");
    assert_eq!(
        text(response).await,
        "POST /echo host=other.test auth=- cookie=- type=t/t length=4 key=k body=data"
    );
}

#[tokio::test]
async fn a_stream_is_not_sent_twice() {
    let (broker, _server) = broker().await;
    let (caller, _) = caller();
    for (status, follows) in [(303, true), (302, false), (307, false)] {
        let mut moved = request("POST", &format!("http://public.test/{status}/x"));
        moved.body = FetchBody::Stream(ByteStream::from(Bytes::from("data")));
        let done = soon(broker.fetch(&caller, moved)).await;
        match done {
            Ok(response) => assert!(
                follows && text(response).await.starts_with("GET /x"),
                "{status}"
            ),
            Err(error) => assert!(
                !follows && error.code == code::REDIRECTS,
                "{status} {error}"
            ),
        }
    }
}

#[tokio::test]
async fn redirects_end_after_twenty() {
    let (broker, _server) = broker().await;
    let (caller, records) = caller();
    let error = get(&broker, &caller, "http://public.test/302/loop")
        .await
        .unwrap_err();
    assert_eq!(error.code, code::REDIRECTS);
    assert_eq!(error.message, "there were more than 20 redirects");
    let records = records.take();
    assert_eq!(records.len(), 21);
    assert_eq!(records[20].error.as_deref(), Some(code::REDIRECTS));
}

#[tokio::test]
async fn a_redirect_can_be_returned_or_refused() {
    let (broker, _server) = broker().await;
    let (caller, _) = caller();
    let mut manual = request("GET", "http://public.test/302/x");
    manual.redirect = Redirect::Manual;
    let response = soon(broker.fetch(&caller, manual)).await.unwrap();
    assert_eq!((response.status, response.redirected), (302, false));
    assert_eq!(header(&response, "location"), Some("/x"));
    assert_eq!(text(response).await, "moved");

    let mut error = request("GET", "http://public.test/302/x");
    error.redirect = Redirect::Error;
    let error = soon(broker.fetch(&caller, error)).await.unwrap_err();
    assert_eq!(error.code, code::REDIRECTS);
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_a_response_and_one_to_no_url_an_error() {
    let (broker, _server) = broker().await;
    let (caller, _) = caller();
    let response = get(&broker, &caller, "http://public.test/302/none")
        .await
        .unwrap();
    assert_eq!(response.status, 302);
    for (place, expected) in [
        ("bad", code::REDIRECTS),
        ("file", code::INVALID),
        ("credentials", code::INVALID),
    ] {
        let error = get(&broker, &caller, &format!("http://public.test/302/{place}"))
            .await
            .unwrap_err();
        assert_eq!(error.code, expected, "{place}");
    }
}
