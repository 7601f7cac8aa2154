//! The network of functions: checks of requests, and the OpenAPI schemas of network rules and of
//! requests, whose JSON the model has.

#[cfg(feature = "openapi")]
use std::collections::BTreeMap;

use faas_core::egress::Explanation;
use serde::{Deserialize, Serialize};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

/// A request that is checked, and not made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[non_exhaustive]
pub struct EgressCheck {
    /// The URL.
    #[cfg_attr(feature = "openapi", schema(min_length = 1))]
    pub url: String,
    /// The method. Absent or null: `GET`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}

/// What would happen to a request of a function, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[non_exhaustive]
pub struct EgressExplanation {
    /// The URL as it would be sent; null: it is not valid.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub url: Option<String>,
    /// Whether the request would be made.
    pub allowed: bool,
    /// Why not: whose rule refuses it and which, or what is wrong.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub refusal: Option<String>,
    /// The addresses of the host, if the rules let the name be resolved.
    pub addresses: Vec<EgressAddress>,
    /// The names of the headers that the rules would set.
    pub headers: Vec<String>,
}

/// An address of a host, and whether a connection to it would be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[non_exhaustive]
pub struct EgressAddress {
    /// The address.
    pub address: String,
    /// Why no connection would be made; null: one would.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub refusal: Option<String>,
}

impl From<Explanation> for EgressExplanation {
    fn from(explanation: Explanation) -> Self {
        let addresses = explanation.addresses.into_iter();
        let addresses = addresses.map(|one| EgressAddress {
            address: one.address.to_string(),
            refusal: one.refusal,
        });
        Self {
            url: explanation.url,
            allowed: explanation.allowed,
            refusal: explanation.refusal,
            addresses: addresses.collect(),
            headers: explanation.headers,
        }
    }
}

/// Which requests a function may make. A request must match no entry of `deny`, and one of `allow`
/// if that is there.
#[cfg(feature = "openapi")]
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema matters")]
pub(crate) struct EgressRules {
    /// The requests that it may make. Absent: all that the server allows.
    #[schema(nullable = false, max_items = 64)]
    allow: Option<Vec<EgressAllow>>,
    /// The requests that it must not make.
    #[schema(nullable = false, max_items = 64)]
    deny: Option<Vec<EgressDeny>>,
}

/// Requests that a function may make.
#[cfg(feature = "openapi")]
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema matters")]
pub(crate) struct EgressAllow {
    /// The host, such as `api.example.com`, or `*.example.com` for all names below one.
    host: String,
    /// The ports. Absent: all.
    #[schema(nullable = false)]
    ports: Option<Vec<u16>>,
    /// The methods. Absent: all.
    #[schema(nullable = false)]
    methods: Option<Vec<String>>,
    /// The paths, in which `*` stands for any characters, such as `/v1/*`. Absent: all.
    #[schema(nullable = false)]
    paths: Option<Vec<String>>,
    /// Headers that the server sets, over TLS only. `${secret:NAME}` stands for a secret of the
    /// function, which its code cannot read then.
    #[schema(nullable = false)]
    headers: Option<BTreeMap<String, String>>,
}

/// Requests that a function must not make.
#[cfg(feature = "openapi")]
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema matters")]
pub(crate) struct EgressDeny {
    /// The host, such as `api.example.com`, or `*.example.com` for all names below one.
    host: String,
    /// The ports. Absent: all.
    #[schema(nullable = false)]
    ports: Option<Vec<u16>>,
    /// The methods. Absent: all.
    #[schema(nullable = false)]
    methods: Option<Vec<String>>,
    /// The paths, in which `*` stands for any characters. Absent: all.
    #[schema(nullable = false)]
    paths: Option<Vec<String>>,
}

/// An HTTP request of a function. Times are in microseconds; one is null if that part did not happen.
#[cfg(feature = "openapi")]
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema matters")]
pub(crate) struct HttpRequest {
    /// The method.
    method: String,
    /// `http` or `https`; empty if the URL was not valid.
    scheme: String,
    /// The host; empty if the URL was not valid.
    host: String,
    /// The port; 0 if the URL was not valid.
    port: u16,
    /// The status of the response, if one came.
    #[schema(required)]
    status: Option<u16>,
    /// Whether the request used HTTP/2.
    http2: bool,
    /// Whether the connection had been used before.
    reused: bool,
    /// Resolving the name.
    #[schema(required)]
    dns: Option<u64>,
    /// Connecting.
    #[schema(required)]
    connect: Option<u64>,
    /// The TLS handshake.
    #[schema(required)]
    tls: Option<u64>,
    /// From the beginning to the head of the response.
    #[schema(required)]
    first_byte: Option<u64>,
    /// Whose rule refused the request, if one did: `server` or `function`.
    #[schema(required)]
    refused_by: Option<String>,
    /// What the refusal says.
    #[schema(required)]
    refusal: Option<String>,
}
