//! QuickJS isolates in separate processes, for untrusted code.
//!
//! The host starts one *worker*, which makes a blank isolate, enters a sandbox that permits
//! forking, and forks a *child* on request. A child enters its final sandbox before it reads any
//! user data. It serves one version of one function over two pipes until it is killed, or it
//! compiles one upload. The host does not trust a child: a malformed frame ends the child and fails
//! its call, and affects nothing else.
//!
//! Nothing in the host blocks for a call. A child whose code waits for a timer or a host call says
//! so and reads its request pipe; the host waits in its place.
//!
//! Host: `service.rs` is the runtime, `worker_host.rs` starts the worker and sends it fork and reap
//! requests, `remote.rs` runs a call in a child and enforces its deadline with SIGKILL
//! (`outgoing.rs`, `channel.rs`, `child_process.rs`), `exchange.rs` and `answer.rs` validate what the child sends, and
//! `compile.rs` compiles an upload. Worker and child: `worker.rs` forks,
//! with `fork.rs`; `child.rs` serves calls; `sandbox` restricts both. Between them: `channel.rs` (a
//! child's pipes), `wire.rs` (frames over them), `flight_recorder.rs` (the console of a killed
//! call) and `control.rs` (requests to the worker).
//!
//! Linux only: it needs pidfds, seccomp and parent-death signals.

#[cfg(test)]
mod adversarial;
mod answer;
mod channel;
mod child;
mod child_process;
mod compile;
mod control;
mod exchange;
mod flight_recorder;
mod fork;
#[cfg(fuzzing)]
pub mod fuzzing;
mod outgoing;
mod remote;
mod sandbox;
mod service;
mod wait_budget;
mod wire;
pub mod worker;
mod worker_host;

pub use service::{Processes, ProcessesOptions};
pub use worker_host::WorkerCommand;
