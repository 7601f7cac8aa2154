//! The promises of the library, tested from outside.

mod platform;
mod scripted;
