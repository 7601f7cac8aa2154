//! One request over one connection.

use std::sync::Arc;
use std::time::Duration;

use faas_core::clock::Clock;
use faas_core::egress::code;
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::TrySendError;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response};

use crate::body::outgoing::{Outgoing, Sent};
use crate::failure::Failure;
use crate::pool::{Lease, Sender};
use crate::request::{Hop, HopBody};

/// Why a request could not be sent.
pub(crate) struct SendFailure {
    pub(crate) failure: Failure,
    /// The body, if nothing of the request was sent.
    pub(crate) unsent: Option<Outgoing>,
    /// Whether the connection ended before a byte of the response came.
    pub(crate) is_broken: bool,
}

impl From<Failure> for SendFailure {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            unsent: None,
            is_broken: false,
        }
    }
}

impl Lease {
    pub(crate) const fn is_http2(&self) -> bool {
        matches!(self, Self::Shared(_))
    }

    /// Sends a request and waits for the head of the response.
    pub(crate) async fn send(
        &mut self,
        hop: &Hop,
        set: &HeaderMap,
        body: Outgoing,
    ) -> Result<Response<Incoming>, SendFailure> {
        let host = hop.target().host;
        let is_http2 = self.is_http2();
        let result = match self {
            Self::Exclusive(connection) => match &mut connection.sender {
                Sender::Http1(sender) => {
                    if let Err(error) = sender.ready().await {
                        return Err(not_ready(&error, host, body));
                    }
                    let request = request(hop, set, body, is_http2)?;
                    sender.try_send_request(request).await
                }
                Sender::Http2(_) => return Err(wrong_kind().into()),
            },
            Self::Shared(connection) => match &connection.sender {
                Sender::Http2(sender) => {
                    let mut sender = sender.clone();
                    if let Err(error) = sender.ready().await {
                        return Err(not_ready(&error, host, body));
                    }
                    let request = request(hop, set, body, is_http2)?;
                    sender.try_send_request(request).await
                }
                Sender::Http1(_) => return Err(wrong_kind().into()),
            },
        };
        result.map_err(|error| failed(error, host))
    }
}

/// A connection is made with the lease for its kind; this cannot happen.
fn wrong_kind() -> Failure {
    Failure::new(code::PROTOCOL, "the connection is of another kind")
}

fn not_ready(error: &hyper::Error, host: &str, body: Outgoing) -> SendFailure {
    SendFailure {
        failure: Failure::of_http(error, host),
        unsent: Some(body),
        is_broken: true,
    }
}

fn failed(mut error: TrySendError<Request<Outgoing>>, host: &str) -> SendFailure {
    let unsent = error.take_message().map(Request::into_body);
    let error = error.into_error();
    // What is not valid, or what the body did, would be so again.
    let is_broken = !error.is_parse() && !error.is_user() && !error.is_body_write_aborted();
    SendFailure {
        failure: Failure::of_http(&error, host),
        unsent,
        is_broken,
    }
}

/// The request as it is sent. `set` replaces headers of the code.
fn request(
    hop: &Hop,
    set: &HeaderMap,
    body: Outgoing,
    is_http2: bool,
) -> Result<Request<Outgoing>, Failure> {
    let length = body.size_hint().exact();
    let mut request = Request::new(body);
    *request.method_mut() = hop.method.clone();
    *request.uri_mut() = hop.uri(is_http2)?;
    let headers = request.headers_mut();
    headers.reserve(hop.headers.len() + set.len() + 2);
    if !is_http2 {
        headers.insert(HOST, hop.host_header()?);
    }
    for (name, value) in &hop.headers {
        headers.append(name, value.clone());
    }
    for (name, value) in set {
        headers.insert(name, value.clone());
    }
    let sends_none = hop.method == Method::POST || hop.method == Method::PUT;
    match (&hop.body, length) {
        (HopBody::None, _) if !sends_none => {}
        (_, Some(length)) => {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        // HTTP/1.1 sends it in chunks.
        (_, None) => {}
    }
    Ok(request)
}

/// Resolves when the head of a response has not come for `timeout` since the last byte was sent.
pub(crate) async fn silence(clock: &Arc<dyn Clock>, timeout: Duration, sent: &Sent) {
    loop {
        let before = sent.bytes();
        clock.sleep(timeout).await;
        if sent.bytes() == before {
            return;
        }
    }
}
