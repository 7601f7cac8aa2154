//! Who is let in, and how long they may stay.
//!
//! A program sends its key as `Authorization: Bearer`. A browser cannot; it offers two subprotocols,
//! `faas` and `faas.key.` with the key after it, and gets the former. A key in the address would end
//! up in logs and histories: it is not looked for there.

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
/// Begins the subprotocol that is none, but a browser's way to bring its key.
const KEY: &str = "faas.key.";
/// How often it is said of who stays that they are there.
const STILL_THERE: Duration = Duration::from_secs(30);

/// Somebody who was let in.
pub(crate) struct AuthorizedClient(Option<Known>);

/// Somebody whose leave may end.
struct Known {
    access: Access,
    caller: Caller,
    changes: watch::Receiver<u64>,
}

impl AuthorizedClient {
    /// Lets in whoever sent `request`, or says why not.
    pub(crate) fn admit(access: Option<&Access>, request: &Request) -> Result<Self, Refusal> {
        let Some(access) = access else {
            return Ok(Self(None));
        };
        // Before they are let in, so that no change in between is missed.
        let changes = access.changes();
        let caller = access.admit(&asking(request), Permission::Read)?;
        Ok(Self(Some(Known {
            access: access.clone(),
            caller,
            changes,
        })))
    }

    /// Resolves when they may not stay any longer.
    pub(crate) async fn dismissed(&mut self) {
        let Some(known) = &mut self.0 else {
            return std::future::pending().await;
        };
        while known.access.may_stay(&known.caller) {
            // Asked now and then without a change, so that their key does not look unused.
            if let Ok(Err(_)) = timeout(STILL_THERE, known.changes.changed()).await {
                return;
            }
        }
    }
}

/// What `request` brought.
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

/// The one value of a header; an error when it is no text or there are several.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Result<&'a str, ()>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    let text = first.to_str().map_err(|_| ());
    Some(match values.next() {
        None => text,
        Some(_) => Err(()),
    })
}

/// The key among the subprotocols.
fn offered(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|offers| offers.to_str().ok())
        .flat_map(|offers| offers.split(','))
        .find_map(|offer| offer.trim().strip_prefix(KEY))
}
