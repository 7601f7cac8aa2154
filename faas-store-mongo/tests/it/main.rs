//! The MongoDB store on a real server over a real connection.

#![expect(
    clippy::unwrap_used,
    reason = "what the tests share may fail them as well as they themselves"
)]

mod conformance;
mod damage;
mod key_value;
mod kill;
mod legacy;
mod outage;
mod plans;
mod server;
mod shared;
