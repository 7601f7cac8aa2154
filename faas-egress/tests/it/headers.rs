//! Headers: those of the code, those of the broker, and those with secrets.

use std::sync::Arc;

use bytes::Bytes;
use faas_core::egress::{FetchRequest, Network as _, code};
use faas_egress::{Broker, Policy};
use tokio::io::AsyncWriteExt as _;

use crate::support::server::{Server, full, read_head};
use crate::support::{Key, caller, get, soon, text, with_hosts};

/// A server that answers with the head that it got.
async fn echo() -> Server {
    Server::raw(|mut stream| async move {
        while let Some(head) = read_head(&mut stream).await {
            let length = head.len();
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{head}");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    })
    .await
}

fn broker(server: &Server) -> Broker {
    let (builder, ..) = with_hosts(Policy::public(), server.address, server.address);
    builder.build().unwrap()
}

fn with(headers: &[(&str, &str)]) -> FetchRequest {
    let mut request = FetchRequest::get("http://public.test/path?query#fragment");
    let headers = headers.iter();
    let headers =
        headers.map(|(name, value)| ((*name).to_owned(), Bytes::from((*value).to_owned())));
    request.headers = headers.collect();
    request
}

#[tokio::test]
async fn code_cannot_set_what_frames_a_message_or_names_its_receiver() {
    let server = echo().await;
    let broker = broker(&server);
    let (caller, _) = caller();
    let request = with(&[
        ("Host", "127.0.0.1"),
        ("CONNECTION", "x-mine, close"),
        ("Keep-Alive", "timeout=1"),
        ("Transfer-Encoding", "chunked"),
        ("Content-Length", "1000"),
        ("TE", "trailers"),
        ("Trailer", "a"),
        ("Upgrade", "websocket"),
        ("Expect", "100-continue"),
        ("Proxy-Authorization", "a"),
        ("Proxy-Connection", "a"),
        ("HTTP2-Settings", "a"),
        ("X-Mine", " kept "),
        ("x-mine", "twice"),
        ("User-Agent", "own"),
    ]);
    let response = soon(broker.fetch(&caller, request)).await.unwrap();
    assert_eq!(
        text(response).await.to_ascii_lowercase(),
        "get /path?query http/1.1\r\nhost: public.test\r\nx-mine: kept\r\nx-mine: twice\r\n\
         user-agent: own\r\naccept: */*\r\naccept-encoding: gzip, deflate, br\r\n\r\n"
    );
}

#[tokio::test]
async fn nothing_can_be_injected_into_the_head() {
    let server = echo().await;
    let broker = broker(&server);
    let (caller, _) = caller();
    for (name, value) in [
        ("a", "b\r\nc: d"),
        ("a", "b\nc: d"),
        ("a", "b\rc: d"),
        ("a", "b\0c"),
        ("a", "\u{7f}"),
        ("a\r\nb", "c"),
        ("a b", "c"),
        ("a:", "c"),
        ("", "c"),
        ("ä", "c"),
        ("a\0", "c"),
        ("\r\nhost", "c"),
    ] {
        let error = soon(broker.fetch(&caller, with(&[(name, value)])))
            .await
            .unwrap_err();
        assert_eq!(error.code, code::INVALID, "{name:?}: {value:?}");
    }
    for method in [
        "GET /x HTTP/1.1\r\nhost: b\r\n\r\n",
        "",
        "G T",
        "CONNECT",
        "trace",
        "TRACK",
        "GÉT",
    ] {
        let mut request = FetchRequest::get("http://public.test/");
        request.method = method.to_owned();
        let error = soon(broker.fetch(&caller, request)).await.unwrap_err();
        assert_eq!(error.code, code::INVALID, "{method:?}");
    }
    for (path, sent) in [
        ("/a\r\nb: c", "get /ab:%20c http/1.1"),
        ("/a b", "get /a%20b http/1.1"),
        ("/%0d%0ahost:%20x", "get /%0d%0ahost:%20x http/1.1"),
        ("/a?b\tc", "get /a?bc http/1.1"),
        ("/ä?ö", "get /%c3%a4?%c3%b6 http/1.1"),
        ("/{}|^`\"<>?{}|^`\"<>", ""),
    ] {
        let done = get(&broker, &caller, &format!("http://public.test{path}")).await;
        let head = text(done.unwrap()).await.to_ascii_lowercase();
        let first = head.lines().next().unwrap();
        assert!(first.starts_with(sent), "{path}: {first}");
        assert_eq!(
            head.matches("host:").count() - first.matches("host:").count(),
            1
        );
    }
}

#[tokio::test]
async fn a_secret_goes_to_its_host_over_tls_and_nowhere_else() {
    let answer = |request: hyper::Request<hyper::body::Incoming>| async move {
        let authorization = request.headers().get("authorization");
        let seen = authorization
            .map_or("-", |value| value.to_str().unwrap())
            .to_owned();
        let builder = hyper::Response::builder();
        match request.uri().path() {
            "/away" => builder
                .status(307)
                .header("location", "https://other.test/"),
            "/down" => builder
                .status(307)
                .header("location", "http://public.test/"),
            "/back" => builder
                .status(307)
                .header("location", "https://public.test/"),
            _ => builder,
        }
        .body(full(seen))
        .unwrap()
    };
    let names = ["public.test", "other.test"];
    let (server, certificate) = Server::https(&names, "http/1.1", answer).await;
    let plain = Server::http(answer).await;
    let (builder, _, router) = with_hosts(Policy::public(), server.address, server.address);
    router
        .routes
        .lock()
        .insert("93.184.215.14:80".parse().unwrap(), plain.address);
    router
        .routes
        .lock()
        .insert("1.1.1.1:80".parse().unwrap(), plain.address);
    let broker = builder.root_certificate(certificate).build().unwrap();
    let rules = |deny: &str| {
        let text = format!(
            r#"{{ "allow": [
                {{ "host": "public.test", "headers": {{ "authorization": "Bearer ${{secret:KEY}}" }} }},
                {{ "host": "other.test" }}, {{ "host": "public.test" }}
            ] {deny} }}"#
        );
        Some(Arc::new(serde_json::from_str(&text).unwrap()))
    };
    let (mut caller, records) = caller();
    caller.rules = rules("");
    caller.secrets = Arc::new(Key("s3cret"));
    for (url, seen) in [
        ("https://public.test/", "Bearer s3cret"),
        ("http://public.test/", "own"),
        ("https://other.test/", "own"),
        ("https://public.test/away", "-"),
        ("https://public.test/down", "-"),
        ("http://public.test/back", "Bearer s3cret"),
        ("https://other.test/back", "Bearer s3cret"),
    ] {
        let mut request = FetchRequest::get(url);
        request
            .headers
            .push(("authorization".to_owned(), Bytes::from("own")));
        let response = soon(broker.fetch(&caller, request)).await.unwrap();
        assert_eq!(text(response).await, seen, "{url}");
    }
    assert!(!format!("{:?}", records.take()).contains("s3cret"));

    // A redirect is judged by the rules too.
    caller.rules = rules(r#", "deny": [{ "host": "other.test" }]"#);
    let error = get(&broker, &caller, "https://public.test/away")
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        "the function's rules refuse the request to other.test: egress.deny[0] (host other.test) \
         matches"
    );
    let refused = records.take().remove(1);
    assert_eq!(refused.refused_by.unwrap().as_str(), "function");

    for (secret, message) in [
        (
            Arc::new(Key("a\r\nb: c")) as Arc<dyn faas_core::egress::Secrets>,
            "contains a line break",
        ),
        (Arc::new(()), "the function has no secret KEY"),
    ] {
        caller.secrets = secret;
        let error = get(&broker, &caller, "https://public.test/")
            .await
            .unwrap_err();
        assert_eq!(error.code, code::SECRET);
        assert!(error.message.contains(message), "{}", error.message);
        assert!(!error.message.contains("b: c"));
    }
}
