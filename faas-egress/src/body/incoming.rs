//! The body of a response: counted, decoded, and the end of the request. It is read only as fast as
//! the code reads it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use faas_core::clock::Sleep;
use faas_core::egress::{Budget, RequestPermit, code};
use faas_core::runtime::HostError;
use futures_util::Stream;
use hyper::body::{Body as _, Incoming};

use super::decode::Decoder;
use crate::failure::Failure;
use crate::pool::{Key, Lease, Pool};
use crate::record::Recorder;

/// The connection of a request, which is kept for others when the request has ended well.
pub(crate) struct Held {
    pub(crate) lease: Lease,
    pub(crate) key: Key,
    pub(crate) pool: Pool,
}

impl Held {
    /// Keeps the connection, if the whole request was sent.
    pub(crate) fn release(self, recorder: &Recorder) {
        // One of HTTP/2 is in the pool already.
        if !self.lease.is_http2() && recorder.sent.is_complete() {
            self.pool.keep(self.key, self.lease);
        }
    }
}

/// The body of a response.
pub(crate) struct Body {
    /// `None` after the end, or after an error.
    open: Option<Open>,
}

/// What is dropped when the body has ended. Dropping it earlier ends the request.
struct Open {
    incoming: Incoming,
    held: Held,
    recorder: Recorder,
    decoder: Option<Decoder>,
    budget: Arc<Budget>,
    deadline: Option<Sleep>,
    _permit: RequestPermit,
}

impl Body {
    pub(crate) fn new(
        incoming: Incoming,
        held: Held,
        recorder: Recorder,
        decoder: Option<Decoder>,
        budget: Arc<Budget>,
        deadline: Option<Sleep>,
        permit: RequestPermit,
    ) -> Self {
        Self {
            open: Some(Open {
                incoming,
                held,
                recorder,
                decoder,
                budget,
                deadline,
                _permit: permit,
            }),
        }
    }
}

impl Stream for Body {
    type Item = Result<Bytes, HostError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(open) = &mut self.open else {
            return Poll::Ready(None);
        };
        let polled = open.poll_piece(cx);
        match polled {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(Some(piece))) => Poll::Ready(Some(Ok(piece))),
            Poll::Ready(Ok(None)) => {
                if let Some(open) = self.open.take() {
                    open.held.release(&open.recorder);
                    open.recorder.succeed();
                }
                Poll::Ready(None)
            }
            Poll::Ready(Err(failure)) => {
                if let Some(open) = self.open.take() {
                    open.recorder.fail(&failure);
                }
                Poll::Ready(Some(Err(failure.error)))
            }
        }
    }
}

impl Open {
    /// The next piece; `None` at the end.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Failure>> {
        loop {
            if let Some(decoder) = &mut self.decoder
                && let Some(piece) = decoder.pull().map_err(damaged)?
            {
                self.budget.count_decoded(piece.len())?;
                return Poll::Ready(Ok(Some(piece)));
            }
            let frame = match Pin::new(&mut self.incoming).poll_frame(cx) {
                Poll::Ready(frame) => frame,
                Poll::Pending => {
                    let deadline = self.deadline.as_mut();
                    return match deadline.map(|sleep| sleep.as_mut().poll(cx)) {
                        Some(Poll::Ready(())) => {
                            self.deadline = None;
                            let message = "the response did not end in time";
                            Poll::Ready(Err(Failure::new(code::TIMEOUT, message)))
                        }
                        _ => Poll::Pending,
                    };
                }
            };
            let Some(frame) = frame else {
                if let Some(decoder) = &self.decoder {
                    decoder.finish().map_err(damaged)?;
                }
                return Poll::Ready(Ok(None));
            };
            let frame = frame.map_err(|error| Failure::of_http(&error, &self.held.key.host))?;
            // Trailers are dropped.
            let Ok(piece) = frame.into_data() else {
                continue;
            };
            self.budget.count_in(piece.len())?;
            let bytes = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            self.recorder.record.bytes_in += bytes;
            if let Some(decoder) = &mut self.decoder {
                decoder.push(piece);
            } else if !piece.is_empty() {
                self.budget.count_decoded(piece.len())?;
                return Poll::Ready(Ok(Some(piece)));
            }
        }
    }
}

fn damaged(why: super::decode::Damaged) -> Failure {
    Failure::new(code::PROTOCOL, why.to_string())
}
