//! Structured clones, messages, blobs and forms.

use serde_json::json;

use super::assert_values;

#[test]
fn a_clone_has_the_structure_of_the_original() {
    assert_values(&[
        (
            "const original = { date: new Date(5), map: new Map([[{ k: 1 }, new Set([2])]]), pattern: /a+/gi, bytes: new Uint8Array([1, 2]), list: [1, , 3], boxed: Object(7), error: new RangeError('r', { cause: 'c' }), big: 5n, view: new DataView(new ArrayBuffer(4), 1) };
            original.self = original;
            const copy = structuredClone(original);
            const [[key, set]] = copy.map;
            return [copy !== original, copy.self === copy, copy.date.getTime(), key.k, set.has(2), String(copy.pattern), [...copy.bytes], copy.bytes.buffer !== original.bytes.buffer, 1 in copy.list, copy.list.length, typeof copy.boxed, copy.error instanceof RangeError, copy.error.message, copy.error.cause, copy.big === 5n, copy.view.byteLength]",
            json!([true, true, 5, 1, true, "/a+/gi", [1, 2], true, false, 3, "object", true, "r", "c", true, 3]),
        ),
        (
            "const copy = structuredClone(new DOMException('m', 'AbortError'));
            const file = structuredClone(new File(['text'], 'a.txt', { type: 'text/plain', lastModified: 3 }));
            return [copy instanceof DOMException, copy.name, copy.message, copy.code, file.name, file.lastModified, file.type, await file.text()]",
            json!([true, "AbortError", "m", 20, "a.txt", 3, "text/plain", "text"]),
        ),
        (
            "const buffer = new ArrayBuffer(4), view = new Uint8Array(buffer, 1, 2);
            const copy = structuredClone({ view, buffer }, { transfer: [buffer] });
            return [buffer.byteLength, buffer.detached, copy.view.buffer === copy.buffer, copy.view.length]",
            json!([0, true, true, 2]),
        ),
        (
            "const seen = [], buffer = new ArrayBuffer(1);
            for (const wrong of [() => {}, Symbol('a'), new WeakMap(), Promise.resolve(), new Event('a'), new Response(), { deep: [() => {}] }, new Proxy({}, {}), function* () {}()]) {
                try { structuredClone(wrong, { transfer: [] }); seen.push('cloned') } catch (e) { seen.push(e.name + e.code) }
            }
            try { structuredClone([buffer, () => {}], { transfer: [buffer] }) } catch (e) { seen.push(buffer.detached) }
            try { structuredClone(1, { transfer: [buffer, buffer] }) } catch (e) { seen.push(e.name) }
            try { structuredClone() } catch (e) { seen.push(e.name) }
            return [seen.filter((name) => name === 'DataCloneError25').length, seen.slice(9)]",
            json!([9, [false, "DataCloneError", "TypeError"]]),
        ),
        (
            "let deep = []; for (let i = 0; i < 1e5; i++) deep = [deep];
            try { structuredClone(deep); return 'cloned' } catch (e) { return e.name }",
            json!("RangeError"),
        ),
    ]);
}

#[test]
fn a_port_delivers_messages_in_order_and_in_tasks() {
    assert_values(&[
        (
            "const { port1, port2 } = new MessageChannel(), seen = [];
            const done = new Promise((resolve) => { port2.onmessage = (event) => { seen.push(event.data, event.isTrusted); Promise.resolve().then(() => seen.push('then')); if (event.data === 2) setTimeout(resolve, 1) } });
            port1.postMessage(1); port1.postMessage(2); queueMicrotask(() => seen.push('microtask'));
            await done; return seen",
            json!(["microtask", 1, true, "then", 2, true, "then"]),
        ),
        (
            "const { port1, port2 } = new MessageChannel(), inner = new MessageChannel();
            port2.onmessage = ({ ports: [port], data }) => port.postMessage(data + 1);
            port1.postMessage(1, [inner.port2]);
            return await new Promise((resolve) => { inner.port1.onmessage = (e) => resolve(e.data) })",
            json!(2),
        ),
        (
            "const { port1, port2 } = new MessageChannel(), seen = [];
            port2.onclose = () => seen.push('close'); port2.onmessage = () => seen.push('message');
            port1.postMessage(1); port1.close(); port1.postMessage(2);
            await new Promise((resolve) => setTimeout(resolve, 2));
            return seen",
            json!(["message", "close"]),
        ),
        (
            "const { port1 } = new MessageChannel(), seen = [];
            for (const wrong of [() => port1.postMessage(1, [port1]), () => port1.postMessage(() => {}), () => port1.postMessage(), () => new MessagePort()]) {
                try { wrong() } catch (e) { seen.push(e.name) }
            }
            return seen",
            json!(["DataCloneError", "DataCloneError", "TypeError", "TypeError"]),
        ),
    ]);
}

#[test]
fn a_port_that_only_listens_does_not_keep_a_call_alive() {
    let rig = super::super::rig::Rig::new();
    let message = rig.user_error(
        "new MessageChannel().port1.onmessage = () => {}; await new Promise(() => {}); return 1",
    );
    assert!(message.contains("never settles"), "{message}");
}

#[test]
fn a_blob_has_the_bytes_of_its_parts() {
    assert_values(&[
        (
            "const blob = new Blob(['a\u{e9}', new Uint8Array([66]), new Blob(['c']), new Uint16Array([0x4544]).buffer], { type: 'Text/PLAIN' });
            return [blob.size, blob.type, await blob.text(), await blob.slice(-3, -1, 'x').text(), blob.slice(1).type, (await blob.bytes()).length, (await blob.arrayBuffer()).byteLength]",
            json!([7, "text/plain", "a\u{e9}BcDE", "cD", "", 7, 7]),
        ),
        (
            "let size = 0; for await (const chunk of new Blob([new Uint8Array(100000)]).stream()) size += chunk.length;
            const reader = new Blob(['abc']).stream().getReader({ mode: 'byob' });
            return [size, [...(await reader.read(new Uint8Array(2))).value], (await reader.read(new Uint8Array(2))).value.length, (await reader.read(new Uint8Array(2))).done]",
            json!([100_000, [97, 98], 1, true]),
        ),
        (
            "const file = new File([], 'a'); return [file instanceof Blob, file.size, Math.abs(file.lastModified - Date.now()) < 60000, String(file)]",
            json!([true, 0, true, "[object File]"]),
        ),
    ]);
}
