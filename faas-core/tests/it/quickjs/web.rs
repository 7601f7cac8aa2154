//! The web platform that functions find.

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
