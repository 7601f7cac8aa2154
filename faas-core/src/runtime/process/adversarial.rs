//! Tests against children and workers that break the protocol on purpose.
//!
//! The host and its processes are real. Only the worker differs: it is this test binary, started as
//! an impostor (`impostor.rs`), which keeps to the protocol until a test tells it to break it. Each
//! test runs in a process of its own (`rig.rs`), so that what is left behind can be counted.

mod children;
mod compilers;
mod impostor;
mod rig;
mod shortage;
mod workers;
