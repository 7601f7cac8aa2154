//! The REST API as clients see it: a real server on a loopback port, on the memory store.

#![cfg(test)]

mod access;
mod batches;
mod bodies;
mod connections;
mod costs;
mod document;
mod environment;
mod executions;
mod front;
mod functions;
mod hostile;
mod http2;
mod invoke;
mod kv;
mod load_tests;
mod malformed;
mod mcp;
mod metrics;
mod names;
mod raw;
mod requests;
mod run;
mod schedules;
mod schema;
mod scripted;
mod server;
mod uploads;
mod versions;
mod waiting;
