//! QuickJS isolates in processes of their own: for everybody else's code.
//!
//! The host starts one *worker*, which makes a blank isolate, locks itself in as far as it can and
//! then forks a *child* whenever it is asked to. A child locks itself in for good before it sees
//! anything of a user's, and serves one version of one function over two pipes until it is killed;
//! or it compiles one upload. The host trusts nothing that comes out of a child: a frame that is
//! not as it should be costs the child its life and the call its result, and nobody else anything.
//!
//! The host's side: `service.rs` puts the parts together, `worker_host.rs` starts the worker and has it
//! fork and reap, `remote.rs` runs a call in a child and enforces its deadline with SIGKILL,
//! `answer.rs` takes what comes of it, and `compile.rs` has an upload compiled. The other side:
//! `worker.rs` forks, and `fork.rs` knows how; `child.rs` serves, `sandbox` locks. Between them:
//! `channel.rs` (a child's pipes), `wire.rs` (frames over them), `flight_recorder.rs` (the console of
//! a call that is killed) and `control.rs` (requests to the worker).
//!
//! Linux only: it needs pidfds, seccomp, and a parent's death that kills its children.

#[cfg(test)]
mod adversarial;
mod answer;
mod channel;
mod child;
mod compile;
mod control;
mod flight_recorder;
mod fork;
#[cfg(fuzzing)]
pub mod fuzzing;
mod remote;
mod sandbox;
mod service;
mod wire;
pub mod worker;
mod worker_host;

pub use service::{Processes, ProcessesOptions};
pub use worker_host::WorkerCommand;
