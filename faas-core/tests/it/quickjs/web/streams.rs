//! Streams.

use serde_json::json;

use super::assert_values;

#[test]
fn chunks_go_through_pipes_and_back_pressure_holds_them() {
    assert_values(&[
        (
            "const out = [];
            const double = new TransformStream({ transform(chunk, controller) { controller.enqueue(2 * chunk) } });
            await ReadableStream.from([1, 2, 3]).pipeThrough(double).pipeTo(new WritableStream({ write(chunk) { out.push(chunk) } }));
            return out",
            json!([2, 4, 6]),
        ),
        (
            "const stream = new ReadableStream({ start(c) { c.enqueue('a'); c.enqueue('b'); c.close() } });
            const [left, right] = stream.tee(), seen = [];
            for await (const chunk of left) seen.push(chunk);
            for await (const chunk of right.values({ preventCancel: true })) seen.push(chunk);
            return [seen, stream.locked]",
            json!([["a", "b", "a", "b"], true]),
        ),
        (
            "const stream = new ReadableStream({ type: 'bytes', pull(c) { c.byobRequest.view[0] = 7; c.byobRequest.respond(1) } });
            const reader = stream.getReader({ mode: 'byob' });
            const { value, done } = await reader.read(new Uint8Array(4));
            return [[...value], value.buffer.byteLength, done]",
            json!([[7], 4, false]),
        ),
        (
            "let pulls = 0;
            new ReadableStream({ pull(c) { pulls++; c.enqueue(new Uint8Array(10)) } }, new ByteLengthQueuingStrategy({ highWaterMark: 25 }));
            await new Promise((resolve) => setTimeout(resolve, 1));
            return pulls",
            json!(3),
        ),
        (
            "const control = new AbortController(); let canceled;
            const piped = new ReadableStream({ cancel(reason) { canceled = reason } }).pipeTo(new WritableStream(), { signal: control.signal });
            control.abort('enough');
            return [await piped.catch((e) => e), canceled]",
            json!(["enough", "enough"]),
        ),
        (
            "const stream = new WritableStream({ write(_, controller) { signal = controller.signal; return new Promise(() => {}) } }); let signal;
            const writer = stream.getWriter();
            for (const promise of [writer.write(1), writer.closed]) promise.catch(() => {});
            await new Promise((resolve) => setTimeout(resolve, 1));
            writer.abort('stop').catch(() => {});
            return [signal instanceof AbortSignal, signal.aborted, signal.reason]",
            json!([true, true, "stop"]),
        ),
        (
            "return [ReadableStream.name, String(new ReadableStream()), new CountQueuingStrategy({ highWaterMark: 2 }).size()]",
            json!(["ReadableStream", "[object ReadableStream]", 1]),
        ),
    ]);
}
