//! The body of a request. It is read only as fast as it is sent.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use faas_core::bindings::ByteStream;
use faas_core::egress::Budget;
use faas_core::runtime::HostError;
use futures_util::Stream as _;
use http_body::{Body, Frame, SizeHint};

/// What was sent so far.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    bytes: AtomicU64,
    is_complete: AtomicBool,
}

impl Sent {
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Whether the connection has taken the whole body.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_complete.load(Ordering::Acquire)
    }
}

/// The body of a request, counted.
pub(crate) struct Outgoing {
    content: Content,
    budget: Arc<Budget>,
    sent: Arc<Sent>,
}

enum Content {
    /// `None` once it was sent.
    Bytes(Option<Bytes>),
    Stream(ByteStream),
}

impl Outgoing {
    pub(crate) fn bytes(bytes: Bytes, budget: Arc<Budget>, sent: Arc<Sent>) -> Self {
        let is_empty = bytes.is_empty();
        sent.is_complete.store(is_empty, Ordering::Release);
        Self {
            content: Content::Bytes((!is_empty).then_some(bytes)),
            budget,
            sent,
        }
    }

    pub(crate) fn stream(stream: ByteStream, budget: Arc<Budget>, sent: Arc<Sent>) -> Self {
        Self {
            content: Content::Stream(stream),
            budget,
            sent,
        }
    }

    fn count(&self, piece: Bytes) -> Result<Frame<Bytes>, HostError> {
        self.budget.count_out(piece.len())?;
        let bytes = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        self.sent.bytes.fetch_add(bytes, Ordering::Relaxed);
        Ok(Frame::data(piece))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = HostError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HostError>>> {
        let piece = match &mut self.content {
            Content::Bytes(bytes) => bytes.take().map(Ok),
            Content::Stream(stream) => match Pin::new(stream).poll_next(cx) {
                Poll::Ready(piece) => piece,
                Poll::Pending => return Poll::Pending,
            },
        };
        let is_last = matches!(self.content, Content::Bytes(_)) || piece.is_none();
        let frame = piece.map(|piece| piece.and_then(|piece| self.count(piece)));
        if is_last {
            self.sent.is_complete.store(true, Ordering::Release);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.content, Content::Bytes(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Bytes(bytes) => {
                let length = bytes.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            Content::Stream(_) => SizeHint::default(),
        }
    }
}
