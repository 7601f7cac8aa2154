//! Reads the head of a request.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::HeaderName;
use axum::http::header::HOST;
use axum::http::request::Parts;
use faas_core::http::Request;

use crate::audit::caller;
use crate::error::ApiError;
use crate::serve::OverTls;

static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_PREFIX: &str = "x-forwarded-prefix";

/// Reads everything but the body. The path begins after `prefix`.
///
/// # Errors
/// 400 when the host is not valid.
pub(super) fn read(parts: &Parts, prefix: &str) -> Result<Request, ApiError> {
    let path = parts.uri.path();
    let path = path.strip_prefix(prefix).unwrap_or(path);
    let slash = if path.starts_with('/') { "" } else { "/" };
    let (mark, query) = match parts.uri.query() {
        Some(query) => ("?", query),
        None => ("", ""),
    };
    let (scheme, host) = (scheme(parts), host(parts)?);
    let url = format!("{scheme}://{host}{slash}{path}{mark}{query}");
    let mut request = Request::new(parts.method.as_str(), url);
    for (name, value) in &parts.headers {
        let value: String = match std::str::from_utf8(value.as_bytes()) {
            Ok(text) if text.is_ascii() => text.to_owned(),
            // Code sees a character for each byte.
            _ => value
                .as_bytes()
                .iter()
                .map(|byte| char::from(*byte))
                .collect(),
        };
        if name.as_str() != FORWARDED_PREFIX {
            request.headers.push((name.as_str().to_owned(), value));
        }
    }
    if !parts.headers.contains_key(HOST) {
        request
            .headers
            .push((HOST.as_str().to_owned(), host.to_owned()));
    }
    if !prefix.is_empty() {
        let prefix = (FORWARDED_PREFIX.to_owned(), prefix.to_owned());
        request.headers.push(prefix);
    }
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    request.client = address.map(|ConnectInfo(address)| address.ip());
    request.caller = caller(&parts.extensions);
    Ok(request)
}

/// The scheme that the client used, as far as that is known. A proxy can say so.
fn scheme(parts: &Parts) -> &'static str {
    if parts.extensions.get::<OverTls>().is_some() {
        return "https";
    }
    match parts
        .headers
        .get(&FORWARDED_PROTO)
        .map(|value| value.as_bytes())
    {
        Some(b"https") => "https",
        _ => "http",
    }
}

/// The host and port that the client asked for.
fn host(parts: &Parts) -> Result<&str, ApiError> {
    let authority = parts.uri.authority().map(|authority| authority.as_str());
    let header = || parts.headers.get(HOST)?.to_str().ok();
    let host = authority.or_else(header).unwrap_or("localhost");
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    if host.is_empty() || !host.bytes().all(is_part) {
        return Err(ApiError::invalid("the Host header is not valid"));
    }
    Ok(host)
}

/// Undoes the percent-encoding of a name.
pub(super) fn decode(encoded: &str) -> String {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let mut digit = || char::from(ahead.next()?).to_digit(16);
        match digit().zip(digit()).filter(|_| byte == b'%') {
            Some((high, low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(byte));
                rest.nth(1);
            }
            None => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn a_name_is_decoded_and_what_is_no_encoding_stays() {
        assert_eq!(decode("a%20b%C3%BC"), "a bü");
        assert_eq!(decode("%2"), "%2");
        assert_eq!(decode("%zz%"), "%zz%");
    }
}
