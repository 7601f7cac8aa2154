//! The listener over HTTP/2, with a client whose frames the tests control.

mod client;
mod limits;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, Version};
use axum::routing::{any, get};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use faas_http::{ServeOptions, Tls};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Barrier, Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use self::client::{Client, get as request};
use crate::raw::Raw;
use crate::waiting::PATIENCE;

/// A server of some router.
struct Served {
    address: std::net::SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    ended: JoinHandle<()>,
}

async fn serve(app: Router, change: impl FnOnce(&mut ServeOptions)) -> Served {
    let mut options = ServeOptions::default();
    options.stall_timeout = Duration::ZERO;
    options.head_timeout = PATIENCE;
    change(&mut options);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let stopped = async move {
        let _ = stopped.await;
    };
    let ended = tokio::spawn(faas_http::serve(listener, app, options, stopped));
    Served {
        address,
        stop: Some(stop),
        ended,
    }
}

impl Served {
    async fn client(&self) -> Client {
        Client::connect(self.address).await
    }

    async fn raw(&self) -> Raw {
        Raw(TcpStream::connect(self.address).await.unwrap())
    }
}

/// Says which version the request has, and its host.
async fn version(request: Request) -> String {
    let host = request.headers().get("host").unwrap().to_str().unwrap();
    format!("{:?} {host}", request.version())
}

fn plain() -> Router {
    Router::new().route("/", any(version))
}

#[tokio::test]
async fn a_client_with_prior_knowledge_speaks_http_2_and_others_speak_http_1_1() {
    let server = serve(plain(), |_| {}).await;
    let mut client = server.client().await;
    let response = client.get("/").await;
    assert_eq!(response.status, 200);
    assert_eq!(response.text(), "HTTP/2.0 localhost");
    assert_eq!(response.headers["content-length"], "18");
    assert!(response.headers.contains_key("date"));

    for method in ["GET", "POST", "PUT", "PRI", "P"] {
        let mut raw = server.raw().await;
        let request = format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n");
        for byte in request.as_bytes() {
            raw.write([*byte]).await;
        }
        let answer = raw.answer().await;
        assert_eq!((answer.status, &*answer.body), (200, "HTTP/1.1 a"));
    }
}

#[tokio::test]
async fn a_client_over_tls_chooses_the_version_by_alpn() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let pem = |label: &str, der: &[u8]| {
        let text = BASE64_STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    };
    let certificate = pem("CERTIFICATE", made.cert.der());
    let key = pem("PRIVATE KEY", &made.signing_key.serialize_der());
    let tls = Tls::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
    let server = serve(plain(), |options| options.tls = Some(tls)).await;
    for (offered, chosen) in [
        (vec!["h2", "http/1.1"], Some("h2")),
        (vec!["http/1.1"], Some("http/1.1")),
        (vec![], None),
    ] {
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider);
        let config = config.with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = offered.iter().map(|name| name.as_bytes().into()).collect();
        let tcp = TcpStream::connect(server.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let mut stream = connector.connect(name, tcp).await.unwrap();
        let alpn = stream.get_ref().1.alpn_protocol();
        assert_eq!(alpn, chosen.map(str::as_bytes));
        if chosen == Some("h2") {
            let mut client = Client::over(stream).await;
            assert_eq!(client.get("/").await.text(), "HTTP/2.0 localhost");
        } else {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            let request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
            stream.write_all(request).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.ends_with("\r\n\r\nHTTP/1.1 a"), "{answer}");
        }
    }
}

#[tokio::test]
async fn many_requests_of_one_connection_are_answered_at_the_same_time() {
    const MANY: usize = 100;
    let barrier = Arc::new(Barrier::new(MANY));
    let wait = move || async move {
        barrier.wait().await;
    };
    let server = serve(Router::new().route("/", get(wait)), |_| {}).await;
    let client = server.client().await;
    let requests: Vec<_> = (0..MANY)
        .map(|_| {
            let mut client = client.clone();
            tokio::spawn(async move { client.get("/").await.status })
        })
        .collect();
    for request in requests {
        assert_eq!(request.await.unwrap(), StatusCode::OK);
    }
}

#[tokio::test]
async fn bodies_are_carried_both_ways_while_they_are_made() {
    let echo = |request: Request| async { Body::new(request.into_body()) };
    let server = serve(Router::new().route("/", any(echo)), |_| {}).await;
    let mut client = server.client().await;
    let (mut sending, receiving) = client.send(request("/").method("POST"), false);
    let mut response = receiving.await.unwrap();
    assert_eq!(response.version(), Version::HTTP_2);
    let body = response.body_mut();
    // Each piece comes back before the next one is sent.
    for number in 0..3 {
        let piece = Bytes::from(format!("piece {number}"));
        sending.send_data(piece.clone(), false).unwrap();
        assert_eq!(body.data().await.unwrap().unwrap(), piece);
    }
    // More than all windows and buffers together.
    let long = Bytes::from(vec![b'x'; 4 << 20]);
    sending.send_data(long.clone(), true).unwrap();
    let rest = client::read(body).await.unwrap();
    assert_eq!((rest.len(), &rest[..]), (long.len(), &long[..]));
}

