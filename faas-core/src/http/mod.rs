//! HTTP requests to functions, and their responses.
//!
//! A front end has a [`Request`], finds the function with
//! [`Platform::http_function`](crate::Platform::http_function), and gets an [`Answer`]: a response
//! that is whole, one whose body comes in pieces, or the execution that has failed. Each request is
//! one execution: it is recorded, priced and limited like any other.
//!
//! This module has the data: `input` writes a request as the input of a call, `output` reads the
//! response from its result. The engine's part, which carries bodies while the code runs, is in
//! `engine/exchange.rs`; how the forms of handlers get requests is in
//! `runtime/quickjs/prelude/http.js`.

mod headers;
mod input;
mod output;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::bindings::ByteStream;
use crate::model::{CallerLabel, Execution, ExecutionId};

pub(crate) use input::{Input, recorded};
pub(crate) use output::{Head, Output, read};

/// The longest body, in bytes, that is part of the input of a call. The code reads a longer one in
/// pieces.
pub const MAX_INLINE_BODY: usize = 64 << 10;

/// A request to a function.
#[derive(Debug)]
#[non_exhaustive]
pub struct Request {
    /// The method, such as `GET`.
    pub method: String,
    /// The URL that the code sees, such as `https://example.com/orders/7?all`. It is absolute and
    /// percent-encoded.
    pub url: String,
    /// The headers by lower-case names. Connection headers are left out.
    pub headers: Vec<(String, String)>,
    /// The parameters of the route.
    pub params: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// The address of the client.
    pub client: Option<IpAddr>,
    /// Who calls. It is kept with the execution.
    pub caller: Option<CallerLabel>,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            params: Vec::new(),
            body: Body::Empty,
            client: None,
            caller: None,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body. One of more than [`MAX_INLINE_BODY`] bytes is passed to the code in pieces.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Body::Bytes(body.into());
        self
    }

    /// The path of the URL, percent-encoded, with its slash at the beginning.
    pub fn path(&self) -> &str {
        self.split().0
    }

    /// The path and the query of the URL.
    fn split(&self) -> (&str, &str) {
        let after_scheme = self.url.split_once("://").map_or("", |(_, rest)| rest);
        let begin = after_scheme.find(['/', '?']).unwrap_or(after_scheme.len());
        let target = after_scheme.get(begin..).unwrap_or_default();
        let target = target.split_once('#').map_or(target, |(target, _)| target);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        (if path.is_empty() { "/" } else { path }, query)
    }
}

/// The body of a request.
#[derive(Debug)]
pub enum Body {
    /// There is none.
    Empty,
    /// All of it.
    Bytes(Bytes),
    /// It comes in pieces. An error ends it; the code that reads it fails.
    Stream(ByteStream),
}

/// What a function made of a request.
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// A response. Its execution has ended and is stored, unless the body is a stream.
    Response(Response),
    /// The execution has failed before there was a response.
    Failed(Arc<Execution>),
}

/// A response of a function.
#[derive(Debug)]
#[non_exhaustive]
pub struct Response {
    /// The status, from 200 to 599.
    pub status: u16,
    /// The headers by lower-case names; a name can come several times. Connection headers, and a
    /// length that the body does not have, are left out.
    pub headers: Vec<(String, Bytes)>,
    /// The body.
    pub body: ResponseBody,
    /// The execution.
    pub execution_id: ExecutionId,
    /// How long its parts took.
    pub timing: Timing,
}

/// The body of a response.
pub enum ResponseBody {
    /// All of it.
    Bytes(Bytes),
    /// It comes as the code makes it. Dropping it before its end cancels the execution.
    Stream {
        /// The pieces. An error means that the body is incomplete.
        pieces: ByteStream,
        /// The number of bytes, if it is known.
        length: Option<u64>,
    },
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Stream { length, .. } => write!(f, "Stream({length:?})"),
        }
    }
}

/// How long the parts of an execution took, until its response was there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// Until an instance was free.
    pub queue: Duration,
    /// Until the isolate was ready: longer when the start was cold.
    pub start: Duration,
    /// Running, until the execution had ended, or the head of the response was there.
    pub run: Duration,
    /// Storing the execution; `None` for a response that did not wait for that.
    pub commit: Option<Duration>,
}
