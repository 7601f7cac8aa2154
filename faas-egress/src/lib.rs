//! The network of functions: a broker that makes HTTP requests for them.
//!
//! User code has no sockets. Its `fetch` is a request to this broker, which decides by the server's
//! [`Policy`] and by the function's rules, and makes the request itself.
//!
//! ```
//! use std::sync::Arc;
//! use faas_core::egress::{Caller, FetchRequest, Network, code};
//! use faas_egress::{Broker, Policy};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let broker = Broker::builder(Policy::public()).build()?;
//! let mut caller = Caller::new("function-1");
//! caller.rules = Some(Arc::new(serde_json::from_str(
//!     r#"{ "allow": [{ "host": "*.example.com", "methods": ["GET"] }] }"#,
//! )?));
//!
//! // The server's policy refuses addresses that are not public, however they are written.
//! let metadata = FetchRequest::get("http://0xa9.254.43518/latest/meta-data/");
//! let refused = broker.fetch(&Caller::new("function-1"), metadata).await.unwrap_err();
//! assert_eq!(refused.code, code::REFUSED);
//! assert_eq!(
//!     refused.message,
//!     "the server's policy refuses the request to 169.254.169.254: \
//!      it is a link-local address (RFC 3927)",
//! );
//!
//! // The function's rules narrow what the server allows.
//! let refused = broker.fetch(&caller, FetchRequest::get("https://example.org/")).await.unwrap_err();
//! assert_eq!(
//!     refused.message,
//!     "the function's rules refuse the request to example.org: \
//!      no entry of egress.allow has this host",
//! );
//! # Ok(())
//! # }
//! ```
//!
//! What it guarantees:
//! - **Addresses.** A name is resolved once for a connection, every address of the answer is checked,
//!   and the connection goes to an address that was checked. A pooled connection is used again only
//!   while its address is allowed. Spellings of addresses are normalized before they are checked.
//! - **Redirects** are followed here, and each is decided on like a request of its own.
//! - **Headers** that frame a message or name its receiver are the broker's. Headers with secrets go
//!   only to the hosts of their rule, over TLS.
//! - **Connections** are never shared across partitions, and no proxy of the environment is used.
//! - **Bounds.** Every execution has a [`Budget`](faas_core::egress::Budget); [`BrokerOptions`] has
//!   the bounds of the server. Bodies are streamed both ways, and neither side is read ahead.
//!
//! Read the modules in this order: `policy` (pure), `request` and `redirect` (pure), `resolve`,
//! `dial`, `tls` and `connect` (new connections), `quota` and `pool`, `headers`, `send`, `body`,
//! `record`, then `broker` (the life of a request), `answer`, `explain` and `build`.

mod answer;
mod body;
mod broker;
mod build;
mod connect;
mod dial;
mod explain;
mod failure;
mod headers;
mod options;
mod policy;
mod pool;
mod quota;
mod record;
mod redirect;
mod request;
mod resolve;
mod send;
mod tls;

pub use broker::Broker;
pub use build::{BrokerBuilder, BuildError};
pub use dial::{Dial, SystemDialer};
pub use ipnet::IpNet;
pub use options::BrokerOptions;
pub use policy::{Access, Policy, PolicyRefusal, Ports};
pub use resolve::{Resolve, SystemResolver};
