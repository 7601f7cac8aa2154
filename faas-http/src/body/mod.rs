//! Reading request bodies: how much memory they may take, how slowly they may arrive, how they are
//! decoded, and what happens to a body that nobody reads.
//!
//! [`incoming`] wraps the body of every request before its route sees it. [`read`] collects a body
//! for a handler; [`coding`] undoes its `Content-Encoding`.

mod coding;
mod incoming;

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;

pub(crate) use coding::ACCEPTED;
pub(crate) use incoming::Bodies;

use self::coding::Coding;
use self::incoming::BodyError;
use crate::error::ApiError;

/// A body as it arrives grows by at least this many bytes at a time.
const STEP: usize = 8 << 10;

/// Reads the whole body as [`read_exact`] does, without a byte order mark.
///
/// # Errors
/// As [`read_exact`].
pub(crate) async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, ApiError> {
    Ok(without_mark(read_exact(headers, body, limit).await?))
}

/// Reads the whole body: decoded, at most `limit` bytes before and after decoding.
///
/// # Errors
/// 413 when it is larger, 415 when its encoding is not supported, 408 when it arrives too slowly,
/// 503 when too many bodies arrive at the same time, 400 when it is broken.
pub(crate) async fn read_exact(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<Bytes, ApiError> {
    let coding = Coding::of(headers)?;
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(ApiError::too_large(limit));
    }
    let received = collect(body, limit, announced).await?;
    match coding {
        None => Ok(received),
        Some(coding) => coding::decode(coding, received, limit).await,
    }
}

/// Collects a body. The chunks are copied, unless there is only one: many small chunks would each
/// keep the buffer alive that they were read into.
async fn collect(
    mut body: Body,
    limit: usize,
    announced: Option<usize>,
) -> Result<Bytes, ApiError> {
    let mut first = Bytes::new();
    let mut all = Vec::new();
    let mut length = 0_usize;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let Ok(chunk) = frame.map_err(refuse)?.into_data() else {
            // Trailers carry nothing that is used here.
            continue;
        };
        length = length.saturating_add(chunk.len());
        if length > limit {
            return Err(ApiError::too_large(limit));
        }
        if first.is_empty() && all.is_empty() {
            first = chunk;
            continue;
        }
        if length > all.capacity() {
            // Doubled, but never beyond what can still come.
            let doubled = all.capacity().saturating_mul(2).max(STEP);
            let capacity = doubled.min(announced.unwrap_or(limit)).max(length);
            all.reserve_exact(capacity - all.len());
        }
        all.extend_from_slice(&std::mem::take(&mut first));
        all.extend_from_slice(&chunk);
    }
    Ok(if all.is_empty() {
        first
    } else {
        Bytes::from(all)
    })
}

/// The answer to a body that cannot be read.
pub(crate) fn refuse(error: axum::Error) -> ApiError {
    let error = error.into_inner();
    match error.downcast_ref::<BodyError>() {
        Some(BodyError::NoRoom) => ApiError::too_many_bodies(),
        Some(BodyError::TooSlow) => ApiError::body_too_slow(),
        Some(BodyError::Broken(cause)) => {
            ApiError::invalid(format!("the body could not be read: {cause}"))
        }
        None => ApiError::invalid(format!("the body could not be read: {error}")),
    }
}

/// Leaves out a UTF-8 byte order mark at the start.
fn without_mark(mut text: Bytes) -> Bytes {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    if text.starts_with(MARK) {
        drop(text.split_to(MARK.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::response::IntoResponse;
    use http_body::Frame;

    use super::*;

    /// A body of these chunks.
    struct Chunks(Vec<&'static [u8]>);

    impl HttpBody for Chunks {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            let next = (!self.0.is_empty()).then(|| self.0.remove(0));
            let frame = next.map(|chunk| Ok(Frame::data(Bytes::from_static(chunk))));
            std::task::Poll::Ready(frame)
        }
    }

    async fn read_all(chunks: &[&'static [u8]], limit: usize) -> Result<Bytes, StatusCode> {
        let body = Body::new(Chunks(chunks.to_vec()));
        let read = read(&HeaderMap::new(), body, limit).await;
        read.map_err(|error| error.into_response().status())
    }

    #[tokio::test]
    async fn the_chunks_of_a_body_are_joined_in_order() {
        for chunks in [
            vec![],
            vec![&b""[..], b"abc", b"", b"d"],
            vec![b"abcd"],
            vec![b"a", b"b", b"c", b"d"],
        ] {
            let expected: Vec<u8> = chunks.concat();
            assert_eq!(read_all(&chunks, 4).await.unwrap(), expected);
        }
        let long: Vec<_> = std::iter::repeat_n(&[b'x'; 1_000][..], 100).collect();
        assert_eq!(read_all(&long, 100_000).await.unwrap().len(), 100_000);
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused_however_it_is_cut() {
        for chunks in [
            vec![&b"abcde"[..]],
            vec![b"a", b"bcde"],
            vec![b"abcd", b"e"],
        ] {
            let refused = read_all(&chunks, 4).await;
            assert_eq!(refused, Err(StatusCode::PAYLOAD_TOO_LARGE));
        }
    }

    #[test]
    fn a_byte_order_mark_is_skipped_once_and_only_at_the_start() {
        let bytes = |text: &'static [u8]| without_mark(Bytes::from_static(text));
        assert_eq!(bytes(b"\xef\xbb\xbf{}"), "{}");
        assert_eq!(bytes(b"\xef\xbb\xbf\xef\xbb\xbf1"), "\u{feff}1");
        assert_eq!(bytes(b"{}\xef\xbb\xbf"), "{}\u{feff}");
        assert_eq!(bytes(b"\xef\xbb"), &b"\xef\xbb"[..]);
    }
}
