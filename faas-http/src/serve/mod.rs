//! Serving a router to clients that nobody has vetted.
//!
//! `axum::serve` trusts its clients: it waits for as long as they like, for as many as there are.
//! [`serve`] bounds what each connection may cost:
//!
//! - the number of connections, over all and for each address. When there are too many, the
//!   connection that has waited longest without a request in progress is closed, one that never sent
//!   a request first (`places`).
//! - the time for the head of a request, and a minimum rate at which a response must be read
//!   (`stream`). The rate at which a body must arrive is the router's: [`HttpOptions`].
//! - the framing of requests: what two servers could read in two ways is refused with 400 (`head`).
//!
//! With a certificate it serves over TLS (`tls`).
//!
//! And it closes a connection so that the client can read the last answer, although it may still be
//! sending.
//!
//! [`HttpOptions`]: crate::HttpOptions

mod head;
mod places;
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
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use self::places::{AddressIsFull, Place, Places};
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
    /// closed; when there are none, new clients wait to be accepted. Default: 10,000.
    pub max_connections: usize,
    /// The most connections at once from one address (IPv6: one /64 network). Beyond it, its own
    /// connections without a request in progress are closed; when there are none, a new one is
    /// answered with 503. Default: 5,000.
    pub max_connections_per_address: usize,
    /// How long a client may take to send the head of a request, and how long a connection may be
    /// idle. Default: 30 s.
    pub head_timeout: Duration,
    /// The time over which `min_rate` is measured. A connection whose client reads less of a response
    /// is closed. Zero: no limit. Default: 10 s.
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

/// Serves `app` over HTTP/1.1, with [`ServeOptions::tls`] over TLS, until `shutdown` resolves; then accepts no new connection, finishes the
/// requests in progress, and returns once they are answered.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    options: ServeOptions,
    shutdown: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(options.head_timeout)
        .max_buf_size(BUFFER);
    let server = Server {
        http,
        app,
        rate: MinRate::new(options.stall_timeout, options.min_rate),
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

/// A connection without or with TLS.
type Stream = Either<TcpStream, TlsStream<TcpStream>>;

/// What all connections share.
#[derive(Clone)]
struct Server {
    http: http1::Builder,
    app: Router,
    rate: MinRate,
    tls: Option<Tls>,
    head_timeout: Duration,
    stopping: CancellationToken,
}

impl Server {
    /// The stream of a connection, once its client has begun with TLS if it must.
    async fn begin(&self, stream: TcpStream) -> io::Result<Stream> {
        let Some(tls) = &self.tls else {
            return Ok(Stream::Left(stream));
        };
        let accepting = tls.acceptor().accept(stream);
        let stream = tokio::time::timeout(self.head_timeout, accepting).await??;
        Ok(Stream::Right(stream))
    }

    /// Serves one connection to its end.
    async fn connection(self, stream: TcpStream, address: SocketAddr, place: Place) {
        let peer = Arc::clone(place.peer());
        let is_over_tls = self.tls.is_some();
        let stream = tokio::select! {
            begun = self.begin(stream) => match begun {
                Ok(stream) => stream,
                Err(error) => return tracing::debug!(%error, "TLS failed"),
            },
            () = peer.evicted() => return,
            () = self.stopping.cancelled() => return,
        };
        let app = self.app;
        let of_service = Arc::clone(&peer);
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let (app, peer) = (app.clone(), Arc::clone(&of_service));
            // Before anything else is read from the connection.
            let is_well_framed = peer.begin_request();
            async move {
                let response = match is_well_framed {
                    Ok(()) => respond(app, request, address, is_over_tls).await,
                    Err(message) => bad_framing(message),
                };
                peer.end_request(response.status() == StatusCode::SWITCHING_PROTOCOLS);
                Ok::<_, Infallible>(response)
            }
        });
        let stream = ClientStream::new(stream, Arc::clone(&peer), self.rate, self.stopping.clone());
        let connection = self
            .http
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = peer.evicted() => return,
            () = self.stopping.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "connection failed");
        }
    }
}

async fn respond(
    app: Router,
    request: hyper::Request<Incoming>,
    client: SocketAddr,
    is_over_tls: bool,
) -> Response {
    let mut request: Request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(client));
    if is_over_tls {
        request.extensions_mut().insert(OverTls);
    }
    match app.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
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
