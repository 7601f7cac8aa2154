//! The opening handshake (RFC 6455 §4.2): what a request must bring, and the answer to it.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use axum::response::Response;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The protocol version that is spoken.
pub(crate) const VERSION: HeaderValue = HeaderValue::from_static("13");
/// The length of a `Sec-WebSocket-Key`: 16 bytes in base64.
const KEY_LENGTH: usize = 24;

/// Why a request cannot become a WebSocket.
pub(crate) struct Invalid {
    pub(crate) status: StatusCode,
    pub(crate) message: &'static str,
}

/// Whether a request asks for a WebSocket.
pub(crate) fn is_wanted(headers: &HeaderMap) -> bool {
    has_token(headers, &CONNECTION, "upgrade") && has_token(headers, &UPGRADE, "websocket")
}

/// The answer that accepts `request`, with the subprotocol `protocol` when the client offers it.
///
/// # Errors
/// Why it cannot be accepted.
pub(crate) fn accept(request: &Request, protocol: &'static str) -> Result<Response, Invalid> {
    let invalid = |status, message| Err(Invalid { status, message });
    let headers = request.headers();
    if request.method() != Method::GET {
        let message = "a WebSocket is opened with GET";
        return invalid(StatusCode::METHOD_NOT_ALLOWED, message);
    }
    if request.version() != Version::HTTP_11 {
        let message = "a WebSocket is opened over HTTP/1.1";
        return invalid(StatusCode::BAD_REQUEST, message);
    }
    if headers.get(SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
        let message = "Sec-WebSocket-Version must be 13";
        return invalid(StatusCode::BAD_REQUEST, message);
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes);
    let Some(key) = key.filter(|key| key.len() == KEY_LENGTH) else {
        let message = "Sec-WebSocket-Key must be 16 bytes in base64";
        return invalid(StatusCode::BAD_REQUEST, message);
    };
    let Ok(accept) = HeaderValue::try_from(derive_accept_key(key)) else {
        return invalid(
            StatusCode::BAD_REQUEST,
            "Sec-WebSocket-Key cannot be answered",
        );
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let answer = response.headers_mut();
    answer.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    answer.insert(UPGRADE, HeaderValue::from_static("websocket"));
    answer.insert(SEC_WEBSOCKET_ACCEPT, accept);
    if has_token(headers, &SEC_WEBSOCKET_PROTOCOL, protocol) {
        answer.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
    }
    Ok(response)
}

/// Whether `name` lists `token`.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|one| one.trim().eq_ignore_ascii_case(token))
}
