//! The web platform in an isolate: the globals that the Minimum Common Web API names.
//!
//! Each [`Part`] is JavaScript (`*.js`) with, where Rust does the work better, native functions
//! (`*.rs`). It is compiled once per process. A thread's isolate has an accessor for each global and
//! loads the part when code first reads one of its globals. A zygote loads all parts before it
//! forks, so a child finds them ready and pays nothing.
//!
//! A part's file evaluates to `(use, native, platform) => exports`:
//!
//! - `use('events')` returns the exports of another part and loads it if necessary. Parts must not
//!   use each other in a cycle.
//! - `native` has the part's native functions.
//! - `platform` has what `prelude/main.js` gives to parts: timers, the log, the number of the call.
//! - Of the exports, those that [`Part::globals`] lists become globals. The others are for other
//!   parts.
//!
//! A global whose name begins with `on` is an event handler: its export is the descriptor of an
//! accessor.
//!
//! A part is loaded while user code runs, which may have replaced builtins. This can break only the
//! isolate that did it: native functions must accept any argument and must not trust a type that
//! JavaScript has checked.

use std::ffi::CStr;
use std::sync::{Arc, OnceLock};

use rquickjs::function::IntoJsFunc;
use rquickjs::{Array, Context, Ctx, Function, Object, Runtime};

use super::call_state::Current;
use super::heap::Heap;
use super::node;
use super::prelude::PLATFORM_FILE;
use super::promise_listeners::PromiseListeners;
use super::raw::{Bytecode, Goal};

mod base64;
mod bytes;
mod clock;
mod clone;
mod compression;
mod crypto;
mod encoding;
#[cfg(feature = "intl")]
mod intl;
mod url;
mod url_pattern;

/// A part of the web platform.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) source: &'static str,
    /// The exports that become globals.
    pub(super) globals: &'static [&'static str],
    /// Makes the native functions.
    pub(super) native: for<'js> fn(&Ctx<'js>, &Host) -> rquickjs::Result<Object<'js>>,
}

