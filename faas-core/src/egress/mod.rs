//! Requests that functions make to the network.
//!
//! Code has no sockets: its `fetch` is a request to the platform, and a [`Network`] answers it. The
//! core has no HTTP client; the crate `faas-egress` has the `Network` of the server. It decides on
//! each request, and on each redirect again, by the server's policy and by the function's
//! [`EgressRules`](crate::model::egress::EgressRules), and connects only to addresses that it has
//! checked.
//!
//! [`network`](Network) has the trait and what a caller may do, `message` the request and the
//! response, `budget` the limits of an execution, `record` what is kept of a request, and [`code`]
//! the codes of errors.

mod budget;
pub mod code;
mod message;
mod network;
mod record;
mod secrets;

pub use crate::model::egress::EgressLimits;
pub use budget::{Budget, EgressUsage, RequestPermit};
pub use message::{FetchBody, FetchRequest, FetchResponse, Redirect};
pub use network::{Caller, ExplainedAddress, Explanation, Network, Observer, Secrets};
pub use record::{FetchRecord, FetchTimes, RefusedBy};
pub(crate) use secrets::HostSecrets;
