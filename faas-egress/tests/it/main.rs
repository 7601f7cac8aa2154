//! The broker against real sockets.

mod bodies;
mod corpus;
mod explain;
mod headers;
mod limits;
mod pool;
mod redirects;
mod support;
mod tls;
