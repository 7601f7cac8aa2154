//! Why a request failed.

use std::error::Error;

use faas_core::egress::{RefusedBy, code};
use faas_core::runtime::HostError;

/// Why a request failed: the error for the code, and whose rule refused it.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) error: HostError,
    pub(crate) refused_by: Option<RefusedBy>,
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        Self {
            error,
            refused_by: None,
        }
    }
}

impl Failure {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        HostError::new(code, message).into()
    }

    /// A rule refuses the request to `host`.
    pub(crate) fn refused(by: RefusedBy, host: &str, why: &impl ToString) -> Self {
        let whose = match by {
            RefusedBy::Server => "the server's policy refuses",
            RefusedBy::Function => "the function's rules refuse",
        };
        let message = format!("{whose} the request to {host}: {}", why.to_string());
        Self {
            error: HostError::new(code::REFUSED, message),
            refused_by: Some(by),
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(code::INVALID, message)
    }

    /// What hyper says of a request to `host`.
    pub(crate) fn of_http(error: &hyper::Error, host: &str) -> Self {
        // An error of the body that was sent: what the code did, or a limit.
        let mut source = error.source();
        while let Some(one) = source {
            if let Some(own) = one.downcast_ref::<HostError>() {
                return own.clone().into();
            }
            source = one.source();
        }
        if error.is_parse_too_large() {
            let message = format!("the head of the response from {host} is too large");
            return Self::new(code::LIMIT, message);
        }
        let what = if error.is_parse() {
            "the response is not valid HTTP"
        } else if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
            "the connection was closed before the response was complete"
        } else {
            "the connection failed"
        };
        Self::new(code::PROTOCOL, format!("{what} ({host}): {error}"))
    }
}
