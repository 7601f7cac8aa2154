use serde_json::json;

use super::{assert_throws, assert_values};

#[test]
fn text_becomes_utf8_and_lone_surrogates_are_replaced() {
    assert_values(&[
        (
            "return [...new TextEncoder().encode('z\u{a2}\u{6c34}\\u{1d11e}')]",
            json!([0x7a, 0xc2, 0xa2, 0xe6, 0xb0, 0xb4, 0xf0, 0x9d, 0x84, 0x9e]),
        ),
        (
            "return [...new TextEncoder().encode('\\ud800x\\udc00\\ued00\\ud83d')]",
            json!([
                0xef, 0xbf, 0xbd, 0x78, 0xef, 0xbf, 0xbd, 0xee, 0xb4, 0x80, 0xef, 0xbf, 0xbd
            ]),
        ),
        (
            "const e = new TextEncoder(); \
             return [e.encode().length, e.encode(undefined).length, e.encode(null).length, e.encoding]",
            json!([0, 0, 4, "utf-8"]),
        ),
    ]);
}

#[test]
fn encode_into_writes_whole_characters_only() {
    assert_values(&[
        (
            "const d = new Uint8Array(6); \
             const { read, written } = new TextEncoder().encodeInto('a\\u{1d11e}\u{20ac}', d); \
             return [read, written, ...d]",
            json!([3, 5, 0x61, 0xf0, 0x9d, 0x84, 0x9e, 0]),
        ),
        (
            "const d = new Uint8Array(new ArrayBuffer(8), 2, 2); \
             const { read, written } = new TextEncoder().encodeInto('abc', d); \
             return [read, written, ...new Uint8Array(d.buffer)]",
            json!([2, 2, 0, 0, 0x61, 0x62, 0, 0, 0, 0]),
        ),
    ]);
    assert_throws(&[
        (
            "new TextEncoder().encodeInto('a', new Uint16Array(1))",
            "TypeError",
        ),
        ("new TextEncoder().encodeInto('a')", "TypeError"),
        ("TextEncoder.prototype.encode.call({}, 'a')", "TypeError"),
    ]);
}

#[test]
fn bytes_become_text_in_every_encoding() {
    assert_values(&[
        (
            "return ['utf8', ' LATIN1 ', 'shift_jis', 'gbk', 'utf-16', 'x-user-defined']\
             .map((label) => new TextDecoder(label).encoding)",
            json!([
                "utf-8",
                "windows-1252",
                "shift_jis",
                "gbk",
                "utf-16le",
                "x-user-defined"
            ]),
        ),
        (
            "return [new TextDecoder('shift_jis').decode(new Uint8Array([0x83, 0x65])), \
                new TextDecoder('windows-1251').decode(new Uint8Array([0xcf])), \
                new TextDecoder('utf-16be').decode(new Uint8Array([0x20, 0xac])), \
                new TextDecoder('big5').decode(new Uint8Array([0xa4, 0xe9]))]",
            json!(["\u{30c6}", "\u{41f}", "\u{20ac}", "\u{65e5}"]),
        ),
        (
            "return new TextDecoder().decode(new Uint8Array([0x61, 0xff, 0xe2, 0x82, 0x62]))",
            json!("a\u{fffd}\u{fffd}b"),
        ),
    ]);
    assert_throws(&[
        ("new TextDecoder('nonsense')", "RangeError"),
        ("new TextDecoder('replacement')", "RangeError"),
        ("new TextDecoder('iso-2022-kr')", "RangeError"),
        (
            "new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff]))",
            "TypeError",
        ),
        ("new TextDecoder().decode('text')", "TypeError"),
        ("new TextDecoder().decode([1])", "TypeError"),
        ("new TextDecoder('utf-8', 1)", "TypeError"),
    ]);
}

#[test]
fn a_decoder_reads_any_buffer_and_keeps_what_is_incomplete_in_a_stream() {
    assert_values(&[
        (
            "const d = new TextDecoder(), b = new Uint8Array([0, 0xe2, 0x82, 0xac]).buffer; \
             return [d.decode(b), d.decode(new DataView(b, 1)), d.decode(new Uint16Array(b, 2)), \
                d.decode()]",
            json!(["\u{0}\u{20ac}", "\u{20ac}", "\u{fffd}\u{fffd}", ""]),
        ),
        (
            "const d = new TextDecoder(), stream = true, bytes = (...b) => new Uint8Array(b); \
             return [d.decode(bytes(0xe2), { stream }), d.decode(bytes(0x82), { stream }), \
                d.decode(bytes(0xac), { stream }), d.decode(bytes(0xe2), { stream }), d.decode()]",
            json!(["", "", "\u{20ac}", "", "\u{fffd}"]),
        ),
        (
            "const bom = new Uint8Array([0xef, 0xbb, 0xbf, 0x61]); \
             return [new TextDecoder().decode(bom).length, \
                new TextDecoder('utf-8', { ignoreBOM: true }).decode(bom).length]",
            json!([1, 2]),
        ),
        (
            "const b = new ArrayBuffer(4), all = [b, new Uint8Array(b), new Uint16Array(b), new DataView(b)]; \
             b.transfer(); return all.map((x) => new TextDecoder().decode(x)).join('')",
            json!(""),
        ),
    ]);
}

#[test]
fn texts_are_streamed_without_splitting_characters() {
    assert_values(&[
        (
            "const e = new TextEncoderStream(), w = e.writable.getWriter(); \
             (async () => { for (const t of ['a\\ud83d', '\\ude00b\\ud83d', 'c', '\\udc00', '\\ud800']) await w.write(t); await w.close() })(); \
             const all = []; for await (const part of e.readable) all.push(...part); return new TextDecoder().decode(new Uint8Array(all))",
            json!("a\u{1f600}b\u{fffd}c\u{fffd}\u{fffd}"),
        ),
        (
            "const d = new TextDecoderStream('utf-16le'), w = d.writable.getWriter(); \
             (async () => { for (const b of [[0x3d], [0xd8, 0], [0xde], [0x61]]) await w.write(new Uint8Array(b)); await w.close() })(); \
             let all = ''; for await (const part of d.readable) all += part; return [all, d.encoding, d.fatal, d.ignoreBOM]",
            json!(["\u{1f600}\u{fffd}", "utf-16le", false, false]),
        ),
    ]);
}
