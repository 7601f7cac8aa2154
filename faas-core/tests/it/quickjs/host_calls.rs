//! Host calls by user code.

use std::time::Duration;

use faas_core::model::{FailureKind, FunctionId};
use faas_core::runtime::{Payload, Runtime};
use serde_json::{Value, json};

use super::host::TestHost;
use super::rig::Rig;

fn value_with(rig: &Rig, host: &std::sync::Arc<TestHost>, source: &str) -> Value {
    let function = FunctionId::from_u128(fastrand::u128(..));
    let outcome = rig.run_call(host.call(rig, function, &rig.compile(source), "{}"));
    rig.quickjs.forget(function);
    match outcome.result {
        Ok(output) => output.to().unwrap(),
        Err(failure) => panic!("{failure:?}: {source}"),
    }
}

fn value(source: &str) -> Value {
    value_with(&Rig::new(), &TestHost::new(), source)
}

#[test]
fn json_and_bytes_pass_both_ways() {
    let (rig, host) = (Rig::new(), TestHost::new());
    for (source, expected) in [
        (
            "return await context.test.echo({ a: [1, 'ü'] })",
            json!({"a": [1, "ü"]}),
        ),
        ("return await context.test.echo()", json!(null)),
        ("return await context.test.echo(undefined)", json!(null)),
        (
            "return await context.test.echo('\\ud800') === '\\ud800'",
            json!(true),
        ),
        (
            "return await context.test.echo(new Date(0))",
            json!("1970-01-01T00:00:00.000Z"),
        ),
        (
            "const b = await context.test.echo(new Uint8Array([1, 2, 255])); return [b instanceof Uint8Array, ...b]",
            json!([true, 1, 2, 255]),
        ),
        (
            "const b = await context.test.echo(new Uint8Array([1, 2, 3]).buffer); return [b instanceof Uint8Array, ...b]",
            json!([true, 1, 2, 3]),
        ),
        (
            "const b = await context.test.echo(new Uint8Array([1, 2, 3, 4]).subarray(1, 3)); return [...b]",
            json!([2, 3]),
        ),
        (
            "const b = await context.test.echo(new Uint8Array()); return [b instanceof Uint8Array, b.length]",
            json!([true, 0]),
        ),
        (
            "return await context.test.echo(new Uint16Array([300]))",
            json!({"0": 300}),
        ),
        (
            "const b = await context.test.bytes(100000); return [b.length, b[99999]]",
            json!([100_000, 7]),
        ),
        (
            "const b = new Uint8Array([1]); const sent = context.test.echo(b); b[0] = 2; return [...await sent]",
            json!([1]),
        ),
        (
            "const { echo } = context.test; return await echo(5)",
            json!(5),
        ),
        (
            "export default async (input, context) => await context.test.echo(6)",
            json!(6),
        ),
        ("return await arguments[1].test.echo(7)", json!(7)),
    ] {
        // Not compiled as a module where `context` is a parameter.
        assert_eq!(value_with(&rig, &host, source), expected, "{source}");
    }
    let arguments = host.arguments.lock();
    assert_eq!(
        arguments[0],
        Payload::Json(faas_core::model::Json::parse(r#"{"a":[1,"ü"]}"#.to_owned()).unwrap())
    );
    assert_eq!(arguments[5], Payload::Bytes(vec![1, 2, 255].into()));
}

#[test]
fn an_error_of_a_host_function_has_its_message_its_code_and_the_stack_of_the_call() {
    let source = "
        async function order() { return await context.test.fail(1) }
        try { await order() } catch (e) {
            return [e instanceof Error, e.message, e.code, e.stack.includes('order'), e.stack.includes('platform')];
        }";
    let expected = json!([true, "nothing is left", "OUT_OF_STOCK", true, false]);
    assert_eq!(value(source), expected);
    let (rig, host) = (Rig::new(), TestHost::new());
    let program = rig.compile("await context.test.fail()");
    let call = host.call(&rig, FunctionId::from_u128(1), &program, "{}");
    let failure = rig.run_call(call).result.unwrap_err();
    assert_eq!(failure.kind, FailureKind::UserError);
    assert!(
        failure.message.starts_with("Error: nothing is left"),
        "{failure:?}"
    );
    assert!(failure.stack.unwrap().contains("OUT_OF_STOCK"));
}

#[test]
fn an_unknown_function_is_an_error_that_lists_the_known_ones() {
    let source = "
        try { await context.test.ehco(1) } catch (e) { return [e.code, e.message] }";
    let expected = json!([
        "ERR_UNKNOWN_HOST_FUNCTION",
        "test has no function ehco: it has echo, later, fail, hold, never, bytes"
    ]);
    assert_eq!(value(source), expected);
    assert_eq!(value("return typeof context.tset"), json!("undefined"));
}

#[test]
fn a_binding_is_frozen_has_its_functions_only_and_does_not_show_in_its_context() {
    let source = "
        const { test } = context;
        test.echo = 1; test.more = 1; delete test.fail; context.test = 1;
        return [
            Object.keys(test), Object.getPrototypeOf(test), Object.isFrozen(test), context.test === test,
            typeof test.then, typeof test.toString, 'toString' in test, Object.isFrozen(test.echo),
            Object.keys(context).includes('test'), test.echo.name, typeof await test,
        ]";
    let expected = json!([
        ["echo", "later", "fail", "hold", "never", "bytes"],
        null,
        true,
        true,
        "undefined",
        "undefined",
        false,
        true,
        false,
        "echo",
        "object"
    ]);
    assert_eq!(value(source), expected);
}

#[test]
fn calls_run_at_the_same_time_within_their_limit_and_the_others_wait() {
    let mut rig = Rig::new();
    rig.limits.host_calls = 3;
    let host = TestHost::new();
    let source = "
        const calls = [];
        for (let i = 0; i < 10; i++) calls.push(context.test.hold(i));
        return await Promise.all(calls)";
    let call = host.call(&rig, FunctionId::from_u128(1), &rig.compile(source), "{}");
    let running = rig.spawn_call(call);
    rig.wait_for(host.happens_times("hold", 3));
    for _ in 0..10 {
        host.released.add_permits(1);
    }
    let outcome = rig.wait_for(running).unwrap();
    assert_eq!(outcome.result.unwrap().as_str(), "[0,1,2,3,4,5,6,7,8,9]");
    assert_eq!((host.most(), host.count("hold")), (3, 10));
}

#[test]
fn an_argument_over_a_limit_is_an_error_and_is_not_sent() {
    let mut rig = Rig::new();
    rig.limits.host_bytes = 1000;
    let host = TestHost::new();
    let error = |argument: &str| {
        let source = format!(
            "try {{ await context.test.echo({argument}); return 'sent' }}
             catch (e) {{ return [e.code ?? e.name, e.message] }}"
        );
        value_with(&rig, &host, &source)
    };
    assert_eq!(error("'x'.repeat(998)"), json!("sent"));
    assert_eq!(error("new Uint8Array(1000)"), json!("sent"));
    let too_large = |bytes| {
        json!([
            "ERR_TOO_LARGE",
            format!("the argument of test.echo has {bytes} bytes: the limit is 1000 bytes")
        ])
    };
    assert_eq!(error("'x'.repeat(999)"), too_large(1001));
    assert_eq!(error("'ü'.repeat(500)"), too_large(1002));
    assert_eq!(error("new Uint8Array(1001)"), too_large(1001));
    let deep = error("(() => { let a = 1; for (let i = 0; i < 300; i++) a = [a]; return a })()");
    assert_eq!(
        deep[1],
        "the argument of test.echo nests deeper than 256 levels"
    );
    for (argument, says) in [
        ("() => 1", "the argument is not JSON: it is a function"),
        ("10n", "the argument is not JSON: it contains a BigInt"),
        (
            "{ a: Symbol() }",
            "the argument is not JSON: it contains a symbol",
        ),
    ] {
        assert_eq!(error(argument), json!(["TypeError", says]));
    }
    assert_eq!(host.count("echo"), 2);
}

#[test]
fn calls_that_are_not_awaited_are_sent_when_the_code_waits_and_else_are_not() {
    let rig = Rig::new();
    let host = TestHost::new();
    let source = "context.test.echo(1); await context.test.later(); context.test.echo(2); return 1";
    assert_eq!(value_with(&rig, &host, source), 1);
    assert_eq!(host.count("echo"), 1);
    // They are not sent by the next call either.
    let program =
        rig.compile("context.test.fail(); if (input) await context.test.echo(input); return 1");
    for input in ["0", "0", "5"] {
        let call = host.call(&rig, FunctionId::from_u128(1), &program, input);
        rig.run_call(call).result.unwrap();
    }
    assert_eq!((host.count("fail"), host.count("echo")), (1, 2));
}

#[test]
fn a_host_function_is_dropped_when_its_call_ends() {
    let rig = Rig::new();
    let host = TestHost::new();
    let source = "
        const never = context.test.never();
        await Promise.race([never, context.test.echo(1)]);
        return 1";
    assert_eq!(value_with(&rig, &host, source), 1);
    assert_eq!((host.count("never"), host.count("unfinished")), (1, 1));
}

#[test]
fn a_call_that_waits_for_its_host_only_settles_or_times_out() {
    let mut rig = Rig::new();
    rig.limits.timeout = Duration::from_secs(2);
    let host = TestHost::new();
    let program = rig.compile("return await context.test.never()");
    let call = host.call(&rig, FunctionId::from_u128(1), &program, "{}");
    let failure = rig.run_call(call).result.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert_eq!(host.count("unfinished"), 1);
}

#[test]
fn a_host_function_that_answers_at_once_costs_no_turn() {
    let rig = Rig::new();
    let host = TestHost::new();
    let source = "for (let i = 0; i < 5; i++) await context.test.echo(i); return 1";
    assert_eq!(value_with(&rig, &host, source), 1);
    assert_eq!(host.events(), ["echo"; 5]);
}

#[test]
fn code_that_changes_the_globals_does_not_change_host_calls() {
    let source = "
        JSON.stringify = JSON.parse = () => 'mine'; Object.defineProperty = () => 1;
        globalThis.Promise = globalThis.Error = globalThis.Uint8Array = globalThis.Proxy = undefined;
        Array.prototype.push = () => { throw 1 };
        Object.defineProperty(Object.prototype, 'value', { value: 'mine' });
        export default async (input, { test }) => {
            const bytes = await test.bytes(3);
            const code = await test.fail().catch((e) => e.code);
            return [await test.echo({ a: 1 }), bytes.length, code];
        }";
    assert_eq!(value(source), json!([{"a": 1}, 3, "OUT_OF_STOCK"]));
}

#[test]
fn a_warm_isolate_keeps_the_bindings_of_its_version() {
    let rig = Rig::new();
    let program = rig.compile("return await context.test.echo(input)");
    for n in 0..5 {
        let host = TestHost::new();
        let call = host.call(&rig, FunctionId::from_u128(1), &program, &n.to_string());
        let outcome = rig.run_call(call);
        assert_eq!(outcome.cold_start, n == 0);
        assert_eq!(outcome.result.unwrap().as_str(), n.to_string());
    }
}

#[test]
fn hostile_host_calls_end_at_a_limit_and_hurt_no_other_call() {
    let mut rig = Rig::new();
    let honest = rig.compile("return await context.test.echo(input)");
    for (source, kinds) in [
        // Where memory runs out, the promise of a call is rejected, and the loop goes on.
        (
            "for (;;) context.test.echo('x'.repeat(1e5))",
            &[FailureKind::OutOfMemory, FailureKind::Timeout][..],
        ),
        (
            "for (;;) context.test.echo(new Uint8Array(1e5))",
            &[FailureKind::OutOfMemory, FailureKind::Timeout],
        ),
        (
            "for (;;) await context.test.echo(1)",
            &[FailureKind::Timeout],
        ),
        (
            "for (;;) await context.test.later(1)",
            &[FailureKind::Timeout],
        ),
        (
            "const kept = []; for (;;) kept.push(await context.test.bytes(1e6))",
            &[FailureKind::OutOfMemory, FailureKind::Timeout],
        ),
        (
            "const all = []; for (let i = 0; i < 1e4; i++) all.push(context.test.never(i)); await Promise.all(all)",
            &[FailureKind::Timeout],
        ),
        (
            "await context.test.echo({ toJSON() { for (;;); } })",
            &[FailureKind::Timeout],
        ),
        (
            "await context.test.echo({ get a() { context.test.echo(1); throw new Error('mine') } })",
            &[FailureKind::UserError],
        ),
        (
            "const f = () => context.test.echo(1).then(f, f); f(); await new Promise(() => {})",
            &[FailureKind::Timeout],
        ),
    ] {
        // A call that can end by itself or by its memory has the time that it needs.
        let is_timed = kinds.contains(&FailureKind::Timeout);
        rig.limits.timeout = Duration::from_millis(if is_timed { 300 } else { 60_000 });
        let function = FunctionId::from_u128(fastrand::u128(..));
        let host = TestHost::new();
        let call = host.call(&rig, function, &rig.compile(source), "1");
        let failure = rig.run_call(call).result.unwrap_err();
        assert!(kinds.contains(&failure.kind), "{failure:?}: {source}");
        assert!(host.most() <= rig.limits.host_calls, "{source}");
        rig.limits.timeout = Duration::from_secs(60);
        let call = host.call(&rig, FunctionId::from_u128(1), &honest, "5");
        assert_eq!(rig.run_call(call).result.unwrap().as_str(), "5");
    }
}
