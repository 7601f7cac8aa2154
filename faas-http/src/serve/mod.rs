//! Serving a router to clients that are not trusted.
//!
//! `axum::serve` trusts its clients: it has no limits on their number and on how long they take.
//! [`serve`] bounds what each connection may cost:
//!
//! - the number of connections, over all and for each address. When there are too many, the
//!   connection that has waited longest without a request in progress is closed, one that never sent
//!   a request first (`places`).
//! - the time for the head of a request, and a minimum rate at which a response must be read
//!   (`stream`). The rate at which a body must arrive is the router's: [`HttpOptions`].
//! - the framing of requests over HTTP/1.1: what two servers could read in two ways is refused with
//!   400 (`head`).
//! - the streams of a connection over HTTP/2 (`http2`).
//!
//! The client chooses between HTTP/1.1 and HTTP/2 (`protocol`). With a certificate, [`serve`] uses TLS
//! (`tls`).
//!
//! It closes a connection in a way that lets the client read the last answer, although it may still
//! be sending.
//!
//! [`HttpOptions`]: crate::HttpOptions

mod counted;
mod head;
mod http2;
mod places;
mod protocol;
mod stream;
mod tls;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use faas_core::clock::{Clock, SystemClock};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use self::http2::Http2;
use self::places::{AddressIsFull, Peer, Place, Places};
use self::protocol::Protocol;
use self::stream::ClientStream;
pub use self::tls::{Tls, TlsError};
use crate::error::ApiError;
use crate::progress::MinRate;

/// The largest head of a request, and what is buffered of a body or a response at a time.
const BUFFER: usize = 64 << 10;

/// What a connection may cost.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServeOptions {
    /// The most connections at once. Beyond it, connections without a request in progress are
    /// closed; when there are none, new clients wait to be accepted. As many requests over HTTP/2
    /// can be in progress; more are refused with `REFUSED_STREAM`. Default: 10,000.
    pub max_connections: usize,
    /// The most connections at once from one address (IPv6: one /64 network). Beyond it, its own
    /// connections without a request in progress are closed; when there are none, a new one is
    /// answered with 503. The limit holds for requests over HTTP/2 too. Default: 5,000.
    pub max_connections_per_address: usize,
    /// How long a client may take to send the head of a request, and how long a connection may be
    /// idle. Default: 30 s.
    pub head_timeout: Duration,
    /// The time over which `min_rate` is measured. A connection whose client reads less of a response
    /// is closed; over HTTP/2, a stream that waits for its client's window is reset. Zero: no limit.
    /// Default: 10 s.
    pub stall_timeout: Duration,
    /// The fewest bytes a second. Default: 1 KiB.
    pub min_rate: usize,
    /// The certificate of the server. A client that does not begin with TLS within `head_timeout` is
    /// disconnected. Default: none, and no TLS.
    pub tls: Option<Tls>,
}

/// Marks a request that came over TLS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OverTls;

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            max_connections_per_address: 5_000,
            head_timeout: Duration::from_secs(30),
            stall_timeout: Duration::from_secs(10),
            min_rate: 1 << 10,
            tls: None,
        }
    }
}

/// Serves `app` over HTTP/1.1 and HTTP/2, with [`ServeOptions::tls`] over TLS, until `shutdown`
/// resolves. Then it accepts no new connection, finishes the requests in progress, and returns once
/// they are answered.
///
/// Without TLS a client must know that the server speaks HTTP/2 ("prior knowledge"). WebSockets need
/// HTTP/1.1: the extended CONNECT of HTTP/2 (RFC 8441) is not offered.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    options: ServeOptions,
    shutdown: impl Future<Output = ()>,
) {
    let mut http1 = http1::Builder::new();
    http1
        .timer(TokioTimer::new())
        .header_read_timeout(options.head_timeout)
        .max_buf_size(BUFFER);
    let rate = MinRate::new(options.stall_timeout, options.min_rate);
    let server = Server {
        http1,
        http2: Http2::new(options.head_timeout, rate),
        app,
        rate,
        tls: options.tls,
        head_timeout: options.head_timeout,
        stopping: CancellationToken::new(),
    };
    let places = Arc::new(Places::new(
        options.max_connections,
        options.max_connections_per_address,
    ));
    let connections = TaskTracker::new();
    tokio::pin!(shutdown);
    loop {
        let (stream, address, place) = tokio::select! {
            accepted = accept_within(&listener, &places) => accepted,
            () = &mut shutdown => break,
        };
        connections.spawn(server.clone().connection(stream, address, place));
    }
    drop(listener);
    server.stopping.cancel();
    connections.close();
    connections.wait().await;
}

