//! The forms that code can have, and where errors are said to be.

use serde_json::json;

use super::rig::Rig;

#[test]
fn a_body_uses_input_and_returns() {
    let rig = Rig::new();
    assert_eq!(rig.value("return input.a + input.b", r#"{"a":1,"b":2}"#), 3);
    let with_helper = "function twice(n) { return 2 * n }\nreturn twice(input)";
    assert_eq!(rig.value(with_helper, "21"), 42);
    assert_eq!(rig.value("if (input) { return 'yes' }", "1"), "yes");
    assert_eq!(
        rig.value("for (const n of input) { if (n > 1) return n }", "[1,2]"),
        2
    );
    assert_eq!(rig.value("try { return 1 } finally {}", "0"), 1);
    assert_eq!(
        rig.value("switch (input) { case 1: return 'one' }", "1"),
        "one"
    );
    assert_eq!(
        rig.value("total = input + 1 // no let\nreturn total", "1"),
        2
    );
    assert_eq!(
        rig.value("return await Promise.resolve(input) // done", "5"),
        5
    );
    assert_eq!(rig.value("return 'await'", "5"), "await");
    assert_eq!(rig.value("return; // nothing", "5"), json!(null));
}

#[test]
fn of_declarations_handler_is_called_else_main_else_the_first_function() {
    let rig = Rig::new();
    for (source, expected) in [
        ("function add(input) { return input.a + 1 }", json!(3)),
        ("const add = (input) => input.a + 1", json!(3)),
        (
            "const factor = 2; const f = function (i) { return i.a * factor }; function g() {}",
            json!(4),
        ),
        (
            "const f = () => 'f'; function main() { return 'main' }",
            json!("main"),
        ),
        (
            "function main() { return 'main' } const handler = () => 'handler'",
            json!("handler"),
        ),
        (
            "const wrap = f => f; const handler = wrap(i => i.a)",
            json!(2),
        ),
        (
            "async function add(input) { await null; return input.a }",
            json!(2),
        ),
        (
            "const base = await Promise.resolve(40); const f = async i => base + i.a",
            json!(42),
        ),
        ("const input = 7; function f() { return input }", json!(7)),
        ("let f; f = 3; var handler = () => f", json!(3)),
        ("function f() { return 1 } // last line", json!(1)),
    ] {
        assert_eq!(rig.value(source, r#"{"a":2}"#), expected, "{source}");
    }
}

#[test]
fn of_a_module_the_default_export_is_called_else_the_one_named_handler() {
    let rig = Rig::new();
    for source in [
        "export default function (input) { return input + 1 }",
        "export default async (input) => input + 1",
        "const f = (input) => input + 1; export default f",
        "const f = (input) => input + 1; export { f as default }",
        "export const handler = (input) => input + 1",
        "export function handler(input) { return input + 1 }",
        "const f = (input) => input + 1; export { f as handler }",
        "const one = await Promise.resolve(1); export default input => input + one",
        "export const other = 2; export default { a: 1 }; export const handler = i => i + 1",
    ] {
        assert_eq!(rig.value(source, "41"), 42, "{source}");
    }
    let message = rig.user_error("export default 42");
    assert!(message.contains("no function to call"), "{message}");
}

#[test]
fn code_without_a_function_is_refused_with_the_forms_that_are_read() {
    let rig = Rig::new();
    for source in [
        "",
        "   \n",
        "// nothing",
        "/* nothing */",
        "1 + 1",
        "const a = 1",
        "input.a",
        "({})",
    ] {
        let message = rig.error(source).message;
        assert!(message.contains("write a body"), "{source}: {message}");
    }
    let message = rig.error("export const a = 1").message;
    assert!(message.contains("exports no handler"), "{message}");
    for source in [
        "import fs from 'fs'\nexport default () => 1",
        "export * from 'x'; export default () => 1",
        "export { a } from 'x'",
    ] {
        let error = rig.error(source);
        assert!(error.message.contains("cannot be loaded"), "{error}");
        assert_eq!(error.line, Some(1));
    }
}

#[test]
fn code_cannot_break_out_of_its_function() {
    let rig = Rig::new();
    for source in [
        "return }; hax(); function x(){",
        "return }); hax(); (function (){",
        "return }, hax(), function (){",
        "})(function (){",
        "return 1 })\n(function () {",
        "return 1 }",
        "return 1 /*",
        "return `",
        "} function f() {} {",
    ] {
        rig.error(source);
    }
}

#[test]
fn a_syntax_error_tells_line_and_column_in_the_users_own_text() {
    let rig = Rig::new();
    for (source, line, column) in [
        ("return input.a +", 1, 17),
        ("const a = 1\nreturn a b", 2, 10),
        ("\n\n  return )", 3, 10),
        ("let a = 1\nlet a = 2\nreturn a", 2, 7),
        ("return 'é' b", 1, 12),
        ("function f(a) {\n  return a +* 2\n}", 2, 13),
        ("const f = (a) => {\n  retrun a\n}", 2, 10),
        ("export default function (a) {\n  return a a\n}", 2, 12),
        ("export default 1;\nexport default 2;", 2, 17),
        ("if (input) {\n  return 1", 2, 11),
    ] {
        let error = rig.error(source);
        assert_eq!(
            (error.line, error.column),
            (Some(line), Some(column)),
            "{error}: {source}"
        );
        assert!(error.message.contains(&format!("line {line}")), "{error}");
    }
}

#[test]
fn stacks_have_the_users_own_lines_in_every_form() {
    let rig = Rig::new();
    for source in [
        "function add(a) {\n  return a.b.c\n}\n\nreturn add(input)",
        "function add(a) {\n  return a.b.c\n}\n\nfunction main(input) { return add(input) }",
        "function add(a) {\n  return a.b.c\n}\n\nexport default (input) => add(input)",
        "function add(a) {\n  return a.b.c\n}\n\nawait null; return add(input)",
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
