//! Tests with children and workers that break the protocol on purpose.
//!
//! The host and its processes are real. Only the worker differs: it is this test binary, started as
//! a malicious worker (`malicious.rs`), which follows the protocol until a test makes it break it.
//! Each test runs in its own process (`rig.rs`), so that leaked resources can be counted.

mod children;
mod compilers;
mod malicious;
mod rig;
mod shortage;
mod workers;
