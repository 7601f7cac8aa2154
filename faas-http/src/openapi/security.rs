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
    let with_key = SecurityRequirement::new(SCHEME, Vec::<String>::new());
    let (security, unknown, forbidden) = match needs {
        Needs::Nothing => {
            operation.security = Some(Vec::new());
            return;
        }
        // The empty one says that a key may be left out.
        Needs::NoWrongKey => (
            vec![SecurityRequirement::default(), with_key],
            "`key_invalid` or `key_expired`.",
            "`origin_not_allowed` or `host_not_allowed`.",
        ),
        Needs::Key(permission) => {
            let role = json!(permission.needs().as_str());
            operation.extensions = Some(ExtensionsBuilder::new().add(ROLE, role).build());
            (
                vec![with_key],
                "`key_required`, `key_invalid` or `key_expired`.",
                "`role_insufficient`, `origin_not_allowed` or `host_not_allowed`.",
            )
        }
    };
    operation.security = Some(security);
    let limited = "`rate_limited`; `Retry-After` says when to try again.";
    let responses = &mut operation.responses.responses;
    for (status, codes) in [("401", unknown), ("403", forbidden), ("429", limited)] {
        let refused = || RefOr::T(errors::response(codes));
        responses.entry(status.to_owned()).or_insert_with(refused);
    }
}
