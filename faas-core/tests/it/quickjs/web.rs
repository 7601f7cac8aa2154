//! The web platform that functions find.

use faas_core::model::FailureKind;
use serde_json::json;

use super::rig::Rig;

mod base64;
mod clone;
mod compression;
mod crypto;
mod encoding;
mod events;
mod fetch;
#[cfg(feature = "intl")]
mod intl;
mod performance;
mod streams;
mod url;
mod url_pattern;

/// Asserts the value of each body.
fn assert_values(cases: &[(&str, serde_json::Value)]) {
    let rig = Rig::new();
    for (source, expected) in cases {
        assert_eq!(&rig.value(source, "{}"), expected, "{source}");
    }
}

/// Asserts for each expression the name of the error that it throws.
fn assert_throws(cases: &[(&str, &str)]) {
    let rig = Rig::new();
    for (expression, name) in cases {
        let source = format!(
            "try {{ return [await ({expression})] }} catch (error) {{ return error.name }}"
        );
        assert_eq!(&rig.value(&source, "{}"), name, "{expression}");
    }
}

#[test]
fn a_global_can_be_replaced_before_and_after_it_is_used() {
    assert_values(&[
        (
            "globalThis.atob = () => 1; return [atob('eA=='), btoa('x')]",
            json!([1, "eA=="]),
        ),
        ("btoa('x'); atob = () => 1; return atob('eA==')", json!(1)),
        (
            "delete globalThis.atob; return [typeof atob, btoa('x')]",
            json!(["undefined", "eA=="]),
        ),
    ]);
}

/// The 59 global names of the Minimum Common Web API.
const NAMES: &str = "AbortController AbortSignal Blob ByteLengthQueuingStrategy CompressionStream
    CountQueuingStrategy Crypto CryptoKey CustomEvent DOMException DecompressionStream ErrorEvent Event
    EventTarget File FormData Headers MessageChannel MessageEvent MessagePort Performance
    PromiseRejectionEvent ReadableByteStreamController ReadableStream ReadableStreamBYOBReader
    ReadableStreamBYOBRequest ReadableStreamDefaultController ReadableStreamDefaultReader Request
    Response SubtleCrypto TextDecoder TextDecoderStream TextEncoder TextEncoderStream TransformStream
    TransformStreamDefaultController URL URLPattern URLSearchParams WebAssembly WritableStream
    WritableStreamDefaultController WritableStreamDefaultWriter
    atob btoa clearInterval clearTimeout console crypto fetch navigator performance queueMicrotask
    reportError self setInterval setTimeout structuredClone";

/// The names that are absent, each with the reason.
const ABSENT: &[(&str, &str)] = &[("WebAssembly", "no engine for it is small enough")];

#[test]
fn every_name_of_the_minimum_common_web_api_is_defined_or_listed_as_absent() {
    let names: Vec<_> = NAMES.split_whitespace().collect();
    assert_eq!(names.len(), 59);
    let source = format!(
        "return {names:?}.filter((name) => !Object.hasOwn(globalThis, name) || globalThis[name] === undefined)"
    );
    let missing = Rig::new().value(&source, "{}");
    let mut absent: Vec<_> = ABSENT.iter().map(|(name, _)| *name).collect();
    absent.sort_by_key(|name| names.iter().position(|other| other == name));
    assert_eq!(missing, json!(absent));
}

#[test]
fn globals_that_use_up_the_memory_end_their_call_only() {
    let mut rig = Rig::new();
    rig.limits.memory = 16 << 20;
    for source in [
        "const { port1 } = new MessageChannel(); for (;;) port1.postMessage(new Uint8Array(100000)); return 1",
        "let blob = new Blob(['a']); for (;;) blob = new Blob([blob, blob]); return 1",
        "const headers = new Headers(); for (;;) headers.append('a', 'b'.repeat(10000)); return 1",
        "const form = new FormData(); for (;;) form.append('a', 'b'.repeat(10000) + Math.random()); return 1",
    ] {
        let failure = rig.failure(source);
        assert_eq!(
            failure.kind,
            FailureKind::OutOfMemory,
            "{failure:?}: {source}"
        );
        assert_eq!(rig.value("return 1", "{}"), json!(1));
    }
}
