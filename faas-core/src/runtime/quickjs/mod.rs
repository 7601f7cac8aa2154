//! QuickJS isolates in the host's own threads.
//!
//! For code that the host trusts, and for hosts that cannot start processes: what breaks QuickJS
//! breaks the host. Time, memory and stack are bounded, but QuickJS looks at the clock in bytecode
//! only, so a call can outstay its deadline in a native loop; the engine then gives its thread up.
//!
//! Read `service.rs` first: a call takes a warm isolate or a blank one, runs in it, and puts it
//! back. Then `isolate.rs` and `running.rs` (one call), `event_loop.rs` (waiting for a promise), `prelude.js` (what
//! user code finds), and, for uploads, `compile.rs` and `shape.rs`. What isolates are kept is in
//! `warm.rs`; `steward.rs` makes and drops them.
//!
//! Not here: modules to import, network, files. Nothing that an isolate can reach outlives it.

mod call_state;
mod compile;
mod console;
mod event_loop;
mod failure;
mod heap;
mod isolate;
mod raw;
mod running;
mod service;
mod shape;
mod steward;
mod syntax_error;
mod warm;

pub use service::{QuickJs, QuickJsOptions};
