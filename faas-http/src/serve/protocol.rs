//! Which version of HTTP a connection speaks.
//!
//! Over TLS the handshake decides (ALPN). Without TLS a client that knows that the server speaks
//! HTTP/2 begins with a fixed text (RFC 9113 §3.4), which is no request of HTTP/1.1. `Upgrade: h2c`
//! is not supported; RFC 9113 has removed it.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use super::counted::Counted;
use super::tls::{self, Tls};

/// What a client of HTTP/2 sends first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection without or with TLS.
pub(super) type Stream = Either<Counted, TlsStream<Counted>>;

/// How many bytes of a connection the system has taken.
pub(super) fn sent(stream: &Stream) -> u64 {
    match stream {
        Stream::Left(tcp) => tcp.sent(),
        Stream::Right(tls) => tls.get_ref().0.sent(),
    }
}

/// A connection whose protocol is known.
pub(super) struct Begun {
    pub(super) io: Stream,
    /// What was read to find that out.
    pub(super) bytes: Bytes,
    pub(super) protocol: Protocol,
}

/// A version of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// Finds out what the client speaks.
///
/// # Errors
/// The client took longer than `within`, has gone, or does not speak TLS.
pub(super) async fn begin(
    stream: TcpStream,
    tls: Option<&Tls>,
    within: Duration,
) -> io::Result<Begun> {
    let stream = Counted::new(stream);
    let beginning = async {
        match tls {
            Some(tls) => over_tls(stream, tls).await,
            None => in_plain_text(stream).await,
        }
    };
    timeout(within, beginning).await?
}

async fn over_tls(stream: Counted, tls: &Tls) -> io::Result<Begun> {
    let stream = tls.acceptor().accept(stream).await?;
    let protocol = match stream.get_ref().1.alpn_protocol() {
        Some(tls::HTTP_2) => Protocol::Http2,
        _ => Protocol::Http1,
    };
    Ok(Begun {
        io: Stream::Right(stream),
        bytes: Bytes::new(),
        protocol,
    })
}

/// Reads until the bytes differ from the preface, so at most as many as it has.
async fn in_plain_text(mut stream: Counted) -> io::Result<Begun> {
    let mut bytes = BytesMut::with_capacity(PREFACE.len());
    let protocol = loop {
        let left = PREFACE.len() - bytes.len();
        if left == 0 {
            break Protocol::Http2;
        }
        let read = (&mut stream).take(left as u64).read_buf(&mut bytes).await?;
        if read == 0 || !PREFACE.starts_with(&bytes) {
            break Protocol::Http1;
        }
    };
    Ok(Begun {
        io: Stream::Left(stream),
        bytes: bytes.freeze(),
        protocol,
    })
}
