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

use rquickjs::{Array, Ctx, Object, Value};

use super::raw;
use super::web::{Host, Part, add, no_native};

/// The modules: name, part, and the member of its exports that is the module, if they are not.
pub(super) const MODULES: &[(&str, &str, Option<&str>)] = &[
    ("node:assert", "node:assert", None),
    ("node:assert/strict", "node:assert", Some("strict")),
    ("node:async_hooks", "node:async_hooks", None),
    ("node:buffer", "node:buffer", None),
    ("node:child_process", "node:modules", Some("child_process")),
    ("node:cluster", "node:modules", Some("cluster")),
    ("node:console", "node:console", None),
    ("node:constants", "node:constants", None),
    ("node:crypto", "node:crypto", None),
    ("node:dgram", "node:modules", Some("dgram")),
    ("node:diagnostics_channel", "node:diagnostics_channel", None),
    ("node:dns", "node:modules", Some("dns")),
    ("node:dns/promises", "node:modules", Some("dns/promises")),
    ("node:domain", "node:modules", Some("domain")),
    ("node:events", "node:events", None),
    ("node:fs", "node:fs", None),
    ("node:fs/promises", "node:fs", Some("promises")),
    ("node:http", "node:modules", Some("http")),
    ("node:http2", "node:modules", Some("http2")),
    ("node:https", "node:modules", Some("https")),
    ("node:inspector", "node:modules", Some("inspector")),
    ("node:module", "node:module", None),
    ("node:net", "node:modules", Some("net")),
    ("node:os", "node:os", None),
    ("node:path", "node:path", None),
    ("node:path/posix", "node:path", Some("posix")),
    ("node:path/win32", "node:path", Some("win32")),
    ("node:perf_hooks", "node:perf_hooks", None),
    ("node:process", "node:process", None),
    ("node:punycode", "node:punycode", None),
    ("node:querystring", "node:querystring", None),
    ("node:readline", "node:modules", Some("readline")),
    (
        "node:readline/promises",
        "node:modules",
        Some("readline/promises"),
    ),
    ("node:repl", "node:modules", Some("repl")),
    ("node:sqlite", "node:modules", Some("sqlite")),
    ("node:stream", "node:stream", None),
    ("node:stream/consumers", "node:stream_consumers", None),
    ("node:stream/promises", "node:stream", Some("promises")),
    ("node:stream/web", "node:stream_web", None),
    ("node:string_decoder", "node:string_decoder", None),
    ("node:sys", "node:util", None),
    ("node:timers", "node:timers", None),
    ("node:timers/promises", "node:timers", Some("promises")),
    ("node:tls", "node:modules", Some("tls")),
    ("node:trace_events", "node:modules", Some("trace_events")),
    ("node:tty", "node:modules", Some("tty")),
    ("node:url", "node:url", None),
    ("node:util", "node:util", None),
    ("node:util/types", "node:util", Some("types")),
    ("node:v8", "node:modules", Some("v8")),
    ("node:vm", "node:modules", Some("vm")),
    ("node:wasi", "node:modules", Some("wasi")),
    (
        "node:worker_threads",
        "node:modules",
        Some("worker_threads"),
    ),
    ("node:zlib", "node:zlib", None),
];

/// Finds a module by its name with or without `node:`.
pub(super) fn find(name: &str) -> Option<(&'static str, Option<&'static str>)> {
    let name = name.strip_prefix("node:").unwrap_or(name);
    MODULES
        .iter()
        .find(|(module, ..)| module.strip_prefix("node:") == Some(name))
        .map(|&(_, part, member)| (part, member))
}

/// The host's functions of `builtins.js`.
fn builtins<'js>(ctx: &Ctx<'js>, _: &Host) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    add(&native, "names", || {
        let names = MODULES
            .iter()
            .filter_map(|(name, ..)| name.strip_prefix("node:"));
        names.collect::<Vec<_>>()
    })?;
    add(&native, "find", |ctx: Ctx<'js>, name: Value<'js>| {
        let found = Array::new(ctx)?;
        if let Some((part, member)) = raw::text(&name).and_then(|name| find(&name)) {
            found.set(0, part)?;
            if let Some(member) = member {
                found.set(1, member)?;
            }
        }
        rquickjs::Result::Ok(found)
    })?;
    Ok(native)
}

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
    module!("builtins", builtins),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_module_has_a_part() {
        for (name, part, _) in MODULES {
            assert!(PARTS.iter().any(|known| known.name == *part), "{name}");
        }
    }
}
