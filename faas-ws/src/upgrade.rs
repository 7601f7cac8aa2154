//! Turns a request into a WebSocket connection, or refuses it.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderName, RETRY_AFTER, SEC_WEBSOCKET_VERSION, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use faas_core::access::Refusal;
use faas_core::request_id;

use crate::authorized_client::{self, AuthorizedClient};
use crate::{LiveEvents, connection, handshake};

static REQUEST_ID: HeaderName = HeaderName::from_static(request_id::HEADER);

impl LiveEvents {
    /// Opens a connection for a request, or refuses it. The answer has a request id and is logged,
    /// as in the REST API.
    pub(crate) async fn upgrade(self, request: Request) -> Response {
        let id = self.id_of(request.headers());
        let mut answer = self.connect_or_refuse(request).await;
        log(&answer, &id);
        answer.headers_mut().insert(REQUEST_ID.clone(), id);
        answer
    }

    /// The answer where only a WebSocket is served, to a request that does not ask for one.
    pub(crate) fn upgrade_required(&self, request: &Request) -> Response {
        let mut answer = refuse(
            StatusCode::UPGRADE_REQUIRED,
            "upgrade_required",
            "live events are served over a WebSocket: send an upgrade request",
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
                "too many connections: try again later",
            );
            full.headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from_static("5"));
            return full;
        };
        let mut request = request;
        let answer = match handshake::accept(&request, authorized_client::PROTOCOL) {
            Ok(answer) => answer,
            Err(invalid) => {
                let mut answer = refuse(invalid.status, "invalid_request", invalid.message);
                answer
                    .headers_mut()
                    .insert(SEC_WEBSOCKET_VERSION, handshake::VERSION);
                return answer;
            }
        };
        let upgraded = hyper::upgrade::on(&mut request);
        // Counted from here on, so that `closed` waits for it.
        let token = self.shared.connections.token();
        tokio::spawn(async move {
            let _held = (permit, token);
            match upgraded.await {
                Ok(upgraded) => {
                    let shared = &*self.shared;
                    let (platform, options) = (&shared.platform, &shared.options);
                    connection::serve(upgraded, platform, options, &shared.budget, client).await;
                }
                Err(error) => tracing::debug!(%error, "cannot open a WebSocket"),
            }
        });
        answer
    }
}

/// Logs one line for each request: a warning when there are too many connections.
fn log(answer: &Response, id: &HeaderValue) {
    let (status, id) = (answer.status().as_u16(), id.to_str().unwrap_or_default());
    match status {
        503 => tracing::warn!(id, status, "WebSocket refused"),
        _ => tracing::debug!(id, status, "WebSocket requested"),
    }
}

/// The answer to a request that is not let in.
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

/// An error in the same envelope as in the REST API.
fn refuse(status: StatusCode, code: &'static str, message: &str) -> Response {
    #[derive(serde::Serialize)]
    struct Envelope<'a> {
        error: &'a str,
        code: &'static str,
    }
    let envelope = Envelope {
        error: message,
        code,
    };
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
