//! Load tests: many concurrent calls of one function, with the results and the cost.
//!
//! Without a rate, a test is a **closed loop**: each caller waits for an answer before its next
//! call, so the load adapts to the platform. With a rate, it is an **open loop**: each call has a
//! due time, and response times are measured from then. So a stall counts for all calls that it
//! delays; not counting them is known as coordinated omission.
//!
//! Modules: `plan` (parameters and estimate), `template` (inputs that differ between calls),
//! `tally` (the result). [`crate::platform::LoadTests`] runs a test.

mod plan;
mod tally;
mod template;

pub use plan::NewLoadTest;
pub(crate) use tally::Tally;
pub(crate) use template::Template;
