//! What becomes of the host and of everybody else's calls when a child, or a worker, lies.
//!
//! The host is the real one, and so are the processes: only that the worker is this test binary,
//! started as a liar (`liar.rs`). It keeps to the protocol until it is told a lie. Each test runs in
//! a process of its own (`rig.rs`), so that what a lie leaves behind can be counted.

mod children;
mod compilers;
mod liar;
mod rig;
mod shortage;
mod workers;
