//! The broker against real sockets.

#![cfg(test)]

mod bodies;
mod corpus;
mod explain;
mod headers;
mod limits;
mod pool;
mod proxies;
mod redirects;
mod support;
mod tls;
