//! The broker against real sockets.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod bodies;
mod corpus;
mod explain;
mod headers;
mod limits;
mod pool;
mod redirects;
mod support;
mod tls;
