//! The modules of Node that functions can use, and its globals.
//!
//! Each module is a [`Part`], as those of the web platform are. `generated/` has their JavaScript,
//! which `build.mjs` bundles from `source/` and from packages; `make node-modules` regenerates it.
//! The exports of a part are what `require` returns. `builtins.js` has the modules by name.
//!
//! What needs files, processes or sockets throws an error that says so when it is called, because
//! packages import such modules without using them.

mod async_hooks;
mod crypto;
mod digest;
mod process;
mod zlib;

use super::web::{Part, no_native};

/// The names of the modules, without `node:`.
pub(super) const NAMES: &[&str] = &[
    "assert",
    "assert/strict",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "dns/promises",
    "domain",
    "events",
    "fs",
    "fs/promises",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "path/posix",
    "path/win32",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "readline/promises",
    "repl",
    "sqlite",
    "stream",
    "stream/consumers",
    "stream/promises",
    "stream/web",
    "string_decoder",
    "sys",
    "timers",
    "timers/promises",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "util/types",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
];

macro_rules! module {
    ($name:literal) => {
        module!($name, no_native)
    };
    ($name:literal, $native:expr) => {
        Part {
            name: concat!("node:", $name),
            source: include_str!(concat!("generated/", $name, ".js")),
            globals: &[],
            native: $native,
        }
    };
}

/// All parts. Those at the end are the globals.
pub(super) const PARTS: &[Part] = &[
    module!("absent"),
    module!("assert"),
    module!("async_hooks", async_hooks::native),
    module!("buffer"),
    module!("builtins"),
    module!("comparisons"),
    module!("console"),
    module!("constants"),
    module!("crypto", crypto::native),
    module!("diagnostics_channel"),
    module!("events"),
    module!("fs"),
    module!("module"),
    module!("modules"),
    module!("os"),
    module!("path"),
    module!("perf_hooks"),
    module!("process", process::native),
    module!("punycode"),
    module!("querystring"),
    module!("stream"),
    module!("stream_consumers"),
    module!("stream_web"),
    module!("string_decoder"),
    module!("timers"),
    module!("url"),
    module!("util"),
    module!("zlib", zlib::native),
    Part {
        name: "node:Buffer",
        source: "(function (use) { return { Buffer: use('node:buffer').Buffer }; })",
        globals: &["Buffer"],
        native: no_native,
    },
    Part {
        name: "node:process global",
        source: "(function (use) { return { process: use('node:process') }; })",
        globals: &["process"],
        native: no_native,
    },
    Part {
        name: "node:immediates",
        source: "(function (use) { return use('node:timers'); })",
        globals: &["setImmediate", "clearImmediate"],
        native: no_native,
    },
];
