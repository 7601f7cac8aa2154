//! Bodies that return.

use super::INPUT;
use super::Is::{Json, Throws};
use super::Snippet;

/// Bodies that return.
pub(super) const BODIES: &[Snippet] = &[
    ("return input.a + input.b", Json("5")),
    ("return input.a + input.b;", Json("5")),
    ("return { sum: input.a + input.b };", Json(r#"{"sum":5}"#)),
    ("return input", Json(INPUT)),
    ("return", Json("null")),
    ("return undefined", Json("null")),
    ("return null;", Json("null")),
    ("return `Hello, ${input.name}!`", Json(r#""Hello, Ada!""#)),
    (
        "const sum = input.items.reduce((x, y) => x + y, 0);\nreturn sum",
        Json("6"),
    ),
    (
        "let total = 0;\nfor (const item of input.items) total += item;\nreturn total;",
        Json("6"),
    ),
    (
        "if (input.n <= 1) return 1;\nlet r = 1;\nfor (let i = 2; i <= input.n; i++) r *= i;\nreturn r;",
        Json("120"),
    ),
    (
        "function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }\nreturn fib(input.n);",
        Json("5"),
    ),
    (
        "return fib(input.n);\nfunction fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }",
        Json("5"),
    ),
    (
        "const { a, b = 7, ...rest } = input; return a * b",
        Json("6"),
    ),
    (
        "const result = await Promise.resolve(input.a); return result",
        Json("2"),
    ),
    (
        "const [x, y] = await Promise.all([1, Promise.resolve(2)]);\nreturn x + y",
        Json("3"),
    ),
    (
        "await new Promise(resolve => setTimeout(resolve, 1));\nreturn 'slept'",
        Json(r#""slept""#),
    ),
    (
        "for await (const x of [1, Promise.resolve(2)]) { if (x === 2) return x }",
        Json("2"),
    ),
    ("return Promise.resolve(input.a)", Json("2")),
    (
        "return new Promise((resolve) => resolve({ ok: true }))",
        Json(r#"{"ok":true}"#),
    ),
    ("return (async () => input.a)()", Json("2")),
    ("return (() => { return input.a })()", Json("2")),
    (
        "return input.items.map(x => x * 2).filter(Boolean)",
        Json("[2,4,6]"),
    ),
    (
        "return input.missing?.deeper ?? 'default'",
        Json(r#""default""#),
    ),
    (
        "try { JSON.parse('{') } catch (e) { return e.name }",
        Json(r#""SyntaxError""#),
    ),
    (
        "try { return 1 } finally { console.log('done') }",
        Json("1"),
    ),
    (
        "switch (input.name) { case 'Ada': return 'first'; default: return 'other' }",
        Json(r#""first""#),
    ),
    (
        "class Point { #x = 1; get x() { return this.#x } static of() { return new Point() } }\nreturn Point.of().x",
        Json("1"),
    ),
    (
        "outer: for (const x of [1, 2]) { for (;;) { if (x === 1) continue outer; return x } }",
        Json("2"),
    ),
    (
        "return [...input.name].reverse().join('')",
        Json(r#""adA""#),
    ),
    (
        "return /^(?<first>.)/u.exec(input.name).groups.first",
        Json(r#""A""#),
    ),
    (
        "return Number.isInteger(input.n) && input.n > 1",
        Json("true"),
    ),
    ("var x = 1\nvar y = 2\nreturn x + y", Json("3")),
    ("total = 4\nreturn total", Json("4")),
    (
        "return typeof input === 'object' // last line",
        Json("true"),
    ),
    ("return 1 /* last */", Json("1")),
    ("return 1\n\n\n", Json("1")),
    ("\r\n\r\nreturn 1\r\n", Json("1")),
    ("return (\n  input.a\n)", Json("2")),
    ("return\n1", Json("null")),
    ("{ return 1 }", Json("1")),
    ("do { return 1 } while (true)", Json("1")),
    ("with (input) { return a }", Json("2")),
    ("'use strict';\nreturn this === undefined", Json("true")),
    (
        "'use strict'; try { undeclared = 1 } catch (e) { return e.name }",
        Json(r#""ReferenceError""#),
    ),
    ("return arguments[0].a", Json("2")),
    ("return arguments[1].attempt", Json("2")),
    ("return new.target === undefined", Json("true")),
    (
        "return typeof require + typeof process + typeof module + typeof exports",
        Json(r#""functionobjectundefinedundefined""#),
    ),
    (
        "const pg = typeof require === 'function' ? require('pg') : null; return pg",
        Throws("Error: cannot find module 'pg'"),
    ),
    ("return 'a\u{2028}b'.length", Json("3")),
    ("return '// not a comment'", Json(r#""// not a comment""#)),
    ("return 'export default 1'", Json(r#""export default 1""#)),
    (
        "return 'module.exports = 1'",
        Json(r#""module.exports = 1""#),
    ),
    (
        "return '}); escape(); (function () {'",
        Json(r#""}); escape(); (function () {""#),
    ),
    ("return `}${'`'}`", Json(r#""}`""#)),
    ("return /[})]/.source", Json(r#""[})]""#)),
    ("let x = 1 <!-- an HTML comment\nreturn x", Json("1")),
    ("let x = 1\n--> an HTML comment\nreturn x", Json("1")),
    ("using x = null; return 1", Json("1")),
    ("await using x = null; return 1", Json("1")),
    ("return 08 + 010", Json("16")),
    ("return [,1].length", Json("2")),
    ("return \\u0069nput.a", Json("2")),
    ("return await 1 + await 2", Json("3")),
    ("if (true) function f() { return 1 }\nreturn f()", Json("1")),
    (
        "function f() { return 1 }\nfunction f() { return 2 }\nreturn f()",
        Json("2"),
    ),
    (
        "const f = async () => { await null; return 3 }; return f()",
        Json("3"),
    ),
    (
        "return eval",
        Throws("TypeError: the result is not JSON: it is a function"),
    ),
    (
        "return Symbol('x')",
        Throws("TypeError: the result is not JSON: it is a symbol"),
    ),
    (
        "return 1n",
        Throws("TypeError: the result is not JSON: it contains a BigInt"),
    ),
];
