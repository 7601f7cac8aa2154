//! One call: its result, context, console, timers and failures.

use std::time::Duration;

use faas_core::clock::{Clock, SystemClock};
use faas_core::model::{FailureKind, FunctionId, LogLevel};
use faas_core::runtime::{QuickJsOptions, Runtime, StopReason};
use serde_json::json;

use super::IN_PROCESSES;
use super::host::TestHost;
use super::rig::Rig;

#[test]
fn a_result_is_json_and_undefined_is_null() {
    let rig = Rig::new();
    for (source, expected) in [
        ("return undefined", json!(null)),
        ("return null", json!(null)),
        (
            "return { a: undefined, c: [undefined] }",
            json!({"c": [null]}),
        ),
        (
            "return 'h\u{e9}llo \u{1f600}'",
            json!("h\u{e9}llo \u{1f600}"),
        ),
        ("return '\\ud800'.length", json!(1)),
        ("return NaN", json!(null)),
        ("return new Date(0)", json!("1970-01-01T00:00:00.000Z")),
        ("return { toJSON() { return 7 } }", json!(7)),
        ("return { then: 5 }", json!({"then": 5})),
        ("return input", json!({})),
    ] {
        assert_eq!(rig.value(source, "{}"), expected, "{source}");
    }
    let lone = rig.run("return '\\ud800'", "{}").result.unwrap();
    assert_eq!(lone.as_str(), r#""\ud800""#);
}

#[test]
fn a_result_that_is_not_json_is_a_user_error_that_says_why() {
    let rig = Rig::new();
    for (source, says) in [
        ("return () => 1", "it is a function"),
        ("return Symbol('x')", "it is a symbol"),
        ("return 10n", "it contains a BigInt"),
        ("return { a: [10n] }", "it contains a BigInt"),
        ("return { a: () => 1 }", "it contains a function"),
        ("return { a: [{ b: Symbol() }] }", "it contains a symbol"),
        (
            "return { toJSON() {} }",
            "an object whose toJSON gives no JSON",
        ),
        ("const a = {}; a.a = a; return a", "cycle"),
        ("const a = [await 1]; a[0] = a; return a", "cycle"),
        ("return await (async () => Symbol())()", "it is a symbol"),
        (
            "let a = 1; for (let i = 0; i < 300; i++) a = [a]; return a",
            "deeper than 256 levels",
        ),
    ] {
        let message = rig.user_error(source);
        assert!(message.contains(says), "{source}: {message}");
    }
    let message = rig.user_error("return { toJSON() { throw new Error('mine') } }");
    assert_eq!(message, "Error: mine");
}

#[test]
fn an_output_over_its_limit_is_refused_with_both_sizes() {
    let mut rig = Rig::new();
    rig.limits.output = 100;
    assert_eq!(
        rig.value("return 'x'.repeat(98)", "{}")
            .as_str()
            .unwrap()
            .len(),
        98
    );
    let message = rig.user_error("return 'x'.repeat(99)");
    assert!(
        message.contains("101 bytes") && message.contains("100 bytes"),
        "{message}"
    );
    let message = rig.user_error("return '\u{e9}'.repeat(60)");
    assert!(message.contains("122 bytes"), "{message}");
}

#[test]
fn a_returned_promise_or_thenable_is_awaited() {
    let rig = Rig::new();
    for source in [
        "return Promise.resolve(5)",
        "return { then(done) { done(5) } }",
        "return { then(done) { setTimeout(done, 1, 5) } }",
        "return new Promise(done => queueMicrotask(() => done(5)))",
        "const f = () => 1; f.then = done => done(5); return f",
        "return Promise.resolve({ then: done => done(Promise.resolve(5)) })",
        "await new Promise(done => setTimeout(done, 5)); return 5",
    ] {
        assert_eq!(rig.value(source, "{}"), 5, "{source}");
    }
    let failure = rig.failure("return Promise.reject(new TypeError('no'))");
    assert_eq!(failure.message, "TypeError: no");
    assert!(failure.stack.is_some());
}

#[test]
fn a_promise_that_never_settles_fails_at_once() {
    let mut rig = Rig::new();
    rig.limits.timeout = Duration::from_secs(3600);
    for source in [
        "return new Promise(() => {})",
        "await new Promise(() => {}); return 1",
        "return { then() {} }",
        "await new Promise(() => {}); function f() {}",
        "const id = setTimeout(() => {}, 1e6); clearTimeout(id); return new Promise(() => {})",
    ] {
        let message = rig.user_error(source);
        assert!(message.contains("never settles"), "{source}: {message}");
    }
}

#[test]
fn the_context_describes_the_call_and_as_text_is_the_instance_id() {
    let rig = Rig::new();
    let function = FunctionId::from_u128(9);
    let program =
        rig.compile("return [context, String(context), `${context}`, Object.keys(context).length]");
    let output = rig.call(function, &program, "{}").result.unwrap();
    let expected = json!([{
        "executionId": "00000000-0000-0000-0000-000000001234",
        "functionId": "00000000-0000-0000-0000-000000000009",
        "functionName": "adder",
        "functionVersion": 1,
        "attempt": 2,
        "deadline": 1_769_868_309_123_i64,
        "instanceId": "i-7",
    }, "i-7", "i-7", 7]);
    assert_eq!(output.to::<serde_json::Value>().unwrap(), expected);
    for source in [
        "function f(input, context) { return context.attempt }",
        "const f = (input, c = 1) => c.attempt",
        "return arguments[1].attempt",
        "return c\\u006fntext.attempt",
        "const { attempt } = context; return attempt",
    ] {
        assert_eq!(rig.value(source, "{}"), 2, "{source}");
    }
    assert_eq!(
        rig.value("export default (input, { instanceId }) => instanceId", "{}"),
        "i-7"
    );
}

#[test]
fn timers_run_in_the_order_in_which_they_are_due() {
    let rig = Rig::new();
    let source = "
        const seen = [];
        setTimeout(() => seen.push('b'), 8);
        setTimeout((x) => seen.push(x), 1, 'a');
        const dead = setTimeout(() => seen.push('never'), 4);
        clearTimeout(dead);
        let ticks = 0;
        const ticked = new Promise((done) => {
            const id = setInterval(() => { if (++ticks === 3) { clearInterval(id); done(); } }, 1);
        });
        queueMicrotask(() => seen.push('micro'));
        setTimeout(() => Promise.resolve().then(() => seen.push('then')), 9);
        setTimeout(() => seen.push('c'), 9);
        seen.push('sync');
        await Promise.all([ticked, new Promise(done => setTimeout(done, 20))]);
        return [...seen, ticks];";
    let expected = json!(["sync", "micro", "a", "b", "then", "c", 3]);
    assert_eq!(rig.value(source, "{}"), expected);
    assert_eq!(rig.user_error("setTimeout(() => { throw new Error('late') }, 1); await new Promise(() => {}); return 1"), "Error: late");
    assert!(
        rig.user_error("setTimeout('code', 1); return 1")
            .contains("needs a function")
    );
    assert!(
        rig.user_error("for (;;) setTimeout(() => {}, 1); return 1")
            .contains("10000 timers")
    );
    assert_eq!(rig.value("Array.prototype.push = null; Object.prototype.then = undefined; await new Promise(d => setTimeout(d, 1)); return 1", "{}"), 1);
}

#[test]
fn timers_do_not_survive_into_the_next_call() {
    let rig = Rig::new();
    let function = FunctionId::from_u128(1);
    let program = rig.compile(
        "globalThis.fired ??= 0; setTimeout(() => globalThis.fired++, 1);
         if (input) await new Promise(done => setTimeout(done, 10)); return globalThis.fired",
    );
    assert_eq!(
        rig.call(function, &program, "0").result.unwrap().as_str(),
        "0"
    );
    assert_eq!(
        rig.call(function, &program, "1").result.unwrap().as_str(),
        "1"
    );
}

#[test]
fn the_console_is_captured_with_its_levels() {
    let rig = Rig::new();
    let before = SystemClock::new().now();
    let outcome = rig.run(
        "console.log('a', 1, true, null, undefined); console.debug({ a: [1, 'x', { b: {} }] });
         console.info([]); console.warn(new Map([['k', new Set([1])]])); console.error(10n, Symbol('s'));
         console.assert(1 > 0, 'not this'); console.assert(false, 'this'); console.trace('here');
         console.log(function foo() {}, class Bar {}, () => 1); const a = { me: null }; a.me = a; console.log(a);
         class Point { x = 1; get y() { throw 1 } }; console.log(new Point(), { get z() { throw 1 } });
         console.log(new Date(0), /re/g, new Uint8Array(2), Object.create(null), new Proxy({}, { ownKeys() { throw 1 } }));
         return 1",
        "{}",
    );
    let lines: Vec<_> = outcome
        .logs
        .iter()
        .map(|line| (line.level, line.message.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            (LogLevel::Log, "a 1 true null undefined"),
            (LogLevel::Debug, "{ a: [ 1, 'x', { b: {} } ] }"),
            (LogLevel::Info, "[]"),
            (LogLevel::Warn, "Map(1) { 'k' => Set(1) { 1 } }"),
            (LogLevel::Error, "10n Symbol(s)"),
            (LogLevel::Error, "Assertion failed: this"),
            (
                LogLevel::Debug,
                "Trace: here\n    at <anonymous> (function.js:3:84)"
            ),
            (
                LogLevel::Log,
                "[Function: foo] [Function: Bar] [Function (anonymous)]"
            ),
            (LogLevel::Log, "{ me: [Circular] }"),
            (LogLevel::Log, "Point { x: 1 } { z: [Getter] }"),
            (
                LogLevel::Log,
                "1970-01-01T00:00:00.000Z /re/g Uint8Array(2) [ 0, 0 ] [Object: null prototype] {} [a value that cannot be shown]"
            ),
        ]
    );
    assert!(outcome.logs.iter().all(|line| line.at >= before));
    let error = rig
        .run("function f() { console.error(new TypeError('bad')) }", "{}")
        .logs;
    assert!(
        error[0]
            .message
            .starts_with("TypeError: bad\n    at f (function.js:1:"),
        "{error:?}"
    );
}

#[test]
fn a_flood_of_lines_is_cut_and_the_last_line_says_how_many_were_dropped() {
    let mut rig = Rig::new();
    rig.limits.log_lines = 10;
    let logs = rig
        .run(
            "for (let i = 0; i < 1000; i++) console.log(i); return 1",
            "{}",
        )
        .logs;
    assert_eq!(logs.len(), 11);
    assert_eq!(logs[9].message, "9");
    assert_eq!(
        logs[10].message,
        "990 more lines were dropped: the limit is 10 lines and 10000 bytes"
    );
    let logs = rig
        .run(
            "console.log('\u{e9}'.repeat(1e6)); console.log('more'); return 1",
            "{}",
        )
        .logs;
    assert_eq!(logs.len(), 2);
    assert_eq!(logs[0].message.len(), 10_000 + '…'.len_utf8());
    assert!(logs[1].message.starts_with("1 more lines"));
}

#[test]
fn the_logs_of_a_failed_call_are_kept() {
    let outcome = Rig::new().run("console.log('so far'); throw 1; return 2", "{}");
    assert!(outcome.result.is_err());
    assert_eq!(outcome.logs[0].message, "so far");
}

#[test]
fn every_thrown_value_has_a_message() {
    let rig = Rig::new();
    for (source, message) in [
        (
            "undefined.x; return 1",
            "TypeError: cannot read property 'x' of undefined",
        ),
        ("throw new Error(''); return 1", "Error"),
        ("throw 'text'; return 1", "text"),
        ("throw null; return 1", "null"),
        ("throw undefined; return 1", "undefined"),
        ("throw { code: 7 }; return 1", "{ code: 7 }"),
        ("throw 12n; return 1", "12n"),
        (
            "class E extends Error { name = 'Mine' }; throw new E('x'); return 1",
            "Mine: x",
        ),
        (
            "throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 1 } }); return 1",
            "[a value that cannot be shown]",
        ),
        (
            "const e = new Error('x'); Object.defineProperty(e, 'message', { get() { throw 1 } }); throw e; return 1",
            "threw something that cannot be shown",
        ),
        (
            "const e = new Error('x'); e.name = { toString() { throw 1 } }; throw e; return 1",
            "{ toString: [Function: toString] }: x",
        ),
        ("throw new Error('\\ud800'); return 1", "Error: \u{fffd}"),
    ] {
        assert_eq!(rig.user_error(source), message, "{source}");
    }
    let failure = rig.failure("throw new Error('x'.repeat(1e7)); return 1");
    assert!(failure.message.len() < 5000 && failure.message.ends_with('…'));
}

#[test]
fn only_code_in_processes_can_be_made_from_text_at_run_time() {
    let rig = Rig::new();
    for source in [
        "return eval('1')",
        "return (0, eval)('1')",
        "return new Function('return 1')()",
        "return (() => {}).constructor('return 1')()",
        "return (async () => {}).constructor('return 1')()",
        "return (function* () {}).constructor('return 1')().next().value",
    ] {
        if IN_PROCESSES {
            assert_eq!(rig.value(source, "{}"), json!(1), "{source}");
        } else {
            rig.user_error(source);
        }
    }
    assert_eq!(
        rig.value("return [typeof require, typeof std, typeof os]", "{}"),
        json!(["function", "undefined", "undefined"])
    );
}

#[test]
fn a_call_is_stopped_from_outside_with_its_reason_and_keeps_its_logs() {
    let mut rig = Rig::new();
    let sources = [
        "console.warn('so far'); await context.test.echo(); for (;;); return 1",
        "console.warn('so far'); await new Promise(done => setTimeout(done, 1e7)); return 1",
    ];
    for source in sources {
        for (reason, kind) in [
            (StopReason::Cancelled, FailureKind::Cancelled),
            (StopReason::Shutdown, FailureKind::Platform),
            (StopReason::TakenOver, FailureKind::Platform),
            (StopReason::Timeout, FailureKind::Timeout),
        ] {
            // A process that still runs enforces its timeout itself.
            rig.limits.timeout = match reason {
                StopReason::Timeout => Duration::from_millis(500),
                _ => Duration::from_secs(3600),
            };
            let host = TestHost::new();
            let call = host.call(&rig, FunctionId::from_u128(3), &rig.compile(source), "{}");
            let stop = call.stop.clone();
            let running = rig.spawn_call(call);
            rig.wait_for(host.happens(if source.contains("echo") {
                "echo"
            } else {
                "wait"
            }));
            stop.stop(reason);
            let outcome = rig.wait_for(running).unwrap();
            assert_eq!(outcome.result.unwrap_err().kind, kind, "{source}");
            let logs: Vec<_> = outcome.logs.iter().map(|line| &*line.message).collect();
            assert_eq!(logs, ["so far"], "{reason:?}: {source}");
        }
    }
    assert_eq!(rig.quickjs.stats().warm_isolates, 0);
}

#[test]
fn a_program_of_another_runtime_is_a_platform_failure() {
    let rig = Rig::new();
    let program = faas_core::runtime::Program::new(5);
    let outcome = rig.call(FunctionId::from_u128(3), &program, "{}");
    assert_eq!(outcome.result.unwrap_err().kind, FailureKind::Platform);
}

#[test]
fn a_compilation_that_takes_too_long_is_abandoned() {
    let rig = Rig::with(QuickJsOptions {
        compile_timeout: Duration::ZERO,
        ..QuickJsOptions::default()
    });
    let long = format!("return [{}]", "1,".repeat(400_000));
    let message = rig.error(&long).message;
    assert!(message.contains("longer than 0 ms"), "{message}");
}

#[test]
fn a_job_that_is_left_behind_and_never_ends_costs_the_isolate_and_not_the_result() {
    let mut rig = Rig::new();
    // Longer than any test: the job must not run until then.
    rig.limits.timeout = Duration::from_secs(3600);
    let program = rig.compile("Promise.resolve().then(() => { for (;;); }); return 1");
    for _ in 0..2 {
        let outcome = rig.call(FunctionId::from_u128(1), &program, "1");
        assert_eq!(outcome.result.unwrap().as_str(), "1");
        assert!(outcome.cold_start);
    }
}
