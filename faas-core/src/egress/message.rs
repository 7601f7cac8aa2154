//! The request and the response.

use bytes::Bytes;

use crate::bindings::ByteStream;

/// A request of a function. Nothing in it can be trusted: a [`Network`](super::Network) checks all
/// of it.
#[derive(Debug)]
pub struct FetchRequest {
    /// The method. The Fetch standard's names (`GET`, `POST` and so on) can be in any case.
    pub method: String,
    /// The URL. A fragment is not sent.
    pub url: String,
    /// The headers. The network sets those that
    /// [frame the message](crate::model::egress::is_broker_header); if code sets them too, its
    /// values are ignored.
    pub headers: Vec<(String, Bytes)>,
    /// The body.
    pub body: FetchBody,
    /// What to do with a redirect.
    pub redirect: Redirect,
    /// Whether to decode the body of the response by its `content-encoding`.
    pub decompress: bool,
}

impl FetchRequest {
    /// A `GET` request without headers, which follows redirects and decodes the body.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: "GET".to_owned(),
            url: url.into(),
            headers: Vec::new(),
            body: FetchBody::None,
            redirect: Redirect::Follow,
            decompress: true,
        }
    }
}

/// The body of a request.
#[derive(Debug)]
pub enum FetchBody {
    /// No body.
    None,
    /// Bytes, which can be sent again when a redirect asks for it.
    Bytes(Bytes),
    /// A stream, which cannot. It is read only as fast as it is sent.
    Stream(ByteStream),
}

/// What to do with a redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Redirect {
    /// Follow it, up to 20 times. Each hop is decided on like a request of its own.
    #[default]
    Follow,
    /// Fail with [`code::REDIRECTS`](super::code::REDIRECTS).
    Error,
    /// Return it as the response.
    Manual,
}

/// The response to a request.
#[derive(Debug)]
pub struct FetchResponse {
    /// The URL of the last hop, without its fragment.
    pub url: String,
    /// Whether a redirect was followed.
    pub redirected: bool,
    /// The status, 200 to 999.
    pub status: u16,
    /// The reason phrase; empty if there is none, as in HTTP/2.
    pub status_text: String,
    /// The headers with lower-case names, in the order of their arrival.
    pub headers: Vec<(String, Bytes)>,
    /// The body, decoded if that was asked for; `None` where HTTP has none: for `HEAD`, 204, 205
    /// and 304. Dropping it ends the request.
    pub body: Option<ByteStream>,
}