/// What all connections share.
#[derive(Clone)]
struct Server {
    http1: http1::Builder,
    http2: Http2,
    app: Router,
    rate: MinRate,
    tls: Option<Tls>,
    head_timeout: Duration,
    stopping: CancellationToken,
}

impl Server {
    /// Serves one connection to its end.
    async fn connection(self, stream: TcpStream, address: SocketAddr, place: Place) {
        let peer = Arc::clone(place.peer());
        let begun = tokio::select! {
            begun = protocol::begin(stream, self.tls.as_ref(), self.head_timeout) => match begun {
                Ok(begun) => begun,
                Err(error) => return tracing::debug!(%error, "no connection"),
            },
            () = peer.evicted() => return,
            () = self.stopping.cancelled() => return,
        };
        let protocol = begun.protocol;
        let stream = ClientStream::new(begun, Arc::clone(&peer), self.rate, self.stopping.clone());
        let client = Client {
            app: self.app,
            address,
            is_over_tls: self.tls.is_some(),
        };
        match protocol {
            Protocol::Http1 => {
                http1_connection(self.http1, stream, client, peer, self.stopping).await
            }
            Protocol::Http2 => {
                self.http2
                    .connection(stream, client, &place, &self.stopping)
                    .await
            }
        }
    }
}

async fn http1_connection(
    http: http1::Builder,
    stream: ClientStream,
    client: Client,
    peer: Arc<Peer>,
    stopping: CancellationToken,
) {
    let of_service = Arc::clone(&peer);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (client, peer) = (client.clone(), Arc::clone(&of_service));
        // Before anything else is read from the connection.
        let is_well_framed = peer.begin_request();
        async move {
            let response = match is_well_framed {
                Ok(()) => client.respond(request.map(Body::new)).await,
                Err(message) => bad_framing(message),
            };
            peer.end_request(response.status() == StatusCode::SWITCHING_PROTOCOLS);
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = peer.evicted() => return,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection failed");
    }
}

/// Passes the requests of a client to the router.
#[derive(Clone)]
struct Client {
    app: Router,
    address: SocketAddr,
    is_over_tls: bool,
}

impl Client {
    async fn respond(self, mut request: Request) -> Response {
        request.extensions_mut().insert(ConnectInfo(self.address));
        if self.is_over_tls {
            request.extensions_mut().insert(OverTls);
        }
        match self.app.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// The answer to a request whose framing is ambiguous. Nothing after it can be trusted.
fn bad_framing(message: &'static str) -> Response {
    let mut response = ApiError::invalid(message).into_response();
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
    response
}

/// The next connection that there is room for.
async fn accept_within(
    listener: &TcpListener,
    places: &Arc<Places>,
) -> (TcpStream, SocketAddr, Place) {
    loop {
        let (stream, address) = accept(listener, places).await;
        match places.take(address.ip()).await {
            Ok(place) => return (stream, address, place),
            Err(AddressIsFull) => refuse(&stream, address),
        }
    }
}

/// Answers without reading the request. What does not fit into the socket's buffer is not sent.
fn refuse(stream: &TcpStream, address: SocketAddr) {
    const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\
        connection: close\r\ncontent-type: application/json\r\ncontent-length: 80\r\n\r\n\
        {\"error\":\"too many connections from this address\",\"code\":\"too_many_connections\"}";
    tracing::debug!(%address, "connection refused: too many from this address");
    if let Err(error) = stream.try_write(ANSWER) {
        tracing::debug!(%error, "refusal not sent");
    }
}

/// The next connection. While there are too many open files, idle connections are closed.
async fn accept(listener: &TcpListener, places: &Places) -> (TcpStream, SocketAddr) {
    const PAUSE: Duration = Duration::from_millis(100);
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_the_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept a connection");
                places.evict_one();
                SystemClock::new().sleep(PAUSE).await;
            }
        }
    }
}

/// Whether the client has gone again.
fn is_of_the_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}
