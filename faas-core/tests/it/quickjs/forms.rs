//! What all forms of code have in common: what is kept between calls, what is in scope, and where
//! errors are. The forms themselves are in `form_table.rs`.

use faas_core::model::FunctionId;
use serde_json::json;

use super::rig::Rig;

#[test]
fn a_body_has_the_instance_id_in_scope() {
    let rig = Rig::new();
    let source = "return [instanceId, typeof instanceId, instanceId === context.instanceId, \
                  String(context)]";
    assert_eq!(
        rig.value(source, "{}"),
        json!(["i-7", "string", true, "i-7"])
    );
    assert_eq!(
        rig.value("const f = () => instanceId; return f()", "{}"),
        "i-7"
    );
    assert_eq!(rig.value("console.log(instanceId); return 1", "{}"), 1);
    assert_eq!(rig.value("return \\u0069nstanceId", "{}"), "i-7");
}

#[test]
fn a_body_without_return_runs_at_each_call() {
    let rig = Rig::new();
    for source in [
        "console.log('call', globalThis.calls = (globalThis.calls ?? 0) + 1)",
        "(() => console.log('call', globalThis.calls = (globalThis.calls ?? 0) + 1))()",
        "globalThis.calls = (globalThis.calls ?? 0) + 1;\nconsole.log('call', calls)",
        "(() => (input) => console.log('call', globalThis.calls = (globalThis.calls ?? 0) + 1))()",
    ] {
        let program = rig.compile(source);
        let id = FunctionId::from_u128(fastrand::u128(..));
        for call in 1..=3 {
            let outcome = rig.call(id, &program, "{}");
            assert_eq!(outcome.result.unwrap().as_str(), "null");
            assert_eq!(outcome.logs[0].message, format!("call {call}"), "{source}");
        }
    }
}

#[test]
fn declarations_and_modules_are_evaluated_once() {
    let rig = Rig::new();
    for source in [
        "let calls = 0; function count() { return ++calls }",
        "let calls = 0; exports.handler = () => ++calls",
        "let calls = 0; export default () => ++calls",
    ] {
        let program = rig.compile(source);
        let id = FunctionId::from_u128(fastrand::u128(..));
        for call in ["1", "2", "3"] {
            let outcome = rig.call(id, &program, "{}");
            assert_eq!(outcome.result.unwrap().as_str(), call, "{source}");
        }
    }
}

#[test]
fn a_promise_that_a_lone_expression_leaves_is_not_awaited() {
    let rig = Rig::new();
    let source = "(async () => { await null; console.log('later') })()";
    let outcome = rig.run(source, "{}");
    assert_eq!(outcome.result.unwrap().as_str(), "null");
    // A rejected one does not fail the call either.
    let outcome = rig.run(
        "(async () => { await null; throw new Error('late') })()",
        "{}",
    );
    assert_eq!(outcome.result.unwrap().as_str(), "null");
}

#[test]
fn stacks_have_the_users_own_lines_in_every_form() {
    let rig = Rig::new();
    for source in [
        "function add(a) {\n  return a.b.c\n}\n\nreturn add(input)",
        "function add(a) {\n  return a.b.c\n}\n\nfunction main(input) { return add(input) }",
        "function add(a) {\n  return a.b.c\n}\n\nexport default (input) => add(input)",
        "function add(a) {\n  return a.b.c\n}\n\nawait null; return add(input)",
        "function add(a) {\n  return a.b.c\n}\n\nexports.handler = (input) => add(input)",
        "function add(a) {\n  return a.b.c\n}\n\nadd(input)",
        "function add(a) {\n  return a.b.c\n}\n\nconst instanceId = 1; add(input)",
    ] {
        let failure = rig.failure(source);
        assert_eq!(
            failure.message,
            "TypeError: cannot read property 'c' of undefined"
        );
        let stack = failure.stack.unwrap();
        let frames: Vec<_> = stack.lines().collect();
        assert_eq!(frames[0], "    at add (function.js:2:10)", "{stack}");
        assert!(frames[1].contains("(function.js:5:"), "{stack}");
        assert_eq!(frames.len(), 2, "{stack}");
    }
}

#[test]
fn stacks_of_a_lone_expression_have_the_users_own_lines() {
    let rig = Rig::new();
    for (source, place) in [
        ("(input) => input.a.b", "function.js:1:12"),
        ("// é\n\n  (input) =>\n  input.a.b", "function.js:4:3"),
        (
            "'use strict'; /* é */ (input) => input.a.b",
            "function.js:1:35",
        ),
        (
            "(() => { return (input) => input.a.b })()",
            "function.js:1:28",
        ),
        ("(() => { return input.a.b })()", "function.js:1:17"),
        (
            "await (async () => (input) => input.a.b)()",
            "function.js:1:31",
        ),
    ] {
        let stack = rig.failure(source).stack.unwrap();
        let first = stack.lines().next().unwrap();
        assert!(first.contains(place), "{source}: {stack}");
        assert!(!stack.contains("platform"), "{source}: {stack}");
    }
}

#[test]
fn what_the_top_level_throws_fails_the_call_with_its_stack() {
    let rig = Rig::new();
    for source in [
        "const a = 1\nthrow new RangeError('top'); function f() {}",
        "const a = 1\nthrow new RangeError('top'); export default () => 1",
        "const a = await 1\nthrow new RangeError('top'); function f() {}",
    ] {
        let failure = rig.failure(source);
        assert_eq!(failure.message, "RangeError: top");
        assert!(failure.stack.unwrap().contains("function.js:2:"));
    }
}

#[test]
fn the_firing_of_a_schedule_calls_the_handler_for_schedules_and_other_calls_the_one_for_requests() {
    let rig = Rig::new();
    let source = "export default {
        async fetch(request) { return Response.json(await request.json()) },
        async scheduled(event, env, ctx) {
            console.log(event.type, event.cron, event.scheduledTime, typeof ctx.waitUntil);
        },
    }";
    let program = rig.compile(source);
    let id = FunctionId::from_u128(fastrand::u128(..));
    let firing = r#"{"schedule": "daily", "cron": "0 9 * * *", "scheduledTime": 1000}"#;
    let outcome = rig.call(id, &program, firing);
    assert_eq!(outcome.result.unwrap().as_str(), "null");
    assert_eq!(outcome.logs[0].message, "scheduled 0 9 * * * 1000 function");
    let outcome = rig.call(id, &program, r#"{"a":1}"#);
    assert_eq!(outcome.result.unwrap().as_str(), r#"{"a":1}"#);
    // Without a handler for schedules, a firing is a request too.
    let source = "export default { fetch: async (request) => Response.json(await request.json()) }";
    let answer: serde_json::Value = serde_json::from_str(firing).unwrap();
    assert_eq!(rig.value(source, firing), answer);
}
