use faas_core::model::FailureKind;
use serde_json::json;

use super::{Rig, assert_throws, assert_values};

/// What the cases below use.
const TOOLS: &str = "\
const utf8 = (text) => new TextEncoder().encode(text); \
const hex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, '0')).join(''); \
const bytes = (text) => new Uint8Array(text.match(/../g).map((b) => parseInt(b, 16))); \
const run = async (stream, ...chunks) => { \
    const writer = stream.writable.getWriter(); \
    const written = (async () => { for (const chunk of chunks) await writer.write(chunk); await writer.close() })(); \
    written.catch(() => {}); \
    const parts = []; for await (const part of stream.readable) parts.push(...part); \
    await written; return new Uint8Array(parts) }; ";

fn assert_all(cases: &[(&str, serde_json::Value)]) {
    for (source, expected) in cases {
        assert_values(&[(&format!("{TOOLS}{source}"), expected.clone())]);
    }
}

#[test]
fn what_was_compressed_is_what_comes_back() {
    assert_all(&[
        (
            "const seen = []; \
             for (const format of ['gzip', 'deflate', 'deflate-raw']) { \
                const text = 'expected output '.repeat(2000); \
                const small = await run(new CompressionStream(format), utf8(text.slice(0, 5)), utf8(text.slice(5))); \
                const one = []; for (const byte of small) one.push(new Uint8Array([byte])); \
                const back = new TextDecoder().decode(await run(new DecompressionStream(format), ...one)); \
                seen.push(small.length < 1000, back === text) } \
             return seen",
            json!([true, true, true, true, true, true]),
        ),
        (
            "const read = async (format, data) => new TextDecoder().decode(await run(new DecompressionStream(format), data)); \
             return [await read('deflate', bytes('789c4bad28484d2e494d51c82f2d29282d010030ad0624').buffer), \
                await read('gzip', bytes('1f8b081e00000000000303006162636e616d6500636f6d6d656e740079714bad28484d2e494d51c82f2d29282d0100b00139b30f000000')), \
                await read('deflate-raw', bytes('0300')), \
                (await run(new CompressionStream('gzip'))).length]",
            json!(["expected output", "expected output", "", 20]),
        ),
    ]);
}

#[test]
fn invalid_truncated_and_trailing_data_are_type_errors() {
    let deflated = "789c4bad28484d2e494d51c82f2d29282d010030ad0624";
    let gzipped = "1f8b081e00000000000303006162636e616d6500636f6d6d656e740079714bad28484d2e494d51c82f2d29282d0100b00139b30f000000";
    let (truncated, _) = deflated.split_at(deflated.len() - 2);
    let cases = [
        ("deflate", truncated.to_owned()),
        ("deflate", format!("{deflated}00")),
        ("deflate", deflated.replace("789c", "779c")),
        ("gzip", format!("{gzipped}1f")),
        ("gzip", gzipped.replace("0f000000", "0e000000")),
        ("gzip", gzipped.replacen("636f6d6d", "636f6d6e", 1)),
        ("gzip", gzipped.split_at(40).0.to_owned()),
        ("gzip", "1f8b".to_owned()),
        ("deflate-raw", "ff".to_owned()),
    ];
    for (format, data) in cases {
        let source = format!(
            "return run(new DecompressionStream('{format}'), bytes('{data}')).then(() => 'nothing', (error) => error.name)"
        );
        assert_all(&[(&source, json!("TypeError"))]);
    }
    assert_all(&[
        (
            "const stream = new DecompressionStream('deflate'), writer = stream.writable.getWriter(), reader = stream.readable.getReader(); \
             const written = writer.write(bytes('789c4bad28484d2e494d51c82f2d29282d010030ad062400')); written.catch(() => {}); \
             const first = await reader.read(); \
             return [new TextDecoder().decode(first.value), await reader.read().catch((error) => error.name)]",
            json!(["expected output", "TypeError"]),
        ),
        (
            "const stream = new CompressionStream('gzip'); const writer = stream.writable.getWriter(); \
             return writer.write('text').then(() => 'nothing', (error) => error.name)",
            json!("TypeError"),
        ),
    ]);
    assert_throws(&[
        ("new CompressionStream('brotli')", "TypeError"),
        ("new DecompressionStream()", "TypeError"),
        ("CompressionStream('gzip')", "TypeError"),
    ]);
}

/// A piece of a bomb is decompressed when it is read; all of it does not fit the memory.
#[test]
fn a_bomb_is_streamed_or_meets_the_limit_of_memory() {
    let mut rig = Rig::new();
    rig.limits.timeout = std::time::Duration::from_secs(60);
    let bomb = format!(
        "{TOOLS}const bomb = async () => {{ \
            const zeros = new Uint8Array(1 << 20), stream = new CompressionStream('gzip'), writer = stream.writable.getWriter(); \
            (async () => {{ for (let i = 0; i < 128; i++) await writer.write(zeros); await writer.close() }})(); \
            const parts = []; for await (const part of stream.readable) parts.push(...part); return new Uint8Array(parts) }}; \
         const stream = new DecompressionStream('gzip'), writer = stream.writable.getWriter(); \
         writer.write(await bomb()).catch(() => {{}}); writer.close().catch(() => {{}}); "
    );
    let counted = format!(
        "{bomb}let n = 0; for await (const part of stream.readable) n += part.length; return n"
    );
    assert_eq!(rig.value(&counted, "{}"), json!(128 << 20));
    let kept = format!(
        "{bomb}const all = []; for await (const part of stream.readable) all.push(part); return all.length"
    );
    let failure = rig.failure(&kept);
    assert_eq!(failure.kind, FailureKind::OutOfMemory, "{failure:?}");
}

#[test]
fn many_streams_count_as_memory_of_the_call() {
    let failure = Rig::new().failure(
        "const all = []; for (let i = 0; i < 10000; i++) all.push(new CompressionStream('gzip')); return 1",
    );
    assert_eq!(failure.kind, FailureKind::OutOfMemory, "{failure:?}");
}
