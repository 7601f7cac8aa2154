//! QuickJS isolates in the host's own threads.
//!
//! For code that the host trusts, and for hosts that cannot start processes: what breaks QuickJS
//! breaks the host. Time, memory and stack are bounded, but QuickJS looks at the clock in bytecode
//! only, so a call can outstay its deadline in a native loop; the engine then gives its thread up.
//!
//! Read `isolate.rs` and `running.rs` first (one call), then `event_loop.rs` (waiting for a
//! promise), `prelude/` (what user code finds), and, for uploads, `compile.rs` and `shape.rs`.
//! Which isolates are kept is not decided here, but in `pool`; `service.rs` puts both together.
//!
//! Not here: modules to import, network, files. Nothing that an isolate can reach outlives it.

mod call_state;
mod collisions;
mod compile;
mod console;
mod event_loop;
mod failure;
mod heap;
mod isolate;
mod raw;
mod rejections;
mod running;
mod service;
mod shape;
mod slots;
mod syntax_error;

pub use service::{QuickJs, QuickJsOptions};
#[cfg(target_os = "linux")]
pub(super) use {
    compile::{COMPILE_MEMORY, Compiled, Form, cannot_now, compile_here, plain},
    console::LineRecorder,
    isolate::Isolate,
    raw::Bytecode,
    slots::Lanes,
};
