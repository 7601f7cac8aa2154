//! QuickJS isolates in the host's own threads.
//!
//! Use it for code that the host trusts, and where the host cannot start processes: a fault in
//! QuickJS is a fault in the host. Time, memory and stack are bounded, and `prelude/guards.js`
//! replaces the builtins that are known to end the process. QuickJS checks the deadline in bytecode
//! only, so a call can exceed it in a native loop; the engine then abandons the thread.
//!
//! Read `isolate.rs` and `running.rs` first (one call), then `event_loop.rs` (waiting for a
//! promise), `prelude/` (the JavaScript side: `guards.js`, `main.js`, and `inspect.js` and
//! `console.js`, which are loaded when they are first used), and, for uploads, `compile.rs` and
//! `shape.rs`. The module `pool` decides which isolates are kept; `service.rs` combines the two.
//!
//! There are no modules to import, no network and no files. An isolate shares nothing with others.

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
