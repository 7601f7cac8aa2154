//! QuickJS isolates in the host's own threads.
//!
//! Use them for code that the host trusts, and on hosts that cannot start processes: code that
//! breaks QuickJS breaks the host. Time, memory and stack are bounded, and `prelude/guards.js`
//! replaces the builtins that are known to end the process. QuickJS checks the deadline in bytecode
//! only, so a call can run past its deadline in a native loop; the engine then abandons it, and its
//! thread is busy until the loop ends.
//!
//! Read `isolate.rs` and `running.rs` first (one call, in steps), then `event_loop.rs` (promises,
//! jobs and timers), `bindings.rs` (host calls) and `prelude/` (the JavaScript side: `guards.js`,
//! `main.js`, and `inspect.js`, `console.js` and `bindings.js`, which are loaded when they are first
//! needed). For uploads read `compile.rs`, `compile/read.rs` (which form the code has), `shape.rs`
//! and `syntax_error.rs`. `threads.rs` runs steps; `pool` decides which isolates are kept;
//! `service.rs` connects them. `web/` has the globals of the web platform, `node/` the modules of Node.
//!
//! `modules.rs` and `prelude/modules.js` load the modules that code imports or requires;
//! `builtin_modules.rs` lists those that need no upload, `presets.rs` has those of the host.
//!
//! There is no network and there are no files. Nothing that an isolate can reach outlives it.

mod bindings;
mod builtin_modules;
mod call_state;
mod collisions;
mod compile;
mod console;
mod event_loop;
mod failure;
#[cfg(target_os = "linux")]
mod forked;
mod handler;
mod heap;
mod hints;
#[cfg(target_os = "linux")]
mod holes;
mod isolate;
mod modules;
mod node;
mod on_thread;
mod prelude;
mod presets;
mod promise_listeners;
mod raw;
mod rejections;
mod resolve;
mod running;
mod script;
mod service;
mod shape;
mod slots;
mod source_map;
mod suspended;
mod syntax_error;
mod threads;
mod uncaught;
mod web;

pub use service::{QuickJs, QuickJsOptions};
#[cfg(target_os = "linux")]
pub(super) use {
    compile::{cannot_now, plain},
    isolate::Isolate,
    slots::Lanes,
};
