//! A client of one connection over HTTP/2.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode};
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::waiting::PATIENCE;

/// A connection. Its clones use the same one.
#[derive(Clone)]
pub(super) struct Client {
    requests: SendRequest<Bytes>,
    ended: watch::Receiver<Option<Result<(), String>>>,
}

/// A whole response.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    body: Vec<u8>,
}

impl Response {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

/// A request without a body.
pub(super) fn get(path: &str) -> Builder {
    Request::builder().uri(format!("http://localhost{path}"))
}

/// Reads a body as fast as it comes.
pub(super) async fn read(body: &mut RecvStream) -> Result<Vec<u8>, h2::Error> {
    let mut all = Vec::new();
    while let Some(piece) = timeout(PATIENCE, body.data()).await.expect("no data") {
        let piece = piece?;
        body.flow_control().release_capacity(piece.len())?;
        all.extend(piece);
    }
    Ok(all)
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap()).await
    }

    pub(super) async fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        let mut builder = h2::client::Builder::new();
        // A stream that is not read must leave room for others.
        builder.initial_connection_window_size(1 << 20);
        let (requests, connection) = builder.handshake(stream).await.unwrap();
        let (end, ended) = watch::channel(None);
        tokio::spawn(async move {
            let ended = connection.await.map_err(|error| error.to_string());
            let _ = end.send(Some(ended));
        });
        Self { requests, ended }
    }

    /// Sends the head of a request; it is all of it if `is_whole`.
    pub(super) fn send(
        &mut self,
        request: Builder,
        is_whole: bool,
    ) -> (SendStream<Bytes>, ResponseFuture) {
        let request = request.body(()).unwrap();
        let (response, stream) = self.requests.send_request(request, is_whole).unwrap();
        (stream, response)
    }

    /// The response to a request without a body.
    pub(super) async fn answer(&mut self, request: Builder) -> Response {
        self.requests = self.requests.clone().ready().await.unwrap();
        let (_, response) = self.send(request, true);
        let response = timeout(PATIENCE, response).await.expect("no response");
        let (head, mut body) = response.unwrap().into_parts();
        Response {
            status: head.status,
            headers: head.headers,
            body: read(&mut body).await.unwrap(),
        }
    }

    pub(super) async fn get(&mut self, path: &str) -> Response {
        self.answer(get(path)).await
    }

    /// Whether the server accepts the extended CONNECT of RFC 8441.
    pub(super) fn offers_extended_connect(&self) -> bool {
        self.requests.is_extended_connect_protocol_enabled()
    }

    /// Waits for the end of the connection: an error if it was not orderly.
    pub(super) async fn ended(&mut self) -> Result<(), String> {
        let ended = timeout(PATIENCE, self.ended.wait_for(Option::is_some)).await;
        let ended = ended.expect("the connection stays open").unwrap();
        ended.clone().unwrap()
    }
}
