//! Which clients are let in, and for how long.
//!
//! A program sends its key as `Authorization: Bearer`. A browser cannot set that header; it offers
//! two subprotocols, `faas` and `faas.key.KEY`, and the server selects the first. A key in the URL
//! would be stored in logs and histories, so it is not accepted there.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use faas_core::access::{Access, Asking, Caller, Permission, Refusal, Whence, bearer_key};
use tokio::sync::watch;
use tokio::time::timeout;

/// The subprotocol that is spoken.
pub(crate) const PROTOCOL: &str = "faas";
/// The prefix of the subprotocol that carries a browser's key.
const KEY: &str = "faas.key.";
/// How often the use of the key is recorded while the client is connected.
const STILL_THERE: Duration = Duration::from_secs(30);

/// A client that was let in. `None` when access is not controlled.
pub(crate) struct AuthorizedClient(Option<Known>);

/// A client whose permission may end.
struct Known {
    access: Access,
    caller: Caller,
    changes: watch::Receiver<u64>,
}

impl AuthorizedClient {
    /// Checks a request.
    ///
    /// # Errors
    /// Why it is refused.
    pub(crate) fn admit(access: Option<&Access>, request: &Request) -> Result<Self, Refusal> {
        let Some(access) = access else {
            return Ok(Self(None));
        };
        // Subscribed before the check, so that no change is missed.
        let changes = access.changes();
        let caller = access.admit(&asking(request), Permission::Read)?;
        Ok(Self(Some(Known {
            access: access.clone(),
            caller,
            changes,
        })))
    }

    /// Resolves when the client must be disconnected.
    pub(crate) async fn dismissed(&mut self) {
        let Some(known) = &mut self.0 else {
            return std::future::pending().await;
        };
        while known.access.may_stay(&known.caller) {
            // Asking again without a change records that the key is in use.
            if let Ok(Err(_)) = timeout(STILL_THERE, known.changes.changed()).await {
                return;
            }
        }
    }
}

/// What the check needs of `request`.
fn asking(request: &Request) -> Asking<'_> {
    let headers = request.headers();
    let text = |name: &HeaderName| one(headers, name).map(Result::unwrap_or_default);
    let key = match text(&AUTHORIZATION) {
        Some(authorization) => Some(bearer_key(authorization)),
        None => offered(headers),
    };
    let authority = request.uri().authority();
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>();
    Asking {
        key,
        whence: Whence {
            host: text(&HOST).or_else(|| authority.map(|authority| authority.as_str())),
            origin: text(&ORIGIN),
            ..Whence::default()
        },
        address: address.map(|ConnectInfo(address)| address.ip()),
    }
}

/// The only value of a header; an error when it is not text or given twice.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Result<&'a str, ()>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    let text = first.to_str().map_err(|_| ());
    Some(match values.next() {
        None => text,
        Some(_) => Err(()),
    })
}

/// The key that is offered as a subprotocol.
fn offered(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|offers| offers.to_str().ok())
        .flat_map(|offers| offers.split(','))
        .find_map(|offer| offer.trim().strip_prefix(KEY))
}
