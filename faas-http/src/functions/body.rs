//! Bodies of requests to functions: a short one is read before the function is called, the function
//! reads a longer one as it comes.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use bytes::BytesMut;
use faas_core::bindings::ByteStream;
use faas_core::http::{self, MAX_INLINE_BODY};
use faas_core::runtime::HostError;
use futures_util::{Stream, StreamExt as _};

use super::Gateway;
use crate::body::refuse;
use crate::error::ApiError;

/// Whether a body in pieces turned out to be too large.
#[derive(Clone, Default)]
pub(super) struct TooLarge(Arc<AtomicBool>);

impl TooLarge {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Reads a body of at most `limit` bytes, or its beginning.
///
/// # Errors
/// 413 when it is larger, 408 when it arrives too slowly, 503 when too many bodies arrive at the same
/// time, 400 when it is broken.
pub(super) async fn read(
    gateway: &Gateway,
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<(http::Body, TooLarge), ApiError> {
    let too_large = TooLarge::default();
    let announced = headers.get(CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(ApiError::too_large(limit));
    }
    if axum::body::HttpBody::is_end_stream(&body) {
        let has_body = announced.is_some();
        let empty = if has_body {
            http::Body::Bytes(Bytes::new())
        } else {
            http::Body::Empty
        };
        return Ok((empty, too_large));
    }
    let body = gateway
        .bodies
        .wrap_in_pieces(headers, body, MAX_INLINE_BODY);
    let mut stream = body.into_data_stream();
    let mut first = BytesMut::new();
    if announced.is_none_or(|length| length <= MAX_INLINE_BODY) {
        let within = gateway.options.request_timeout;
        let reading = begin(&mut stream, &mut first, limit);
        let is_all = tokio::time::timeout(within, reading).await;
        let is_all = is_all.map_err(|_elapsed| ApiError::body_too_slow())??;
        if is_all {
            return Ok((http::Body::Bytes(first.freeze()), too_large));
        }
    }
    let rest = Rest {
        left: limit - first.len(),
        first: Some(first.freeze()).filter(|first| !first.is_empty()),
        stream: Some(stream),
        too_large: too_large.clone(),
    };
    Ok((http::Body::Stream(ByteStream::new(rest)), too_large))
}

/// Reads until the end, or until there is more than is part of an input. Returns whether it is the
/// end.
async fn begin(
    stream: &mut BodyDataStream,
    first: &mut BytesMut,
    limit: usize,
) -> Result<bool, ApiError> {
    while let Some(piece) = stream.next().await {
        first.extend_from_slice(&piece.map_err(refuse)?);
        if first.len() > limit {
            return Err(ApiError::too_large(limit));
        }
        if first.len() > MAX_INLINE_BODY {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What the function reads.
struct Rest {
    first: Option<Bytes>,
    /// `None` after an error.
    stream: Option<BodyDataStream>,
    /// How many bytes may still come.
    left: usize,
    too_large: TooLarge,
}

impl Stream for Rest {
    type Item = Result<Bytes, HostError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Some(first) = this.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let Some(stream) = &mut this.stream else {
            return Poll::Ready(None);
        };
        let failed = match ready!(Pin::new(stream).poll_next(cx)) {
            None => return Poll::Ready(None),
            Some(Ok(piece)) => match this.left.checked_sub(piece.len()) {
                Some(left) => {
                    this.left = left;
                    return Poll::Ready(Some(Ok(piece)));
                }
                None => {
                    this.too_large.0.store(true, Ordering::Relaxed);
                    HostError::new("ERR_TOO_LARGE", "the body of the request is too large")
                }
            },
            Some(Err(error)) => HostError::new(
                "ERR_REQUEST_BODY",
                format!(
                    "the body of the request cannot be read: {}",
                    error.into_inner()
                ),
            ),
        };
        this.stream = None;
        Poll::Ready(Some(Err(failed)))
    }
}