/// The parts of the web platform.
const PARTS: &[Part] = &[
    Part {
        name: "base64",
        source: include_str!("base64.js"),
        globals: &["atob", "btoa"],
        native: base64::native,
    },
    Part {
        name: "compression",
        source: include_str!("compression.js"),
        globals: &["CompressionStream", "DecompressionStream"],
        native: compression::native,
    },
    Part {
        name: "encoding_streams",
        source: include_str!("encoding_streams.js"),
        globals: &["TextEncoderStream", "TextDecoderStream"],
        native: encoding::native,
    },
    Part {
        name: "crypto",
        source: include_str!("crypto.js"),
        globals: &["Crypto", "CryptoKey", "SubtleCrypto", "crypto"],
        native: crypto::native,
    },
    Part {
        name: "crypto_jwk",
        source: include_str!("crypto_jwk.js"),
        globals: &[],
        native: crypto::native,
    },
    Part {
        name: "crypto_key",
        source: include_str!("crypto_key.js"),
        globals: &[],
        native: no_native,
    },
    Part {
        name: "crypto_pairs",
        source: include_str!("crypto_pairs.js"),
        globals: &[],
        native: crypto::native,
    },
    Part {
        name: "crypto_secrets",
        source: include_str!("crypto_secrets.js"),
        globals: &[],
        native: crypto::native,
    },
    Part {
        name: "kv",
        source: include_str!("kv.js"),
        globals: &[],
        native: no_native,
    },
    Part {
        name: "idl",
        source: include_str!("idl.js"),
        globals: &[],
        native: no_native,
    },
    Part {
        name: "clock",
        source: include_str!("clock.js"),
        globals: &[],
        native: clock::native,
    },
    Part {
        name: "event",
        source: include_str!("event.js"),
        globals: &[
            "Event",
            "CustomEvent",
            "ErrorEvent",
            "PromiseRejectionEvent",
            "MessageEvent",
            "ProgressEvent",
        ],
        native: no_native,
    },
    Part {
        name: "events",
        source: include_str!("events.js"),
        globals: &[
            "EventTarget",
            "addEventListener",
            "removeEventListener",
            "dispatchEvent",
            "reportError",
            "onerror",
            "onunhandledrejection",
            "onrejectionhandled",
        ],
        native: no_native,
    },
    Part {
        name: "abort",
        source: include_str!("abort.js"),
        globals: &["AbortController", "AbortSignal"],
        native: no_native,
    },
    Part {
        name: "web-streams-polyfill",
        source: concat!(
            "(function () { const exports = {}, module = {};\n",
            include_str!("vendor/web-streams-polyfill/ponyfill.js"),
            "return exports; })",
        ),
        globals: &[],
        native: no_native,
    },
    Part {
        name: "streams",
        source: include_str!("streams.js"),
        globals: &[
            "ReadableStream",
            "ReadableStreamDefaultReader",
            "ReadableStreamBYOBReader",
            "ReadableStreamBYOBRequest",
            "ReadableByteStreamController",
            "ReadableStreamDefaultController",
            "TransformStream",
            "TransformStreamDefaultController",
            "WritableStream",
            "WritableStreamDefaultController",
            "WritableStreamDefaultWriter",
            "ByteLengthQueuingStrategy",
            "CountQueuingStrategy",
        ],
        native: no_native,
    },
    Part {
        name: "bytes",
        source: include_str!("bytes.js"),
        globals: &[],
        native: bytes::native,
    },
    Part {
        name: "performance",
        source: include_str!("performance.js"),
        globals: &[
            "Performance",
            "PerformanceEntry",
            "PerformanceMark",
            "PerformanceMeasure",
            "PerformanceObserver",
            "PerformanceObserverEntryList",
            "performance",
        ],
        native: no_native,
    },
    Part {
        name: "clone",
        source: include_str!("clone.js"),
        globals: &["structuredClone"],
        native: clone::native,
    },
    Part {
        name: "messaging",
        source: include_str!("messaging.js"),
        globals: &["MessageChannel", "MessagePort"],
        native: no_native,
    },
    Part {
        name: "blob",
        source: include_str!("blob.js"),
        globals: &["Blob", "File"],
        native: no_native,
    },
    Part {
        name: "formdata",
        source: include_str!("formdata.js"),
        globals: &["FormData"],
        native: no_native,
    },
    Part {
        name: "headers",
        source: include_str!("headers.js"),
        globals: &["Headers"],
        native: no_native,
    },
    Part {
        name: "mime",
        source: include_str!("mime.js"),
        globals: &[],
        native: no_native,
    },
    Part {
        name: "body",
        source: include_str!("body.js"),
        globals: &[],
        native: no_native,
    },
    Part {
        name: "request",
        source: include_str!("request.js"),
        globals: &["Request"],
        native: no_native,
    },
    Part {
        name: "response",
        source: include_str!("response.js"),
        globals: &["Response"],
        native: no_native,
    },
    Part {
        name: "retry",
        source: include_str!("retry.js"),
        globals: &["NonRetryableError", "RetryAfterError"],
        native: no_native,
    },
    Part {
        name: "data_url",
        source: include_str!("data_url.js"),
        globals: &[],
        native: no_native,
    },
    Part {
        name: "fetch",
        source: include_str!("fetch.js"),
        globals: &["fetch"],
        native: no_native,
    },
    Part {
        name: "navigator",
        source: include_str!("navigator.js"),
        globals: &["Navigator", "navigator"],
        native: no_native,
    },
    Part {
        name: "filereader",
        source: include_str!("filereader.js"),
        globals: &["FileReader"],
        native: no_native,
    },
    Part {
        name: "encoding",
        source: include_str!("encoding.js"),
        globals: &["TextEncoder", "TextDecoder"],
        native: encoding::native,
    },
    Part {
        name: "url",
        source: include_str!("url.js"),
        globals: &["URL", "URLSearchParams"],
        native: url::native,
    },
    Part {
        name: "url_pattern",
        source: include_str!("url_pattern.js"),
        globals: &["URLPattern"],
        native: url_pattern::native,
    },
    #[cfg(feature = "intl")]
    Part {
        name: "intl",
        source: include_str!("intl.js"),
        globals: &["Intl"],
        native: intl::native,
    },
    #[cfg(feature = "intl")]
    Part {
        name: "intl_dates",
        source: include_str!("intl_dates.js"),
        globals: &[],
        native: intl::native,
    },
    #[cfg(feature = "intl")]
    Part {
        name: "intl_decimal",
        source: include_str!("intl_decimal.js"),
        globals: &[],
        native: no_native,
    },
    #[cfg(feature = "intl")]
    Part {
        name: "intl_locales",
        source: include_str!("intl_locales.js"),
        globals: &[],
        native: intl::native,
    },
    #[cfg(feature = "intl")]
    Part {
        name: "intl_names",
        source: include_str!("intl_names.js"),
        globals: &[],
        native: no_native,
    },
    #[cfg(feature = "intl")]
    Part {
        name: "intl_number_parts",
        source: include_str!("intl_number_parts.js"),
        globals: &[],
        native: no_native,
    },
    #[cfg(feature = "intl")]
    Part {
        name: "intl_numbers",
        source: include_str!("intl_numbers.js"),
        globals: &[],
        native: no_native,
    },
    #[cfg(feature = "intl")]
    Part {
        name: "intl_plural_rules",
        source: include_str!("intl_plural_rules.js"),
        globals: &[],
        native: intl::native,
    },
    #[cfg(feature = "intl")]
    Part {
        name: "intl_relative",
        source: include_str!("intl_relative.js"),
        globals: &[],
        native: no_native,
    },
    #[cfg(feature = "intl")]
    Part {
        name: "intl_skeletons",
        source: include_str!("intl_skeletons.js"),
        globals: &[],
        native: no_native,
    },
    #[cfg(feature = "intl")]
    Part {
        name: "intl_texts",
        source: include_str!("intl_texts.js"),
        globals: &[],
        native: intl::native,
    },
    #[cfg(feature = "intl")]
    Part {
        name: "intl_zones",
        source: include_str!("intl_zones.js"),
        globals: &[],
        native: intl::native,
    },
];

