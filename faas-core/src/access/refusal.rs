//! Why a request is not let in.

use std::time::Duration;

use crate::model::Role;

/// Why a request is not let in. What it says is for whoever asked, and tells nothing of the keys
/// there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It names a host that this server does not have: its page may have been made to believe that
    /// this server is its own.
    #[error(
        "this server is not known by that host name: allow it in its settings, or use its address"
    )]
    HostNotAllowed,
    /// It comes from a page of another origin.
    #[error("pages of this origin may not call")]
    OriginNotAllowed,
    /// It came without a key.
    #[error("a key is required: send it as Authorization: Bearer faas_…")]
    KeyRequired,
    /// There is no such key, or it was revoked.
    #[error("the key is not valid")]
    KeyInvalid,
    /// The key's time is over.
    #[error("the key has expired")]
    KeyExpired,
    /// The key does not allow that.
    #[error("the key does not allow this: a key with the role {needed} is needed")]
    RoleInsufficient {
        /// The role that allows least of those that allow it.
        needed: Role,
    },
    /// Too many requests came with this key, or from this address.
    #[error("too many requests: try again in {} s", seconds(*retry_after))]
    RateLimited {
        /// When the next one is taken.
        retry_after: Duration,
    },
}

impl Refusal {
    /// Stable, for programs.
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

    /// The status that HTTP has for it: 401, 403 or 429.
    pub const fn status(&self) -> u16 {
        match self {
            Self::KeyRequired | Self::KeyInvalid | Self::KeyExpired => 401,
            Self::HostNotAllowed | Self::OriginNotAllowed | Self::RoleInsufficient { .. } => 403,
            Self::RateLimited { .. } => 429,
        }
    }

    /// Whole seconds until the next request is taken, rounded up.
    pub const fn retry_after_seconds(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after } => Some(seconds(*retry_after)),
            _ => None,
        }
    }
}

/// Rounded up, so that a client that keeps to it does not come too early.
const fn seconds(time: Duration) -> u64 {
    let whole = time.as_secs() + if time.subsec_nanos() > 0 { 1 } else { 0 };
    if whole == 0 { 1 } else { whole }
}
