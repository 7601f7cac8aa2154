//! Runs users' JavaScript functions: queued, isolated, scaled, retried, metered and priced.
//!
//! Read the modules in this order: [`model`] (the words), [`cost`] (the money), [`store`],
//! [`runtime`] and [`scaling`] (the three traits that a host can implement), [`events`], then
//! `engine` (the life of an execution), [`secrets`], [`load_test`], [`platform`] (the handle that a
//! host holds), [`access`] (who is let in) and [`request_id`], which front ends share.

pub mod access;
pub mod clock;
pub mod cost;
mod engine;
pub mod error;
pub mod events;
pub mod load_test;
pub mod model;
pub mod options;
pub mod platform;
pub mod request_id;
pub mod runtime;
pub mod samples;
pub mod scaling;
pub mod secrets;
pub mod store;

pub use error::Error;
pub use options::PlatformOptions;
pub use platform::Platform;
