//! `context.env`.

use faas_core::model::FunctionId;
use serde_json::{Value, json};

use super::rig::Rig;

const FUNCTION: FunctionId = FunctionId::from_u128(9);
const NAMES: [(&str, &str); 3] = [
    ("GREETING", "hi \"ü\" \u{0}"),
    ("__proto__", "no prototype"),
    ("toString", "no method"),
];

fn value(rig: &Rig, source: &str) -> Value {
    let program = rig.compile(source);
    let function = FunctionId::from_u128(fastrand::u128(..));
    let outcome = rig.call_in(function, &program, NAMES);
    match outcome.result {
        Ok(output) => output.to().unwrap(),
        Err(failure) => panic!("{failure:?}: {source}"),
    }
}

#[test]
fn code_of_every_form_reads_its_environment() {
    let rig = Rig::new();
    for source in [
        "return context.env.GREETING",
        "await null; return context.env.GREETING",
        "return arguments[1].env.GREETING",
        "return c\\u006fntext.env.GREETING",
        "const { env: { GREETING } } = context; return GREETING",
        "function f(input, { env }) { return env.GREETING }",
        "const f = async (input, c = 1) => c.env.GREETING",
        "export default (input, { env }) => env.GREETING",
        "export async function handler(input, it) { return it.env['GREETING'] }",
    ] {
        assert_eq!(value(&rig, source), "hi \"ü\" \u{0}", "{source}");
    }
}

#[test]
fn an_environment_is_frozen_and_has_its_names_and_nothing_else() {
    let rig = Rig::new();
    let source = "
        const { env } = context;
        const { __proto__, toString } = env;
        env.GREETING = 'changed'; env.NEW = 1; delete env.toString; context.env = {};
        const isSame = context.env === env;
        let strict = (() => { 'use strict'; try { env.NEW = 1 } catch (e) { return e.name } })();
        return [Object.getPrototypeOf(env), Object.isFrozen(env), Object.keys(env).sort(), isSame,
            __proto__, toString, env.GREETING, 'hasOwnProperty' in env, strict]";
    let expected = json!([
        null,
        true,
        ["GREETING", "__proto__", "toString"],
        true,
        "no prototype",
        "no method",
        "hi \"ü\" \u{0}",
        false,
        "TypeError"
    ]);
    assert_eq!(value(&rig, source), expected);
}

#[test]
fn a_context_that_is_copied_logged_or_returned_does_not_tell_its_environment() {
    let rig = Rig::new();
    let program =
        rig.compile("console.log(context); return [context, { ...context }, '' + context]");
    let outcome = rig.call_in(FUNCTION, &program, [("A", "s3cr3t")]);
    let output = outcome.result.unwrap();
    assert!(output.as_str().contains("i-7"), "{output}");
    assert!(!output.as_str().contains("s3cr3t"), "{output}");
    assert!(!outcome.logs[0].message.contains("s3cr3t"));
}

#[test]
fn without_names_the_environment_is_there_and_empty() {
    let rig = Rig::new();
    let source = "return [Object.keys(context.env).length, Object.isFrozen(context.env), context.env.A === undefined]";
    assert_eq!(rig.value(source, "{}"), json!([0, true, true]));
}

#[test]
fn a_warm_isolate_keeps_the_environment_of_its_version() {
    let rig = Rig::new();
    let program = rig.compile("return context.env.A");
    let first = rig.call_in(FUNCTION, &program, [("A", "1")]);
    assert!(first.cold_start);
    let second = rig.call_in(FUNCTION, &program, [("A", "1")]);
    assert!(!second.cold_start);
    assert_eq!(second.result.unwrap().as_str(), "\"1\"");
}

#[test]
fn code_that_changes_the_globals_does_not_change_what_the_environment_is() {
    let rig = Rig::new();
    let source = "
        Object.freeze = (x) => x; Object.setPrototypeOf = (x) => x; JSON.parse = () => ({ A: 'mine' });
        Object.defineProperty(Object.prototype, 'value', { value: 'mine' });
        export default (input, { env }) => [env.GREETING, Object.isFrozen(env)]";
    assert_eq!(value(&rig, source), json!(["hi \"ü\" \u{0}", true]));
}
