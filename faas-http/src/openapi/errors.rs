//! The errors that several routes share. Each route adds its own.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};

/// An error in the common envelope; `codes` lists which.
pub(crate) fn response(codes: &str) -> Response {
    let body = Content::new(Some(Ref::from_schema_name("Error")));
    ResponseBuilder::new()
        .description(codes)
        .content("application/json", body)
        .build()
}

macro_rules! errors {
    ($($(#[doc = $doc:literal])* $name:ident: $status:literal $codes:literal;)*) => {$(
        $(#[doc = $doc])*
        pub(crate) enum $name {}

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([($status.to_owned(), RefOr::T(response($codes)))])
            }
        }
    )*};
}

/// The body cannot be read: it is over its limit, too slow, or encoded in an unknown way.
pub(crate) enum TooLarge {}

impl IntoResponses for TooLarge {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let errors = [
            (
                "408",
                "`request_timeout`: the body took too long to arrive.",
            ),
            ("413", "`payload_too_large`, before or after decoding."),
            (
                "415",
                "`unsupported_encoding`: `Accept-Encoding` lists the values of `Content-Encoding`.",
            ),
        ];
        let errors = errors.map(|(status, codes)| (status.to_owned(), RefOr::T(response(codes))));
        BTreeMap::from(errors)
    }
}

errors! {
    /// The request is invalid.
    Invalid: "400" "`invalid_request`: the message says what is wrong and what was expected.";
    /// The function is inactive.
    InvalidOrInactive: "400" "`invalid_request`, or `function_inactive`.";
    /// The code does not compile.
    InvalidCode: "400" "`invalid_request`, or `compile_error` with the place in `details`.";
    /// There is no such function.
    NoFunction: "404" "`function_not_found`";
    /// There is no such function or version.
    NoVersion: "404" "`function_not_found` or `version_not_found`";
    /// There is no such function or alias.
    NoAlias: "404" "`function_not_found` or `alias_not_found`";
    /// There is no such execution.
    NoExecution: "404" "`execution_not_found`";
    /// There is no such schedule, or no such function or alias any more.
    NoSchedule: "404" "`schedule_not_found`, `function_not_found` or `alias_not_found`";
    /// There is no such key.
    NoKey: "404" "`key_not_found`, or `not_found` where there are no keys.";
    /// There is no such value.
    NoValue: "404" "`not_found`: the namespace has no such key.";
    /// There are no keys.
    NoKeys: "404" "`not_found`: there are no keys here.";
    /// There is no such load test.
    NoLoadTest: "404" "`load_test_not_found`";
    /// There is no such session.
    NoSession: "404" "`not_found`: there is no such session, or not any more.";
    /// The request conflicts with the current state.
    Conflict: "409" "`conflict`: the message says with what.";
    /// The idempotency key was used with another input.
    KeyReused: "422" "`idempotency_key_reused`: the `Idempotency-Key` was used with another input; `executionId` is the first execution.";
    /// There is no capacity for it now.
    Overloaded: "429" "`over_capacity`, `function_runaway`, or `rate_limited`; `Retry-After` says when to try again.";
}
