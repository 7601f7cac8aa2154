//! The byte stream of a client, with what hyper and h2 do not do: it notices when a response is not
//! read, checks the framing of requests over HTTP/1.1, and lets the client finish before it closes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Interval, interval};
use tokio_util::sync::CancellationToken;

use super::head::Framing;
use super::places::Peer;
use super::protocol::{self, Begun, Protocol, Stream};
use crate::progress::{MinRate, Progress};

/// How much of what a client still sends is discarded before its connection is closed.
const MAX_DISCARDED: usize = 64 << 20;
/// How long that may take.
const MAX_LINGER: Duration = Duration::from_secs(30);

/// See the module.
pub(super) struct ClientStream {
    io: Stream,
    /// What was read of it before.
    begun: Bytes,
    peer: Arc<Peer>,
    /// `None` over HTTP/2.
    framing: Option<Framing>,
    is_distrusted: bool,
    rate: MinRate,
    writes: Progress,
    /// How many sent bytes `writes` has counted.
    counted: u64,
    stopping: CancellationToken,
    linger: Option<Linger>,
}

/// A connection of which the writing half is closed.
struct Linger {
    progress: Progress,
    end: Interval,
    discarded: usize,
}

impl ClientStream {
    pub(super) fn new(
        begun: Begun,
        peer: Arc<Peer>,
        rate: MinRate,
        stopping: CancellationToken,
    ) -> Self {
        Self {
            io: begun.io,
            begun: begun.bytes,
            peer,
            framing: (begun.protocol == Protocol::Http1).then(Framing::new),
            is_distrusted: false,
            rate,
            writes: Progress::new(rate),
            counted: 0,
            stopping,
            linger: None,
        }
    }

    fn follow(&mut self, bytes: &[u8]) {
        if self.is_distrusted || self.peer.is_upgraded() {
            return;
        }
        let Some(framing) = &mut self.framing else {
            return;
        };
        if let Err(ambiguous) = framing.receive(bytes) {
            self.is_distrusted = true;
            self.peer.distrust(ambiguous.index, ambiguous.message);
        }
    }

    /// The result of a write or a flush; an error when the client reads too slowly.
    fn written<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        let sent = protocol::sent(&self.io);
        self.writes.count(sent - self.counted);
        self.counted = sent;
        if written.is_pending() {
            self.peer.block();
            ready!(self.writes.poll_too_slow(cx));
            let message = "the client does not read its response";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, message)));
        }
        written
    }

    /// Whether the client may be sending something that nobody will read.
    fn may_be_sending(&self) -> bool {
        let is_between = |framing: &Framing| framing.is_between_requests();
        // Over HTTP/2 a client can send at any time.
        let is_mid_request = self.is_distrusted || !self.framing.as_ref().is_some_and(is_between);
        is_mid_request && !self.peer.is_upgraded() && !self.stopping.is_cancelled()
    }

    /// Discards what the client sends until it closes its half, within bounds.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        const SCRATCH: usize = 16 << 10;
        if self.stopping.is_cancelled() {
            return Poll::Ready(());
        }
        let (peer, rate) = (&self.peer, self.rate);
        let linger = self.linger.get_or_insert_with(|| {
            // Its answer is sent: another connection may have its place.
            peer.rest();
            let mut end = interval(MAX_LINGER);
            // The first tick would be now.
            end.reset();
            Linger {
                progress: Progress::new(rate),
                end,
                discarded: 0,
            }
        });
        loop {
            let mut scratch = [0; SCRATCH];
            let mut buffer = ReadBuf::new(&mut scratch);
            match Pin::new(&mut self.io).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    let bytes = buffer.filled().len();
                    linger.progress.count(bytes as u64);
                    linger.discarded = linger.discarded.saturating_add(bytes);
                    if linger.discarded > MAX_DISCARDED {
                        return Poll::Ready(());
                    }
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => {
                    if linger.end.poll_tick(cx).is_pending() {
                        ready!(linger.progress.poll_too_slow(cx));
                    }
                    return Poll::Ready(());
                }
            }
        }
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if self.begun.is_empty() {
            ready!(Pin::new(&mut self.io).poll_read(cx, buffer))?;
        } else {
            let length = self.begun.len().min(buffer.remaining());
            buffer.put_slice(&self.begun.split_to(length));
        }
        let received = buffer.filled().get(before..).unwrap_or_default();
        self.follow(received);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.written(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bytes);
        self.written(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    /// Called once all that there is to write is written.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        ready!(self.written(flushed, cx))?;
        self.writes.finish();
        self.peer.written();
        Poll::Ready(Ok(()))
    }

    /// Closes the writing half. A socket that is closed with unread data is reset, and the client
    /// may lose the answer that it has not read yet; so what it still sends is read first.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            let closed = Pin::new(&mut self.io).poll_shutdown(cx);
            ready!(self.written(closed, cx))?;
        }
        if self.linger.is_some() || self.may_be_sending() {
            ready!(self.poll_linger(cx));
        }
        Poll::Ready(Ok(()))
    }
}
