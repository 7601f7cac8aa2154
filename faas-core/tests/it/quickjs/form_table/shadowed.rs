//! Bodies that return nothing, and bodies that declare what is in scope already.

use super::Is::{Json, Logged, Throws};
use super::Snippet;

/// Names that a body declares although they are there.
pub(super) const SHADOWS: &[Snippet] = &[
    ("const input = 5; return input", Json("5")),
    ("let input = { a: 1 }; input.a++; return input.a", Json("2")),
    ("var input; return input.a", Json("2")),
    ("var input = input || {}; return input.a", Json("2")),
    ("var input = 5; return input", Json("5")),
    ("function input() { return 6 }\nreturn input()", Json("6")),
    ("class input {}; return typeof input", Json(r#""function""#)),
    ("const context = 'mine'; return context", Json(r#""mine""#)),
    (
        "const instanceId = 'mine'; return instanceId",
        Json(r#""mine""#),
    ),
    (
        "const { input, context } = { input: 1, context: 2 }; return input + context",
        Json("3"),
    ),
    ("const [input] = [4]; return input", Json("4")),
    (
        "const input = await Promise.resolve(8); return input",
        Json("8"),
    ),
    (
        "const x = arguments[0].a; const input = x; return input",
        Json("2"),
    ),
    (
        "const input = input.a; return input",
        Throws("ReferenceError: input is not initialized"),
    ),
    ("'use strict'; const input = 9; return input", Json("9")),
    ("{ const input = 1; }\nreturn input.a", Json("2")),
    (
        "const f = (input) => input * 2; return f(input.a)",
        Json("4"),
    ),
    (
        "const input = 1; const _input0 = 2; return input + _input0",
        Json("3"),
    ),
    ("const await = 3; return await", Json("3")),
    (
        "var await = 3; const input = 4; return await + input",
        Json("7"),
    ),
    ("using input = null; return input", Json("null")),
    ("let undefined = 1; return undefined", Json("1")),
    (
        "const console = { log: () => 1 }; return console.log()",
        Json("1"),
    ),
];

/// Bodies that return nothing.
pub(super) const WITHOUT_RETURN: &[Snippet] = &[
    ("", Json("null")),
    ("   \n\t\n", Json("null")),
    ("// only a comment", Json("null")),
    ("/* only\n a comment */", Json("null")),
    ("#!/usr/bin/env node", Json("null")),
    (";", Json("null")),
    ("1+1", Json("null")),
    ("'use strict'", Json("null")),
    ("input.a", Json("null")),
    ("input.a = 1;", Json("null")),
    ("({})", Json("null")),
    ("[]", Json("null")),
    ("{}", Json("null")),
    ("undefined", Json("null")),
    ("const a = 1", Json("null")),
    ("const a = input.a * 2;", Json("null")),
    ("class A {}", Json("null")),
    ("x = () => 1", Json("null")),
    ("() => 1, 2", Json("null")),
    ("true && (() => 1)", Json("null")),
    ("if (input.a) { console.log('yes') }", Logged(&["yes"])),
    ("console.log(input.name)", Logged(&["Ada"])),
    (
        "console.log(input.name);\nconsole.log(input.a);",
        Logged(&["Ada", "2"]),
    ),
    (
        "for (const x of input.items) console.log(x)",
        Logged(&["1", "2", "3"]),
    ),
    (
        "input.items.forEach(x => console.log(x))",
        Logged(&["1", "2", "3"]),
    ),
    (
        "await Promise.resolve();\nconsole.log('later')",
        Logged(&["later"]),
    ),
    (
        "console.log(await Promise.resolve(input.a))",
        Logged(&["2"]),
    ),
    (
        "function main() { console.log('once') }\nmain()",
        Logged(&["once"]),
    ),
    (
        "function add(a, b) { return a + b }\nconsole.log(add(1, 2))",
        Logged(&["3"]),
    ),
    ("const f = () => 1\nconsole.log(f())", Logged(&["1"])),
    ("(() => { console.log(input.name) })()", Logged(&["Ada"])),
    (
        "(function () { console.log(this === globalThis) })()",
        Logged(&["true"]),
    ),
    (
        "(async () => { console.log('async') })()",
        Logged(&["async"]),
    ),
    ("!function () { console.log('old') }()", Logged(&["old"])),
    ("throw new Error(\"x\")", Throws("Error: x")),
    ("throw 'text'", Throws("text")),
    (
        "if (!input.x) { throw new TypeError('x is missing') }",
        Throws("TypeError: x is missing"),
    ),
    (
        "await Promise.reject(new Error('late'))",
        Throws("Error: late"),
    ),
    (
        "missing.property",
        Throws("ReferenceError: missing is not defined"),
    ),
    (
        "missing()",
        Throws("ReferenceError: missing is not defined"),
    ),
];
