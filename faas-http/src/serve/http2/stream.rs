//! One request over HTTP/2 and its response.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::{
    CONNECTION, CONTENT_LENGTH, DATE, EXPECT, HOST, HeaderName, TRANSFER_ENCODING, UPGRADE,
};
use axum::http::{HeaderMap, HeaderValue, Method, Response as Head, StatusCode, request};
use axum::response::{IntoResponse, Response};
use faas_core::clock::{Clock as _, SystemClock};
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http_body::Frame;
use time::OffsetDateTime;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;

use super::super::Client;
use super::super::places::StreamPlace;
use crate::error::ApiError;
use crate::progress::{MinRate, Progress};

/// Headers that HTTP/2 does not have (RFC 9113 §8.2.2).
static OF_CONNECTION: [HeaderName; 5] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    TRANSFER_ENCODING,
    UPGRADE,
];
/// The format of `Date` (RFC 9110 §5.6.7).
const DATE_FORMAT: StaticFormatDescription = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// Why a response was not sent to its end.
enum Cut {
    /// The client has reset the stream, or the connection has ended.
    Gone,
    /// The stream must be reset.
    Reset(Reason),
}

/// Answers a request. When the client resets the stream, the work on the answer is dropped.
pub(super) async fn answer(
    request: axum::http::Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    client: Client,
    rate: MinRate,
    _place: StreamPlace,
) {
    let (mut parts, body) = request.into_parts();
    let is_head = parts.method == Method::HEAD;
    if parts.headers.contains_key(EXPECT) && !body.is_end_stream() {
        let mut go_on = Head::new(());
        *go_on.status_mut() = StatusCode::CONTINUE;
        // If the stream has ended, the response says so.
        let _ = respond.send_informational(go_on);
    }
    let answering = async {
        match name_host(&mut parts) {
            Ok(()) => {
                let body = Body::new(Received(body));
                client.respond(Request::from_parts(parts, body)).await
            }
            Err(refused) => refused.into_response(),
        }
    };
    let response = tokio::select! {
        response = answering => response,
        _ = poll_fn(|cx| respond.poll_reset(cx)) => return,
    };
    let (head, body) = response.into_parts();
    let has_body = !is_head && !has_no_body(head.status) && !body.is_end_stream();
    let head = head_of(Response::from_parts(head, ()), &body, has_body);
    let Ok(mut stream) = respond.send_response(head, !has_body) else {
        return respond.send_reset(Reason::INTERNAL_ERROR);
    };
    if has_body && let Err(Cut::Reset(reason)) = send(body, &mut stream, rate).await {
        stream.send_reset(reason);
    }
}

/// Gives the request the `Host` that it names as its authority, as requests over HTTP/1.1 have it.
///
/// # Errors
/// 400 when there is none, or when there are several that differ.
fn name_host(parts: &mut request::Parts) -> Result<(), ApiError> {
    let mut hosts = parts.headers.get_all(HOST).iter();
    let (host, other) = (hosts.next(), hosts.next());
    if other.is_some() {
        return Err(ApiError::invalid("Host is given twice"));
    }
    match (host, parts.uri.authority()) {
        (None, None) => Err(ApiError::invalid(
            "the :authority of the request is missing",
        )),
        (None, Some(authority)) => {
            let host = HeaderValue::from_str(authority.as_str())
                .map_err(|_| ApiError::invalid("the :authority of the request is not valid"))?;
            parts.headers.insert(HOST, host);
            Ok(())
        }
        (Some(host), Some(authority))
            if !host
                .as_bytes()
                .eq_ignore_ascii_case(authority.as_str().as_bytes()) =>
        {
            Err(ApiError::invalid("Host differs from :authority"))
        }
        (Some(_), _) => Ok(()),
    }
}

const fn has_no_body(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// The head of a response as HTTP/2 has it.
fn head_of(mut head: Head<()>, body: &Body, has_body: bool) -> Head<()> {
    *head.version_mut() = axum::http::Version::HTTP_2;
    let headers = head.headers_mut();
    for name in &OF_CONNECTION {
        headers.remove(name);
    }
    if let Some(length) = body.size_hint().exact().filter(|_| has_body) {
        headers
            .entry(CONTENT_LENGTH)
            .or_insert_with(|| length.into());
    }
    add_date(headers);
    head
}

fn add_date(headers: &mut HeaderMap) {
    if headers.contains_key(DATE) {
        return;
    }
    let now = SystemClock::new().now().as_millis() / 1_000;
    let date = OffsetDateTime::from_unix_timestamp(now)
        .ok()
        .and_then(|now| now.format(&DATE_FORMAT).ok())
        .and_then(|text| HeaderValue::try_from(text).ok());
    if let Some(date) = date {
        headers.insert(DATE, date);
    }
}

/// Sends a body as fast as the client opens its window.
async fn send(mut body: Body, stream: &mut SendStream<Bytes>, rate: MinRate) -> Result<(), Cut> {
    let mut progress = Progress::new(rate);
    loop {
        let frame = poll_fn(|cx| {
            if stream.poll_reset(cx).is_ready() {
                return Poll::Ready(Err(Cut::Gone));
            }
            let frame = Pin::new(&mut body).poll_frame(cx);
            if frame.is_pending() {
                // Nothing waits for the client.
                progress.finish();
            }
            frame.map(Ok)
        });
        let mut data = match frame.await? {
            None => return finish(stream),
            // A function whose code failed, or a body that broke.
            Some(Err(_)) => return Err(Cut::Reset(Reason::INTERNAL_ERROR)),
            // Trailers are not sent.
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
        };
        let is_last = body.is_end_stream();
        while !data.is_empty() {
            let free = capacity(stream, data.len(), &mut progress).await?;
            let piece = data.split_to(free.min(data.len()));
            progress.count(piece.len() as u64);
            let is_end = is_last && data.is_empty();
            stream.send_data(piece, is_end).map_err(|_| Cut::Gone)?;
            if is_end {
                return Ok(());
            }
        }
        if is_last {
            return finish(stream);
        }
    }
}

fn finish(stream: &mut SendStream<Bytes>) -> Result<(), Cut> {
    stream.send_data(Bytes::new(), true).map_err(|_| Cut::Gone)
}

/// Waits until some of `wanted` bytes may be sent, and returns how many.
async fn capacity(
    stream: &mut SendStream<Bytes>,
    wanted: usize,
    progress: &mut Progress,
) -> Result<usize, Cut> {
    stream.reserve_capacity(wanted);
    poll_fn(|cx| {
        loop {
            if stream.poll_reset(cx).is_ready() {
                return Poll::Ready(Err(Cut::Gone));
            }
            match stream.capacity() {
                0 => {}
                free => return Poll::Ready(Ok(free)),
            }
            match stream.poll_capacity(cx) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(_) => return Poll::Ready(Err(Cut::Gone)),
                Poll::Pending => {
                    ready!(progress.poll_too_slow(cx));
                    return Poll::Ready(Err(Cut::Reset(Reason::CANCEL)));
                }
            }
        }
    })
    .await
}

/// The body of a request. Its trailers are not read.
struct Received(RecvStream);

impl HttpBody for Received {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        let data = ready!(self.0.poll_data(cx)).transpose()?;
        Poll::Ready(data.map(|data| {
            // The client may send as much again.
            self.0.flow_control().release_capacity(data.len())?;
            Ok(Frame::data(data))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_in_the_format_of_http() {
        let mut headers = HeaderMap::new();
        add_date(&mut headers);
        let date = headers[DATE].to_str().unwrap();
        assert_eq!((date.len(), &date[3..5], &date[26..]), (29, ", ", "GMT"));
    }
}
