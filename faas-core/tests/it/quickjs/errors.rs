//! What errors tell: their causes and properties, and those that nobody catches.

use faas_core::model::{FailureKind, LogLevel};
use faas_core::runtime::Outcome;

use super::rig::Rig;

fn errors(outcome: &Outcome) -> Vec<&str> {
    let lines = outcome.logs.iter();
    let errors = lines.filter(|line| line.level == LogLevel::Error);
    errors.map(|line| line.message.as_str()).collect()
}

#[test]
fn an_error_tells_its_cause_its_parts_and_its_properties() {
    let rig = Rig::new();
    for (source, message, details) in [
        (
            "throw new Error('outer', { cause: new TypeError('inner') })",
            "Error: outer { [cause]: TypeError: inner }",
            &[
                "at f (function.js:1:",
                "[cause]: TypeError: inner\n      at f (function.js:1:",
            ][..],
        ),
        (
            "throw Object.assign(new Error('disk'), { code: 'ENOSPC', path: { deep: 1 } })",
            "Error: disk { code: 'ENOSPC', path: [Object] }",
            &["code: 'ENOSPC'", "path: { deep: 1 }"],
        ),
        (
            "throw new AggregateError([new Error('a'), 5], 'both')",
            "AggregateError: both { [errors]: [ Error: a, 5 ] }",
            &["[errors]: [ Error: a\n"],
        ),
        (
            "throw new Error('a', { cause: new Error('b', { cause: 'c' }) })",
            "Error: a { [cause]: Error: b { [cause]: 'c' } }",
            &["    [cause]: 'c'"],
        ),
        (
            "throw new Error('plain')",
            "Error: plain",
            &["at f (function.js:1:"],
        ),
        (
            "const e = new Error('me'); e.cause = e; throw e",
            "Error: me { cause: [Circular] }",
            &["cause: [Circular]"],
        ),
    ] {
        let failure = rig.failure(&format!("function f() {{ {source} }}"));
        assert_eq!(failure.kind, FailureKind::UserError);
        assert_eq!(failure.message, message, "{source}");
        let stack = failure.stack.unwrap();
        for detail in details {
            assert!(stack.contains(detail), "{detail} in {stack}");
        }
        let logged = rig.run(
            &format!("try {{ (function f() {{ {source} }})() }} catch (e) {{ console.error(e) }} return 1"),
            "{}",
        );
        for detail in details {
            assert!(
                errors(&logged)[0].contains(detail),
                "{detail} in {logged:?}"
            );
        }
    }
}

#[test]
fn causes_are_told_to_a_depth() {
    let rig = Rig::new();
    let failure = rig.failure(
        "let e = new Error('first'); for (let i = 0; i < 1e4; i++) e = new Error('n' + i, { cause: e }); throw e; return 1",
    );
    assert!(
        failure
            .message
            .starts_with("Error: n9999 { [cause]: Error: n9998 {")
    );
    assert!(failure.message.len() < 2000, "{}", failure.message);
    assert!(failure.stack.unwrap().len() < 10_000);
}

#[test]
fn a_rejection_that_nobody_handles_is_logged_with_its_stack() {
    let rig = Rig::new();
    for source in [
        "Promise.reject(new Error('lost')); return 1",
        "(async () => { throw new Error('lost') })(); return 1",
        "(async () => { await null; throw new Error('lost') })(); return 1",
        "Promise.reject(new Error('lost')); await new Promise((done) => setTimeout(done, 1)); return 1",
        "Promise.resolve().then(() => { throw new Error('lost') }).finally(() => {}); return 1",
        "Promise.reject(new Error('lost')); throw new Error('other'); return 1",
    ] {
        let outcome = rig.run(source, "{}");
        let errors = errors(&outcome);
        assert_eq!(errors.len(), 1, "{source}: {outcome:?}");
        assert!(
            errors[0].starts_with("Uncaught (in promise) Error: lost\n    at "),
            "{source}: {errors:?}"
        );
        assert!(errors[0].contains("function.js:1:"), "{errors:?}");
        assert!(!errors[0].contains("platform"), "{errors:?}");
    }
}

#[test]
fn a_rejection_that_is_handled_before_the_call_ends_is_silent() {
    let rig = Rig::new();
    for source in [
        "const p = Promise.reject(new Error('x')); p.catch(() => {}); return 1",
        "const p = Promise.reject(new Error('x')); await null; try { await p } catch {} return 1",
        "const p = Promise.reject(new Error('x')); setTimeout(() => p.catch(() => {}), 1); await new Promise((done) => setTimeout(done, 5)); return 1",
        "await Promise.allSettled([Promise.reject(1), (async () => { throw 2 })()]); return 1",
        "const f = async () => { throw new Error('x') }; try { await f() } catch {} return 1",
    ] {
        let outcome = rig.run(source, "{}");
        assert!(outcome.result.is_ok(), "{outcome:?}");
        assert!(outcome.logs.is_empty(), "{source}: {outcome:?}");
    }
    // The call itself tells of these.
    for source in [
        "return Promise.reject(new Error('x'))",
        "await null; throw new Error('x'); return 1",
        "export default async () => { await null; throw new Error('x') }",
    ] {
        let outcome = rig.run(source, "{}");
        assert!(
            outcome.result.is_err() && outcome.logs.is_empty(),
            "{source}: {outcome:?}"
        );
    }
}

#[test]
fn what_a_microtask_or_a_timer_throws_is_logged_with_its_stack() {
    let rig = Rig::new();
    for source in [
        "queueMicrotask(() => { throw new Error('lost') }); return 1",
        "queueMicrotask(() => { throw new Error('lost') }); await new Promise((done) => setTimeout(done, 1e7)); return 1",
        "setTimeout(() => { throw new Error('lost') }, 0); await new Promise((done) => setTimeout(done, 1e7)); return 1",
    ] {
        let outcome = rig.run(source, "{}");
        let errors = errors(&outcome);
        assert_eq!(errors.len(), 1, "{source}: {outcome:?}");
        assert!(
            errors[0].starts_with("Uncaught Error: lost\n    at <anonymous> (function.js:1:"),
            "{source}: {errors:?}"
        );
    }
}

#[test]
fn a_flood_of_rejections_is_counted() {
    let mut rig = Rig::new();
    rig.limits.log_bytes = 1 << 20;
    let outcome = rig.run(
        "for (let i = 0; i < 1000; i++) Promise.reject(new Error('n' + i)); return 1",
        "{}",
    );
    let errors = errors(&outcome);
    assert_eq!(errors.len(), 21);
    assert_eq!(
        errors[20],
        "980 more promises were rejected and not handled"
    );
}

#[test]
fn a_warm_isolate_does_not_log_the_rejections_of_the_call_before() {
    let rig = Rig::new();
    let program = rig.compile("if (input) Promise.reject(new Error('lost')); return 1");
    let function = faas_core::model::FunctionId::from_u128(5);
    assert_eq!(rig.call(function, &program, "true").logs.len(), 1);
    let second = rig.call(function, &program, "false");
    assert!(!second.cold_start && second.logs.is_empty(), "{second:?}");
}
