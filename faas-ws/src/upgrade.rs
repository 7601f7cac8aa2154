//! From a request to a socket.

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Request};
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderName, RETRY_AFTER, UPGRADE, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use faas_api::ErrorBody;
use faas_core::access::Refusal;
use faas_core::request_id;

use crate::authorized_client::{self, AuthorizedClient};
use crate::{LiveEvents, connection};

/// The buffer, in bytes, that each connection reads through: clients say little, and there may be
/// many of them. The default would be 128 KiB.
const READ_BUFFER: usize = 4 << 10;
static REQUEST_ID: HeaderName = HeaderName::from_static(request_id::HEADER);

/// Whether the request asks for a socket.
pub(crate) fn is_wanted(headers: &HeaderMap) -> bool {
    let says = |name, word: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|token| token.trim().eq_ignore_ascii_case(word))
    };
    says(CONNECTION, "upgrade") && says(UPGRADE, "websocket")
}

impl LiveEvents {
    /// Turns a request into a connection, or says why not: with an id, and that in the log, as the
    /// REST API does.
    pub(crate) async fn upgrade(self, request: Request) -> Response {
        let id = self.id_of(request.headers());
        let mut answer = self.connect_or_refuse(request).await;
        log(&answer, &id);
        answer.headers_mut().insert(REQUEST_ID.clone(), id);
        answer
    }

    /// The answer to a request for a socket that is none.
    pub(crate) fn upgrade_required(&self, request: &Request) -> Response {
        let mut answer = refuse(
            StatusCode::UPGRADE_REQUIRED,
            "upgrade_required",
            "live events come over a WebSocket: connect with one",
        );
        let id = self.id_of(request.headers());
        answer.headers_mut().insert(REQUEST_ID.clone(), id);
        answer
    }

    /// The request's own id, or a new one.
    fn id_of(&self, headers: &HeaderMap) -> HeaderValue {
        let brought = headers.get(&REQUEST_ID);
        let id = self.shared.ids.of(brought.map(HeaderValue::as_bytes));
        HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
    }

    async fn connect_or_refuse(self, request: Request) -> Response {
        let client = match AuthorizedClient::admit(self.shared.options.access.as_ref(), &request) {
            Ok(client) => client,
            Err(refusal) => return refused(&refusal),
        };
        let Ok(permit) = self.shared.permits.clone().try_acquire_owned() else {
            let mut full = refuse(
                StatusCode::SERVICE_UNAVAILABLE,
                "too_many_connections",
                "there are too many connections: try again later",
            );
            full.headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from_static("5"));
            return full;
        };
        let (mut parts, _body) = request.into_parts();
        let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
            Ok(upgrade) => upgrade,
            Err(rejection) => {
                return refuse(
                    rejection.status(),
                    "invalid_request",
                    &rejection.body_text(),
                );
            }
        };
        let max = self.shared.options.max_message;
        // Counted from here on, so that whoever waits for the end does not miss it in between.
        let token = self.shared.connections.token();
        upgrade
            .protocols([authorized_client::PROTOCOL])
            .max_message_size(max)
            .max_frame_size(max)
            .read_buffer_size(READ_BUFFER)
            .on_failed_upgrade(|error| tracing::debug!(%error, "a socket failed to open"))
            .on_upgrade(async move |socket| {
                let shared = &self.shared;
                connection::serve(socket, &shared.platform, &shared.options, client).await;
                drop((permit, token));
            })
    }
}

/// One line for each request: a warning when there is no room.
fn log(answer: &Response, id: &HeaderValue) {
    let (status, id) = (answer.status().as_u16(), id.to_str().unwrap_or_default());
    match status {
        503 => tracing::warn!(id, status, "a socket was refused"),
        _ => tracing::debug!(id, status, "a socket was asked for"),
    }
}

/// Why somebody is not let in.
fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::FORBIDDEN);
    let mut response = refuse(status, refusal.code(), &refusal.to_string());
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(seconds) = refusal.retry_after_seconds() {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// A refusal in the envelope that the REST API has.
fn refuse(status: StatusCode, code: &'static str, message: &str) -> Response {
    let envelope = ErrorBody::new(code, message);
    let body = serde_json::to_vec(&envelope).unwrap_or_default();
    let kind = HeaderValue::from_static("application/json");
    let nosniff = HeaderValue::from_static("nosniff");
    let headers = [
        (CONTENT_TYPE, kind),
        (X_CONTENT_TYPE_OPTIONS, nosniff),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, body).into_response()
}
