//! Load tests: a function called by many at once for some time, and what that did and cost.
//!
//! A test is **closed loop** unless it names a rate: each of its callers waits for an answer before
//! it calls again, so the load follows what the platform can do. With a rate it is **open loop**:
//! calls have a time at which they are due, and a response time is measured from then, so that a
//! stall counts for all the calls that it delays (what Gil Tene calls coordinated omission is the
//! failure to do so).
//!
//! Read `plan` (the parameters and the estimate), `template` (inputs that differ from call to call)
//! and `tally` (the result). [`crate::platform::LoadTests`] runs a test.

mod plan;
mod tally;
mod template;

pub use plan::NewLoadTest;
pub(crate) use tally::Tally;
pub(crate) use template::Template;
