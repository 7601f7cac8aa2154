//! The clock, user timing and the timers.

use faas_core::model::FunctionId;
use serde_json::json;

use super::super::rig::Rig;
use super::assert_values;

#[test]
fn time_is_measured_from_an_origin_in_this_call() {
    assert_values(&[
        (
            "const before = Date.now(), first = performance.now(), second = performance.now();
            return [first >= 0, first < 10000, second >= first, Math.abs(performance.timeOrigin + second - before) < 10000, performance.toJSON().timeOrigin === performance.timeOrigin]",
            json!([true, true, true, true, true]),
        ),
        (
            "const event = new Event('a'); return event.timeStamp >= 0 && event.timeStamp <= performance.now()",
            json!(true),
        ),
    ]);
}

#[test]
fn marks_and_measures_are_kept_in_the_order_of_their_times() {
    assert_values(&[
        (
            "performance.mark('b', { startTime: 20, detail: { x: 1 } }); performance.mark('a', { startTime: 10 });
            const measure = performance.measure('m', 'a', 'b');
            const seen = [measure.startTime, measure.duration, performance.getEntries().map((e) => e.name), performance.getEntriesByName('b', 'mark')[0].detail];
            performance.clearMarks('a');
            seen.push(performance.getEntriesByType('mark').length, measure.toJSON(), performance.measure('n', { start: 1, duration: 5 }).duration);
            return seen",
            json!([
                10, 10, ["a", "m", "b"], { "x": 1 }, 1,
                { "name": "m", "entryType": "measure", "startTime": 10, "duration": 10, "detail": null },
                5
            ]),
        ),
        (
            "const seen = [];
            for (const wrong of [() => performance.mark(), () => performance.mark('a', { startTime: -1 }), () => performance.measure('m', 'none'), () => performance.measure('m', { start: 1, end: 2, duration: 3 }), () => new Performance(), () => Performance.prototype.now.call({})]) {
                try { wrong() } catch (e) { seen.push(e.name) }
            }
            return seen",
            json!(["TypeError", "TypeError", "SyntaxError", "TypeError", "TypeError", "TypeError"]),
        ),
        (
            "const seen = [];
            new PerformanceObserver((list) => seen.push(...list.getEntries().map((e) => e.name))).observe({ entryTypes: ['mark'] });
            performance.mark('a'); performance.mark('b');
            await new Promise((resolve) => setTimeout(resolve, 1));
            return seen",
            json!(["a", "b"]),
        ),
        (
            "for (let i = 0; i < 20000; i++) performance.mark('a'); return performance.getEntries().length",
            json!(10_000),
        ),
    ]);
}

#[test]
fn what_a_call_measured_and_posted_does_not_reach_the_next_call() {
    let rig = Rig::new();
    let program = rig.compile(
        "globalThis.channel ??= new MessageChannel();
        globalThis.seen ??= 0;
        channel.port1.onmessage = () => { seen++ };
        const left = [performance.getEntries().length, seen];
        performance.mark('a');
        if (input.wait) await new Promise((resolve) => setTimeout(resolve, 1));
        else for (let i = 0; i < 3; i++) channel.port2.postMessage(i);
        return left",
    );
    let function = FunctionId::from_u128(7);
    for input in ["{}", r#"{"wait": true}"#, "{}"] {
        let outcome = rig.call(function, &program, input);
        assert_eq!(outcome.result.unwrap().as_str(), "[0,0]");
    }
}

#[test]
fn timers_take_what_the_web_allows() {
    assert_values(&[
        (
            "return [setTimeout.length, setInterval.length, clearTimeout.length, typeof setTimeout(() => {}, 0)]",
            json!([1, 1, 0, "number"]),
        ),
        (
            "const seen = []; const id = setTimeout(() => seen.push('never'), 1); clearTimeout(String(id));
            setTimeout(function (a, b) { seen.push(this === globalThis, a, b) }, '1', 2, 3);
            await new Promise((resolve) => setTimeout(resolve, 5));
            return seen",
            json!([true, 2, 3]),
        ),
        (
            "const seen = []; queueMicrotask(() => seen.push('microtask')); setTimeout(() => seen.push('task')); seen.push('now');
            await new Promise((resolve) => setTimeout(resolve, 1));
            try { queueMicrotask('text') } catch (e) { seen.push(e.name) }
            return seen",
            json!(["now", "microtask", "task", "TypeError"]),
        ),
    ]);
}
