//! A request body on its way to a handler.
//!
//! It counts against a budget that all requests share, it fails when it arrives too slowly, and when
//! it is dropped before its end the rest is read and discarded in the background: a client that
//! writes its whole body before it reads would otherwise lose the early answer (413, 401, 404, …) to
//! a reset connection.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderMap;
use axum::http::header::EXPECT;
use http_body::{Frame, SizeHint};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::progress::{MinRate, Progress};

/// The first bytes of each body do not count, so that small requests are served while the budget is
/// used up.
const FREE: usize = 16 << 10;
/// The most bytes of a body that are discarded. Of a longer body nothing is read any more, and the
/// connection is closed.
const MAX_DISCARDED: u64 = 64 << 20;
/// The longest time that a body is discarded for.
const MAX_DISCARD_TIME: Duration = Duration::from_secs(30);

/// What all bodies share.
pub(crate) struct Bodies {
    budget: usize,
    in_use: AtomicUsize,
    rate: MinRate,
}

impl Bodies {
    /// At most `budget` bytes at once, each body at least this fast.
    pub(crate) fn new(budget: usize, rate: MinRate) -> Self {
        Self {
            budget,
            in_use: AtomicUsize::new(0),
            rate,
        }
    }

    /// The bytes of bodies in memory that count.
    pub(crate) fn in_use(&self) -> usize {
        self.in_use.load(Ordering::Relaxed)
    }

    /// Wraps a body, unless it is empty.
    pub(crate) fn wrap(self: &Arc<Self>, headers: &HeaderMap, body: Body) -> Body {
        self.wrap_in_pieces(headers, body, usize::MAX)
    }

    /// Wraps a body of which at most `at_once` bytes are in memory: no more of it count.
    pub(crate) fn wrap_in_pieces(
        self: &Arc<Self>,
        headers: &HeaderMap,
        body: Body,
        at_once: usize,
    ) -> Body {
        if body.is_end_stream() {
            return body;
        }
        Body::new(Incoming {
            at_once,
            rest: Some(body),
            shared: Arc::clone(self),
            progress: Progress::new(self.rate),
            received: 0,
            counted: 0,
            // Such a client sends its body only once it is asked for.
            is_sent: !headers.contains_key(EXPECT),
        })
    }

    fn reserve(&self, bytes: usize) -> bool {
        let reserved = self
            .in_use
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |in_use| {
                in_use.checked_add(bytes).filter(|sum| *sum <= self.budget)
            });
        reserved.is_ok()
    }
}

/// Why a body cannot be read.
#[derive(Debug)]
pub(crate) enum BodyError {
    /// The budget is used up.
    NoRoom,
    /// It arrives too slowly.
    TooSlow,
    /// The connection or its framing broke.
    Broken(axum::Error),
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoom => f.write_str("too many request bodies arrive at the same time"),
            Self::TooSlow => f.write_str("the body arrives too slowly"),
            Self::Broken(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BodyError {}

struct Incoming {
    /// What has not been read yet; `None` after the end or an error.
    rest: Option<Body>,
    shared: Arc<Bodies>,
    progress: Progress,
    received: usize,
    /// The most bytes that are in memory.
    at_once: usize,
    /// How much of the budget it holds.
    counted: usize,
    /// Whether the client sends the body without being asked.
    is_sent: bool,
}

impl Incoming {
    /// Counts a chunk; false when there is no room for it.
    fn count(&mut self, bytes: usize) -> bool {
        self.progress.count(bytes as u64);
        self.received = self.received.saturating_add(bytes);
        let over = self.received.min(self.at_once).saturating_sub(FREE);
        let more = over.saturating_sub(self.counted);
        if more > 0 && !self.shared.reserve(more) {
            return false;
        }
        self.counted += more;
        true
    }
}

impl HttpBody for Incoming {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let Some(rest) = &mut this.rest else {
            return Poll::Ready(None);
        };
        this.is_sent = true;
        let polled = Pin::new(rest).poll_frame(cx);
        if polled.is_pending() {
            ready!(this.progress.poll_too_slow(cx));
            // The client has had its time: the rest is not waited for.
            this.rest = None;
            return Poll::Ready(Some(Err(BodyError::TooSlow)));
        }
        match ready!(polled) {
            Some(Ok(frame)) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                if this.at_once < usize::MAX {
                    // Whoever reads it in pieces may take longer than a window for one.
                    this.progress.finish();
                }
                if this.count(bytes) {
                    Poll::Ready(Some(Ok(frame)))
                } else {
                    Poll::Ready(Some(Err(BodyError::NoRoom)))
                }
            }
            Some(Err(error)) => {
                this.rest = None;
                Poll::Ready(Some(Err(BodyError::Broken(error))))
            }
            None => {
                this.rest = None;
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.rest {
            Some(rest) => rest.size_hint(),
            None => SizeHint::with_exact(0),
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.shared
            .in_use
            .fetch_sub(self.counted, Ordering::Relaxed);
        let Some(rest) = self.rest.take() else {
            return;
        };
        let is_worth_it =
            self.is_sent && !rest.is_end_stream() && rest.size_hint().lower() <= MAX_DISCARDED;
        if is_worth_it && let Ok(runtime) = Handle::try_current() {
            runtime.spawn(timeout(MAX_DISCARD_TIME, discard(rest, self.shared.rate)));
        }
    }
}

/// Reads and discards a body, as long as it makes progress.
async fn discard(mut body: Body, rate: MinRate) {
    let mut progress = Progress::new(rate);
    let mut left = MAX_DISCARDED;
    std::future::poll_fn(|cx| {
        loop {
            let frame = match Pin::new(&mut body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => frame,
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(()),
                Poll::Pending => return progress.poll_too_slow(cx),
            };
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            progress.count(bytes as u64);
            left = left.saturating_sub(bytes as u64);
            if left == 0 {
                return Poll::Ready(());
            }
        }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFF: MinRate = MinRate {
        window: Duration::ZERO,
        bytes: 0,
    };

    fn incoming(shared: &Arc<Bodies>) -> Incoming {
        Incoming {
            rest: None,
            shared: Arc::clone(shared),
            progress: Progress::new(OFF),
            received: 0,
            at_once: usize::MAX,
            counted: 0,
            is_sent: true,
        }
    }

    #[test]
    fn bodies_in_memory_never_exceed_the_budget_and_give_it_back() {
        let shared = Arc::new(Bodies::new(100_000, OFF));
        let mut bodies: Vec<_> = (0..10).map(|_| incoming(&shared)).collect();
        let mut refused = 0;
        for round in 0..20 {
            for body in &mut bodies {
                refused += usize::from(!body.count(1_000 * (round + 1)));
                assert!(shared.in_use() <= 100_000);
            }
        }
        assert!(refused > 0);
        drop(bodies);
        assert_eq!(shared.in_use(), 0);
    }

    #[test]
    fn a_small_body_is_read_while_the_budget_is_used_up() {
        let shared = Arc::new(Bodies::new(0, OFF));
        let mut body = incoming(&shared);
        assert!(body.count(FREE));
        assert!(!body.count(1));
    }
}
