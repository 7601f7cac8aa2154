//! The reasons for refusing a request.

use std::time::Duration;

use crate::model::Role;

/// Why a request is refused. The message is for the client and reveals nothing about existing keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The host name is not allowed: the page may use DNS rebinding to reach this server.
    #[error("host not allowed: add it to the allowed hosts, or use the server's IP address")]
    HostNotAllowed,
    /// The request comes from a page of another origin.
    #[error("origin not allowed: add it to the allowed origins")]
    OriginNotAllowed,
    /// The request has no key.
    #[error("a key is required: send it as Authorization: Bearer faas_…")]
    KeyRequired,
    /// The key does not exist or was revoked.
    #[error("the key is invalid")]
    KeyInvalid,
    /// The key has expired.
    #[error("the key has expired")]
    KeyExpired,
    /// The key's role does not permit the request.
    #[error("the key's role does not permit this: use a key with the role {needed}")]
    RoleInsufficient {
        /// The least powerful role that permits it.
        needed: Role,
    },
    /// The key or the address has made too many requests.
    #[error("too many requests: try again in {} s", seconds(*retry_after))]
    RateLimited {
        /// The time until the next request is accepted.
        retry_after: Duration,
    },
}

impl Refusal {
    /// Returns a stable code for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::HostNotAllowed => "host_not_allowed",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::KeyRequired => "key_required",
            Self::KeyInvalid => "key_invalid",
            Self::KeyExpired => "key_expired",
            Self::RoleInsufficient { .. } => "role_insufficient",
            Self::RateLimited { .. } => "rate_limited",
        }
    }

    /// Returns the HTTP status: 401, 403 or 429.
    pub const fn status(&self) -> u16 {
        match self {
            Self::KeyRequired | Self::KeyInvalid | Self::KeyExpired => 401,
            Self::HostNotAllowed | Self::OriginNotAllowed | Self::RoleInsufficient { .. } => 403,
            Self::RateLimited { .. } => 429,
        }
    }

    /// Returns the whole seconds until the next request is accepted, rounded up.
    pub const fn retry_after_seconds(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after } => Some(seconds(*retry_after)),
            _ => None,
        }
    }
}

/// Rounded up, so that a client that waits this long is not refused again.
const fn seconds(time: Duration) -> u64 {
    let whole = time.as_secs() + if time.subsec_nanos() > 0 { 1 } else { 0 };
    if whole == 0 { 1 } else { whole }
}
