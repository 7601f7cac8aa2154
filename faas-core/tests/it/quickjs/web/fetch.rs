//! Forms, headers, requests and responses.

use serde_json::json;

use super::assert_values;

#[test]
fn a_form_survives_its_encoding() {
    assert_values(&[
        (
            "const form = new FormData();
            form.append('a', '1\\n2'); form.append('a', 'x'); form.append('f', new Blob(['h\u{e9}'], { type: 'text/x' }), 'q\"r.txt'); form.set('b', 5);
            const response = new Response(form);
            const back = await new Response(await response.arrayBuffer(), { headers: response.headers }).formData();
            const file = back.get('f');
            return [back.getAll('a'), [...back.keys()], file.name, file.type, await file.text(), back.has('none'), back.get('none')]",
            json!([["1\r\n2", "x"], ["a", "a", "f", "b"], "q\"r.txt", "text/x", "h\u{e9}", false, null]),
        ),
        (
            "const seen = [];
            for (const [type, body] of [['multipart/form-data; boundary=x', 'no'], ['multipart/form-data; boundary=x', '--x\\r\\n\\r\\n\\r\\n--x--'], ['multipart/form-data', ''], ['text/plain', 'a=1'], ['multipart/form-data; boundary=x', '--x\\r\\nContent-Disposition: form-data; name=\"a\"\\r\\n\\r\\nb']]) {
                seen.push(await new Response(body, { headers: { 'content-type': type } }).formData().then(() => 'parsed', (e) => e.name));
            }
            return seen",
            json!(["TypeError", "TypeError", "TypeError", "TypeError", "TypeError"]),
        ),
    ]);
}

#[test]
fn a_data_url_is_fetched_without_a_network() {
    assert_values(&[
        (
            "const seen = [];
            for (const url of ['data:,a%20b%', 'data:text/html;charset=x,%C3%A9', 'data:;base64,aGk', 'DATA:image/png ; BASE64 , aG k%3D#f', 'data:;x=y,', 'data:wrong,a,b', 'data:a/b;base64;c=d,aGk', 'data:,a?b#c']) {
                const response = await fetch(url);
                seen.push([response.headers.get('content-type'), await response.text()]);
            }
            return seen",
            json!([
                ["text/plain;charset=US-ASCII", "a b%"],
                ["text/html;charset=x", "\u{e9}"],
                ["text/plain;charset=US-ASCII", "hi"],
                ["image/png", "hi"],
                ["text/plain;x=y", ""],
                ["text/plain;charset=US-ASCII", "a,b"],
                ["a/b;c=d", "aGk"],
                ["text/plain;charset=US-ASCII", "a?b"],
            ]),
        ),
        (
            "const { status, statusText, type, url, redirected, body } = await fetch('data:,x', { method: 'HEAD' });
            const bytes = [...await (await fetch('data:;base64,AP+A', { method: 'POST', body: 'x' })).bytes()];
            return [status, statusText, type, url, redirected, body, bytes]",
            json!([200, "OK", "basic", "data:,x", false, null, [0, 255, 128]]),
        ),
        (
            "const refused = (url, init) => fetch(url, init).catch((error) => [error.name, error.code]);
            return [await refused('data:x'), await refused('data:;base64,a'), await refused('data:,x', { signal: AbortSignal.abort() }).then(([name]) => name)]",
            json!([["TypeError", "ERR_INVALID_URL"], ["TypeError", "ERR_INVALID_URL"], "AbortError"]),
        ),
    ]);
}

#[test]
fn headers_are_sorted_combined_and_checked() {
    assert_values(&[
        (
            "const headers = new Headers([['b', '1'], ['A', ' 2 '], ['B', '3'], ['Set-Cookie', 'x'], ['set-cookie', 'y']]);
            return [[...headers], headers.get('b'), headers.getSetCookie(), headers.has('C'), [...headers.keys()].length]",
            json!([[["a", "2"], ["b", "1, 3"], ["set-cookie", "x"], ["set-cookie", "y"]], "1, 3", ["x", "y"], false, 4]),
        ),
        (
            "const seen = [];
            for (const wrong of [() => new Headers({ 'a b': '1' }), () => new Headers({ a: '1\\n2' }), () => new Headers({ a: '\u{20ac}' }), () => new Headers([['a']]), () => new Headers(null), () => Response.error().headers.set('a', '1'), () => Headers.prototype.get.call({}, 'a')]) {
                try { wrong() } catch (e) { seen.push(e.name) }
            }
            return seen.join()",
            json!("TypeError,TypeError,TypeError,TypeError,TypeError,TypeError,TypeError"),
        ),
    ]);
}

#[test]
fn a_response_has_the_body_and_the_type_that_it_was_made_of() {
    assert_values(&[
        (
            "const types = [];
            for (const body of ['a', new Blob(['a'], { type: 'x/y' }), new Uint8Array([97]), new ArrayBuffer(1), null]) types.push(new Response(body).headers.get('content-type'));
            return types",
            json!(["text/plain;charset=UTF-8", "x/y", null, null, null]),
        ),
        (
            "const response = Response.json({ a: 1 }, { status: 201, statusText: 'made', headers: { 'x-a': 'b' } }), copy = response.clone();
            return [response.status, response.ok, response.statusText, response.headers.get('content-type'), await response.json(), response.bodyUsed, copy.bodyUsed, await copy.text(), await copy.text().catch((e) => e.name)]",
            json!([201, true, "made", "application/json", { "a": 1 }, true, false, "{\"a\":1}", "TypeError"]),
        ),
        (
            "const response = new Response(ReadableStream.from([new Uint8Array([65]), new Uint8Array([66])])), copy = response.clone();
            return [await response.text(), await (await copy.blob()).text(), await new Response(new ReadableStream({ start(c) { c.enqueue('text'); c.close() } })).text().catch((e) => e.name)]",
            json!(["AB", "AB", "TypeError"]),
        ),
        (
            "const response = new Response('abc'), reader = response.body.getReader(), { value } = await reader.read();
            return [value.length, response.bodyUsed, response.body.locked, await response.text().catch((e) => e.name)]",
            json!([3, true, true, "TypeError"]),
        ),
        (
            "const seen = [];
            for (const wrong of [() => new Response('', { status: 199 }), () => new Response('a', { status: 204 }), () => new Response('', { statusText: '\\n' }), () => Response.json(undefined)]) {
                try { wrong(); seen.push('made') } catch (e) { seen.push(e.name) }
            }
            return [seen, Response.error().type, Response.error().status, new Response().body]",
            json!([["RangeError", "TypeError", "TypeError", "TypeError"], "error", 0, null]),
        ),
    ]);
}
