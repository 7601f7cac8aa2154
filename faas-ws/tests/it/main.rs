//! Live events as clients see them: a real server on a loopback port, on the memory store.

#![cfg(test)]

mod access;
mod connections;
mod hostile;
mod load_tests;
mod scripted;
mod server;
mod stream;
