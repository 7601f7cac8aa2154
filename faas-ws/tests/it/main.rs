//! Live events as clients see them: a real server on a loopback port, on the memory store.

mod connections;
mod scripted;
mod server;
mod stream;
