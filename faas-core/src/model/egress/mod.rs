//! The network rules of a function: which requests its code may make (`config.egress`).
//!
//! ```
//! use faas_core::model::egress::{EgressRules, Target};
//!
//! let rules: EgressRules = serde_json::from_str(
//!     r#"{
//!         "allow": [{
//!             "host": "api.stripe.com",
//!             "paths": ["/v1/*"],
//!             "headers": { "authorization": "Bearer ${secret:STRIPE_KEY}" }
//!         }]
//!     }"#,
//! )?;
//! let charges = Target {
//!     is_https: true,
//!     host: "api.stripe.com",
//!     port: 443,
//!     method: "POST",
//!     path: "/v1/charges",
//! };
//! assert_eq!(rules.decide(&charges).map(|allowed| allowed.len()), Ok(1));
//!
//! let refusal = rules.decide(&Target { path: "/v2/charges", ..charges }).unwrap_err();
//! assert_eq!(
//!     refusal.to_string(),
//!     "no entry of egress.allow matches: egress.allow[0] allows other paths",
//! );
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! The rules only narrow what the server allows. They are data: the broker decides with them, and
//! applies them to every redirect again. [`rules`](EgressRules) has their shape, `decide` how they
//! are applied, `host` and `path` the patterns, and `header` the headers that the broker adds.

mod decide;
mod header;
mod host;
mod limits;
mod path;
mod rules;

pub use decide::{RuleRefusal, Target};
pub use header::{HeaderTemplate, Part, is_broker_header, is_header_name};
pub use host::HostPattern;
pub use limits::EgressLimits;
pub use path::PathPattern;
pub use rules::{AllowRule, DenyRule, EgressRules, InvalidRules};

#[cfg(test)]
mod tests;