#[tokio::test]
async fn a_client_that_resets_a_stream_ends_the_work_on_it_and_nothing_else() {
    struct Ends(Arc<Notify>);
    impl Drop for Ends {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let (begun, ended) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (is_begun, is_ended) = (begun.clone(), ended.clone());
    let wait = move || async move {
        let _ends = Ends(is_ended);
        is_begun.notify_one();
        std::future::pending::<()>().await;
    };
    let server = serve(plain().route("/wait", get(wait)), |_| {}).await;
    let mut client = server.client().await;
    let (mut stream, response) = client.send(request("/wait"), true);
    timeout(PATIENCE, begun.notified()).await.unwrap();
    stream.send_reset(h2::Reason::CANCEL);
    timeout(PATIENCE, ended.notified()).await.unwrap();
    assert!(response.await.is_err());
    assert_eq!(client.get("/").await.status, 200);
}

#[tokio::test]
async fn at_shutdown_requests_in_progress_are_answered_and_the_client_is_told() {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (is_begun, may_go_on) = (begun.clone(), go_on.clone());
    let wait = move || async move {
        is_begun.notify_one();
        may_go_on.notified().await;
        vec![b'x'; 1 << 20]
    };
    let mut server = serve(Router::new().route("/", get(wait)), |_| {}).await;
    let mut idle = server.client().await;
    assert_eq!(idle.get("/none").await.status, 404);
    let mut client = server.client().await;
    let (_, response) = client.send(request("/"), true);
    timeout(PATIENCE, begun.notified()).await.unwrap();
    server.stop.take().unwrap().send(()).unwrap();
    idle.ended().await.unwrap();
    go_on.notify_one();
    let mut response = response.await.unwrap();
    let body = client::read(response.body_mut()).await.unwrap();
    assert_eq!(body.len(), 1 << 20);
    drop(response);
    client.ended().await.unwrap();
    timeout(PATIENCE, server.ended).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_host_of_a_request_is_its_authority_and_must_not_be_ambiguous() {
    let server = serve(plain(), |_| {}).await;
    let mut client = server.client().await;
    for (hosts, says) in [
        (&[][..], "HTTP/2.0 localhost"),
        (&["localhost"], "HTTP/2.0 localhost"),
        (&["LocalHost"], "HTTP/2.0 LocalHost"),
        (&["other"], "differs from :authority"),
        (&["localhost", "localhost"], "given twice"),
    ] {
        let mut request = request("/");
        for host in hosts {
            request = request.header("host", *host);
        }
        let response = client.answer(request).await;
        assert!(response.text().contains(says), "{hosts:?}: {response:?}");
    }
}

#[tokio::test]
async fn responses_have_no_headers_of_the_connection_and_no_body_where_there_must_be_none() {
    let answer = |request: Request| async move {
        let mut headers = HeaderMap::new();
        for name in ["connection", "keep-alive", "transfer-encoding", "upgrade"] {
            headers.insert(name, "x".parse().unwrap());
        }
        let status = match request.uri().path() {
            "/304" => StatusCode::NOT_MODIFIED,
            _ => StatusCode::OK,
        };
        (status, headers, "body")
    };
    let server = serve(Router::new().fallback(answer), |_| {}).await;
    let mut client = server.client().await;
    for (method, path, body) in [("GET", "/", "body"), ("HEAD", "/", ""), ("GET", "/304", "")] {
        let response = client.answer(request(path).method(method)).await;
        assert_eq!(response.text(), body, "{method} {path}");
        for name in ["connection", "keep-alive", "transfer-encoding", "upgrade"] {
            assert!(!response.headers.contains_key(name), "{name}");
        }
    }
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_send_its_body() {
    let read = |body: Bytes| async move { body };
    let server = serve(Router::new().route("/", any(read)), |_| {}).await;
    let mut client = server.client().await;
    let asking = request("/").method("POST").header("expect", "100-continue");
    let (mut sending, mut receiving) = client.send(asking, false);
    let told = timeout(
        PATIENCE,
        std::future::poll_fn(|cx| receiving.poll_informational(cx)),
    );
    let told = told
        .await
        .expect("no informational response")
        .unwrap()
        .unwrap();
    assert_eq!(told.status(), StatusCode::CONTINUE);
    sending
        .send_data(Bytes::from_static(b"body"), true)
        .unwrap();
    let mut response = receiving.await.unwrap();
    assert_eq!(client::read(response.body_mut()).await.unwrap(), b"body");
}

/// Counts how many of its requests run at once, and the most that did.
#[derive(Clone, Default)]
struct Running(Arc<(AtomicUsize, AtomicUsize)>);

impl Running {
    fn begin(&self) -> Self {
        let now = self.0.0.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.1.fetch_max(now, Ordering::SeqCst);
        self.clone()
    }

    fn most(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }

    fn end(&self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}
