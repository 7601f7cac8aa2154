//! The routes, one file per resource. A handler reads the request, makes one call to the platform and
//! writes the answer; it contains no decisions.

pub(crate) mod audit;
pub(crate) mod costs;
pub(crate) mod document;
pub(crate) mod execute;
pub(crate) mod executions;
pub(crate) mod functions;
pub(crate) mod health;
pub(crate) mod invoke;
pub(crate) mod keys;
pub(crate) mod kv;
pub(crate) mod load_tests;
pub(crate) mod metrics;
pub(crate) mod page;
pub(crate) mod prometheus;
pub(crate) mod run;
pub(crate) mod run_sessions;
pub(crate) mod samples;
pub(crate) mod schedules;
pub(crate) mod session;
pub(crate) mod types;
pub(crate) mod versions;

use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::error::{ApiError, CostsError};
use crate::extract::shorten;

/// The most executions in a list.
const MAX_LIST: u32 = 1_000;
/// The number of executions in a list by default.
const DEFAULT_LIST: u32 = 50;

/// The answer for a path without a route.
pub(crate) async fn not_found(uri: Uri) -> Response {
    in_envelope(
        &uri,
        ApiError::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("there is nothing at {}", shorten(uri.path())),
        ),
    )
}

/// The answer for a path whose route does not have the method.
pub(crate) async fn method_not_allowed(uri: Uri) -> Response {
    in_envelope(
        &uri,
        ApiError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "this method is not allowed here: see the Allow header",
        ),
    )
}

/// An error in the envelope of the routes that `uri` is one of.
pub(crate) fn in_envelope(uri: &Uri, error: ApiError) -> Response {
    if uri.path().starts_with("/api/costs") {
        CostsError::from(error).into_response()
    } else {
        error.into_response()
    }
}
