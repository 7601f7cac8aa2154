//! Reading a request of a function: nothing in it is trusted.

use bytes::Bytes;
use faas_core::bindings::ByteStream;
use faas_core::egress::{FetchBody, FetchRequest};
use faas_core::model::egress::{Target, is_broker_header};
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, RANGE, USER_AGENT,
};
use hyper::{Method, Uri};
use url::{Position, Url};

use crate::failure::Failure;

/// The longest URL, in bytes.
const MAX_URL: usize = 16 << 10;
/// The most headers of a request.
const MAX_HEADERS: usize = 256;
/// The most bytes of their names and values.
const MAX_HEADER_BYTES: usize = 64 << 10;
/// Without zstd, whose decoder keeps the last megabytes back: a stream would come late.
const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip, deflate, br");

/// One request of a chain of redirects.
#[derive(Debug)]
pub(crate) struct Hop {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: HopBody,
    /// How many redirects led here.
    pub(crate) redirects: u32,
}

#[derive(Debug)]
pub(crate) enum HopBody {
    None,
    Bytes(Bytes),
    /// The stream that was read with the request.
    Stream,
}

impl Hop {
    /// Reads a request. Also returns its body if that is a stream.
    ///
    /// # Errors
    /// `ERR_EGRESS_INVALID` if a part of it is not valid.
    pub(crate) fn read(
        request: FetchRequest,
        user_agent: &HeaderValue,
    ) -> Result<(Self, Option<ByteStream>), Failure> {
        let url = parse_url(&request.url)?;
        let method = parse_method(&request.method)?;
        let mut headers = read_headers(&request.headers)?;
        let (body, stream) = match request.body {
            FetchBody::None => (HopBody::None, None),
            FetchBody::Bytes(bytes) => (HopBody::Bytes(bytes), None),
            FetchBody::Stream(stream) => (HopBody::Stream, Some(stream)),
        };
        if !matches!(body, HopBody::None) && (method == Method::GET || method == Method::HEAD) {
            return Err(Failure::invalid(format!(
                "a {method} request cannot have a body"
            )));
        }
        let any = HeaderValue::from_static("*/*");
        headers.entry(ACCEPT).or_insert(any);
        headers.entry(USER_AGENT).or_insert(user_agent.clone());
        if !headers.contains_key(ACCEPT_ENCODING) {
            let plain = headers.contains_key(RANGE) || !request.decompress;
            let identity = HeaderValue::from_static("identity");
            headers.insert(ACCEPT_ENCODING, if plain { identity } else { ACCEPTED });
        }
        let hop = Self {
            method,
            url,
            headers,
            body,
            redirects: 0,
        };
        Ok((hop, stream))
    }

    pub(crate) fn target(&self) -> Target<'_> {
        target(&self.url, self.method.as_str())
    }

    /// Whether the server does the same when it gets the request twice.
    pub(crate) fn is_repeatable(&self) -> bool {
        self.method.is_idempotent() && !matches!(self.body, HopBody::Stream)
    }

    /// The URI of the request: of HTTP/2 with scheme and authority.
    ///
    /// # Errors
    /// `ERR_EGRESS_INVALID` if hyper does not accept it.
    pub(crate) fn uri(&self, is_http2: bool) -> Result<Uri, Failure> {
        let start = if is_http2 {
            Position::BeforeScheme
        } else {
            Position::BeforePath
        };
        let text = &self.url[start..Position::AfterQuery];
        text.parse()
            .map_err(|_| Failure::invalid("the URL cannot be sent: encode its path and query"))
    }

    /// The value of `Host`.
    ///
    /// # Errors
    /// `ERR_EGRESS_INVALID` if it is none.
    pub(crate) fn host_header(&self) -> Result<HeaderValue, Failure> {
        let authority = &self.url[Position::BeforeHost..Position::AfterPort];
        HeaderValue::from_str(authority).map_err(|_| Failure::invalid("the host cannot be sent"))
    }
}

/// What rules decide on. The URL was checked by [`parse_url`].
pub(crate) fn target<'a>(url: &'a Url, method: &'a str) -> Target<'a> {
    Target {
        is_https: url.scheme() == "https",
        host: url.host_str().unwrap_or_default(),
        port: url.port_or_known_default().unwrap_or_default(),
        method,
        path: url.path(),
    }
}

/// Parses a URL. The parser normalizes all spellings of addresses, and refuses zones.
///
/// # Errors
/// `ERR_EGRESS_INVALID` if it is not one of `http` or `https`, or has credentials.
pub(crate) fn parse_url(text: &str) -> Result<Url, Failure> {
    if text.len() > MAX_URL {
        return Err(Failure::invalid(format!(
            "the URL is too long: at most {MAX_URL} bytes are accepted"
        )));
    }
    let mut url = Url::parse(text)
        .map_err(|error| Failure::invalid(format!("the URL is not valid: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        let scheme: String = url.scheme().chars().take(32).collect();
        return Err(Failure::invalid(format!(
            "the scheme {scheme:?} is not known: use http or https"
        )));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Failure::invalid(
            "the URL contains credentials: use the header authorization",
        ));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(Failure::invalid("the URL has no host"));
    }
    url.set_fragment(None);
    Ok(url)
}

/// # Errors
/// `ERR_EGRESS_INVALID` if it is not a method, or one that makes no request.
pub(crate) fn parse_method(text: &str) -> Result<Method, Failure> {
    let upper = text.to_ascii_uppercase();
    if matches!(upper.as_str(), "CONNECT" | "TRACE" | "TRACK") {
        return Err(Failure::invalid(format!(
            "the method {upper} is not allowed"
        )));
    }
    let is_normalized = matches!(
        upper.as_str(),
        "DELETE" | "GET" | "HEAD" | "OPTIONS" | "POST" | "PUT"
    );
    let method = if is_normalized { &upper } else { text };
    if method.len() > 32 {
        return Err(Failure::invalid("the method is too long"));
    }
    Method::from_bytes(method.as_bytes()).map_err(|_| Failure::invalid("the method is not valid"))
}

/// The headers that the code may set; the others are left out, as browsers do.
fn read_headers(given: &[(String, Bytes)]) -> Result<HeaderMap, Failure> {
    if given.len() > MAX_HEADERS {
        return Err(Failure::invalid(format!(
            "a request may have at most {MAX_HEADERS} headers"
        )));
    }
    let bytes: usize = given
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if bytes > MAX_HEADER_BYTES {
        return Err(Failure::invalid(format!(
            "the headers are too long: at most {MAX_HEADER_BYTES} bytes are accepted"
        )));
    }
    let mut headers = HeaderMap::with_capacity(given.len() + 3);
    for (name, value) in given {
        if is_broker_header(name) {
            continue;
        }
        let short: String = name.chars().take(64).collect();
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Failure::invalid(format!("invalid name of a header: {short:?}")))?;
        let value = HeaderValue::from_bytes(value.trim_ascii())
            .map_err(|_| Failure::invalid(format!("invalid value of the header {short:?}")))?;
        headers.append(name, value);
    }
    Ok(headers)
}
