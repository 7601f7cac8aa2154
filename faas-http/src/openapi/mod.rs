//! The OpenAPI document. It is generated from the descriptions of the handlers and from the types of
//! [`faas_api`], so that it contains every route and no member that does not exist.
//!
//! `security` adds the role that each route needs, `errors` the errors that many routes share.

pub(crate) mod errors;
pub(crate) mod security;

use bytes::Bytes;
use faas_api::ErrorBody;
use utoipa::openapi::schema::{ComponentsBuilder, Schema};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{InfoBuilder, License, OpenApiBuilder, Paths, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::routing::operations;

const DESCRIPTION: &str = "\
Upload a JavaScript function; the platform runs it, scales it and prices it. Money is a number of \
US dollars, exact to the nano-dollar; durations are milliseconds; moments are RFC 3339 in UTC. \
Every error is JSON with a stable `code`, every answer has an `X-Request-Id`. Paths below `/api` \
may end with a slash. Each path of a function also exists with the function's name: \
`/api/functions/by-name/NAME/invoke`. Where keys are in use, send one as `Authorization: Bearer`; \
`x-role` names the role that an operation needs. Live events come over a WebSocket.";

const TAGS: [(&str, &str); 9] = [
    ("Functions", "Uploading, changing and calling functions."),
    ("Executions", "What was run."),
    ("Metrics", "How the platform does and did."),
    ("Costs", "Prices, estimates and reports."),
    (
        "Keys and values",
        "Namespaces of keys and values, which functions use through `config.kv`.",
    ),
    ("Schedules", "Functions that are executed by the clock."),
    (
        "Load tests",
        "A function called by many at once, and what that did and cost.",
    ),
    ("Access", "Who may do what, and who did what."),
    ("Server", "Its health, its metrics, this document."),
];

/// A component and its name.
pub(crate) type NamedSchema = (String, RefOr<Schema>);

/// The document of `paths`, as JSON for people too.
pub(crate) fn document(mut paths: Paths, schemas: Vec<NamedSchema>) -> Bytes {
    let other = errors::response("Any other error, in the same shape: `internal_error`, …");
    let away = errors::response("`unavailable`, or `request_timeout`: try again later.");
    for (path, item) in &mut paths.paths {
        for operation in operations(item) {
            let responses = &mut operation.responses.responses;
            if path.starts_with("/api") {
                let away = || RefOr::T(away.clone());
                responses.entry("503".to_owned()).or_insert_with(away);
            }
            responses.insert("default".to_owned(), RefOr::T(other.clone()));
        }
    }
    let mut errors = vec![(ErrorBody::name().into_owned(), ErrorBody::schema())];
    ErrorBody::schemas(&mut errors);
    let schemas = schemas.into_iter().chain(errors).map(by_reference);
    let mut license = License::new("MIT OR Apache-2.0");
    license.identifier = Some("MIT OR Apache-2.0".to_owned());
    let document = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("S3 for Compute")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(DESCRIPTION))
                .license(Some(license)),
        )
        .tags(Some(TAGS.map(|(name, about)| {
            TagBuilder::new()
                .name(name)
                .description(Some(about))
                .build()
        })))
        .components(Some(
            ComponentsBuilder::new()
                .schemas_from_iter(schemas)
                .security_scheme(security::SCHEME, security::scheme())
                .build(),
        ))
        .paths(paths)
        .build();
    // It is made of texts, lists and maps with texts as keys: there is nothing that has no JSON.
    let text = document.to_pretty_json().unwrap_or_default();
    Bytes::from(text + "\n")
}

/// Names what is in an envelope instead of writing it out once more.
fn by_reference((name, mut schema): NamedSchema) -> NamedSchema {
    if let Some(content) = name.strip_prefix("Data_")
        && let RefOr::T(Schema::Object(envelope)) = &mut schema
    {
        let content = RefOr::Ref(Ref::from_schema_name(content));
        envelope.properties.insert("data".to_owned(), content);
    }
    (name, schema)
}