/// For parts without native functions.
pub(super) fn no_native<'js>(ctx: &Ctx<'js>, _: &Host) -> rquickjs::Result<Object<'js>> {
    Object::new(ctx.clone())
}

/// Adds a native function to an object.
pub(super) fn add<'js, F, P>(object: &Object<'js>, name: &str, function: F) -> rquickjs::Result<()>
where
    F: IntoJsFunc<'js, P> + 'js,
{
    object.set(name, Function::new(object.ctx().clone(), function)?)
}

/// What native functions may use of the host.
#[derive(Clone)]
pub(super) struct Host {
    /// The current call: its clock, its deadline and its console.
    pub(super) current: Arc<Current>,
    pub(super) heap: Arc<Heap>,
    pub(super) promise_listeners: Arc<PromiseListeners>,
}

/// The memory, in bytes, that a part may take beyond the call's limit while it is loaded.
const RESERVE: usize = 1 << 20;

/// Returns all parts, in the order of their numbers.
fn parts() -> impl Iterator<Item = &'static Part> {
    PARTS.iter().chain(node::PARTS)
}

/// Returns a part and its bytecode. Compiles it when it is first needed.
fn code(number: usize) -> rquickjs::Result<(&'static Part, &'static Bytecode)> {
    const COUNT: usize = PARTS.len() + node::PARTS.len();
    static CODE: [OnceLock<Option<Bytecode>>; COUNT] = [const { OnceLock::new() }; COUNT];
    let (cell, part) = CODE
        .get(number)
        .zip(parts().nth(number))
        .ok_or(rquickjs::Error::Unknown)?;
    cell.get_or_init(|| compile(part.source, PLATFORM_FILE))
        .as_ref()
        .map(|code| (part, code))
        .ok_or(rquickjs::Error::Allocation)
}

fn compile(source: &str, file: &CStr) -> Option<Bytecode> {
    let runtime = Runtime::new().ok()?;
    let context = Context::full(&runtime).ok()?;
    context.with(|ctx| Bytecode::compile(&ctx, source, Goal::Script, file, 1).ok())
}

/// Defines the globals of all parts. Each part is loaded when one of its globals is first read.
/// Returns the object through which parts and `prelude/main.js` reach each other.
pub(super) fn install<'js>(ctx: &Ctx<'js>, host: Host) -> rquickjs::Result<Object<'js>> {
    let heap = host.heap.clone();
    let load = Function::new(
        ctx.clone(),
        move |ctx: Ctx<'js>,
              number: usize,
              using: Function<'js>,
              platform: Object<'js>|
              -> rquickjs::Result<Object<'js>> {
            let (part, code) = code(number)?;
            heap.with_reserve(RESERVE, || {
                let setup = code
                    .run_script(&ctx)
                    .map_err(|_| rquickjs::Error::Exception)?;
                let setup = setup.into_function().ok_or(rquickjs::Error::Unknown)?;
                setup.call((using, (part.native)(&ctx, &host)?, platform))
            })
        },
    )?;
    let listed = Array::new(ctx.clone())?;
    for (number, part) in parts().enumerate() {
        listed.set(2 * number, part.name)?;
        listed.set(2 * number + 1, part.globals.to_vec())?;
    }
    static LOADER: OnceLock<Option<Bytecode>> = OnceLock::new();
    let loader = LOADER
        .get_or_init(|| compile(include_str!("loader.js"), PLATFORM_FILE))
        .as_ref()
        .ok_or(rquickjs::Error::Allocation)?;
    let loader = loader
        .run_script(ctx)
        .map_err(|_| rquickjs::Error::Exception)?;
    let loader = loader.into_function().ok_or(rquickjs::Error::Unknown)?;
    loader.call((load, listed))
}

/// Loads all parts, in an isolate that will be forked.
#[cfg(target_os = "linux")]
pub(super) fn load_all<'js>(ctx: &Ctx<'js>, platform: &Object<'js>) -> rquickjs::Result<()> {
    platform
        .get::<_, Function<'_>>("loadAll")?
        .call::<_, ()>(())?;
    for part in parts() {
        for global in part.globals {
            ctx.globals().get::<_, rquickjs::Value<'_>>(*global)?;
        }
    }
    Ok(())
}
