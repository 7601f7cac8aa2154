//! For tests only: a server that speaks MongoDB's protocol, and a line to it that can be cut.
//!
//! ```no_run
//! // Integration tests and benchmarks say env!("CARGO_TARGET_TMPDIR").
//! let Some(uri) = faas_mongo_testserver::new_database("target/tmp") else {
//!     return; // There is no server: the test is skipped.
//! };
//! let proxy = faas_mongo_testserver::FaultProxy::to(&uri);
//! // … connect to proxy.uri …
//! proxy.cut();
//! ```
//!
//! [`server`] finds or starts the server, [`programs`] fetches and builds what is started,
//! [`fault_proxy`] breaks connections on purpose, [`uri`] parses URIs. Only failures of a test panic.

mod fault_proxy;
mod programs;
mod server;
mod uri;

pub use fault_proxy::FaultProxy;
pub use server::{TestServer, new_database};
