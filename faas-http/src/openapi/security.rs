//! Which key each operation needs.

use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};

use super::errors;
use crate::routing::Needs;

/// What operations call the scheme.
pub(super) const SCHEME: &str = "key";
/// Names the role that allows least of those that allow an operation.
const ROLE: &str = "x-role";

/// How a key is sent.
pub(super) fn scheme() -> SecurityScheme {
    let mut scheme = Http::new(HttpAuthScheme::Bearer);
    scheme.bearer_format = Some("faas_<id>_<secret>".to_owned());
    let about = "An API key, where keys are in use. `GET /api/session` tells whether they are.";
    scheme.description = Some(about.to_owned());
    SecurityScheme::Http(scheme)
}

/// Says of `operation` what it needs.
pub(crate) fn describe(operation: &mut Operation, needs: Needs) {
    let Needs::Key(permission) = needs else {
        operation.security = Some(Vec::new());
        return;
    };
    let role = permission.needs();
    operation.security = Some(vec![SecurityRequirement::new(SCHEME, Vec::<String>::new())]);
    operation.extensions = Some(
        ExtensionsBuilder::new()
            .add(ROLE, json!(role.as_str()))
            .build(),
    );
    let responses = &mut operation.responses.responses;
    for (status, codes) in [
        ("401", "`key_required`, `key_invalid` or `key_expired`."),
        (
            "403",
            "`role_insufficient`, `origin_not_allowed` or `host_not_allowed`.",
        ),
        (
            "429",
            "`rate_limited`; `Retry-After` says when to try again.",
        ),
    ] {
        let refused = || RefOr::T(errors::response(codes));
        responses.entry(status.to_owned()).or_insert_with(refused);
    }
}
