//! Code as people write it, and what becomes of each piece: its result, its failure, or why it is
//! refused.

use faas_core::model::{FailureKind, FunctionId};
use faas_core::runtime::Runtime;
use serde_json::Value;

use super::rig::Rig;

/// The input of every snippet.
const INPUT: &str = r#"{"a":2,"b":3,"n":5,"name":"Ada","items":[1,2,3],"nested":{"x":{"y":1}}}"#;

/// What becomes of a snippet.
enum Is {
    /// It returns this JSON.
    Json(&'static str),
    /// It writes these lines, and returns null.
    Logged(&'static [&'static str]),
    /// It fails; the message begins so.
    Throws(&'static str),
    /// It is refused at this line and column; the message contains this.
    RefusedAt(u32, u32, &'static str),
    /// It is refused as a whole; the message contains this.
    Refused(&'static str),
}
use Is::{Json, Logged, Refused, RefusedAt, Throws};

/// Bodies that return.
const BODIES: &[(&str, Is)] = &[
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
        Json(r#""undefinedundefinedundefinedundefined""#),
    ),
    (
        "const fs = typeof require === 'function' ? require('fs') : null; return fs",
        Json("null"),
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

/// Names that a body declares although they are there.
const SHADOWS: &[(&str, Is)] = &[
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
const WITHOUT_RETURN: &[(&str, Is)] = &[
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

/// A lone expression.
const EXPRESSIONS: &[(&str, Is)] = &[
    ("(input) => input.a", Json("2")),
    ("(input) => input.a;", Json("2")),
    ("input => input.a", Json("2")),
    ("async (input) => input.a", Json("2")),
    ("async (input) => { await null; return input.a }", Json("2")),
    ("({ a, b }) => a + b", Json("5")),
    ("() => input.a", Json("2")),
    ("() => {}", Json("null")),
    ("(input, context) => context.attempt", Json("2")),
    ("(_, c) => String(c) === c.instanceId", Json("true")),
    ("(function (input) { return input.a })", Json("2")),
    (
        "(function add(input) { return input.a + input.b });",
        Json("5"),
    ),
    ("(async function (input) { return input.a })", Json("2")),
    ("((input) => input.a)", Json("2")),
    ("// adds\n(input) =>\n  input.a // done\n", Json("2")),
    ("/* é */ (input) => input.a", Json("2")),
    (
        "\"use strict\";\n(input) => { return (function () { return this === undefined })() }",
        Json("true"),
    ),
    ("(() => (input) => input.a)()", Json("2")),
    (
        "(() => { const k = 10; return (input) => input.a * k })()",
        Json("20"),
    ),
    (
        "(function () { return async function (input) { return input.b } })()",
        Json("3"),
    ),
    ("(() => (input) => input.a)();", Json("2")),
    ("await (async () => (input) => input.a)()", Json("2")),
    (
        "Function.prototype.bind.call((x, input) => x + input.a, null, 1)",
        Json("3"),
    ),
    ("(() => 5)()", Json("null")),
    ("(() => ({ handler: () => 1 }))()", Json("null")),
    ("(async () => 5)()", Json("null")),
    (
        "(input) => { throw new RangeError('no') }",
        Throws("RangeError: no"),
    ),
    ("(input) => instanceId", Json(r#""i-7""#)),
    (
        "(input) => (x) => x",
        Throws("TypeError: the result is not JSON: it is a function"),
    ),
    (
        "(input) => input.a\nconsole.log('and more')",
        Logged(&["and more"]),
    ),
    ("(input) => input.a)", RefusedAt(1, 19, "expecting ';'")),
    (
        "(input) => input.a }, (function () {",
        RefusedAt(1, 37, "unexpected end of the code"),
    ),
];

/// Declarations.
const DECLARATIONS: &[(&str, Is)] = &[
    (
        "function add(input) { return input.a + input.b }",
        Json("5"),
    ),
    (
        "async function add(input) { return input.a + input.b }",
        Json("5"),
    ),
    ("const add = (input) => input.a + input.b", Json("5")),
    (
        "const add = async function (input) { await null; return input.a + input.b };",
        Json("5"),
    ),
    ("var add = ({ a, b }) => a + b", Json("5")),
    (
        "'use strict';\nfunction add(input) { return this === undefined }",
        Json("true"),
    ),
    (
        "const K = 10;\nclass Scale { static by(x) { return x * K } }\nfunction scale(input) { return Scale.by(input.a) }",
        Json("20"),
    ),
    (
        "function helper(x) { return x * 2 }\nfunction handler(input) { return helper(input.a) }",
        Json("4"),
    ),
    (
        "function helper(x) { return x * 2 }\nfunction main(input) { return helper(input.b) }",
        Json("6"),
    ),
    (
        "const helper = (x) => x; const handler = async (input) => helper(input.a)",
        Json("2"),
    ),
    (
        "function main() { return 'main' }\nconst handler = () => 'handler'",
        Json(r#""handler""#),
    ),
    (
        "const wrap = f => input => f(input) + 1; const handler = wrap(input => input.a)",
        Json("3"),
    ),
    (
        "const handler = 5; function f() { return 'f' }",
        Json(r#""f""#),
    ),
    (
        "let calls = 0; function count() { return ++calls }",
        Json("1"),
    ),
    ("const input = 7; function f() { return input }", Json("7")),
    (
        "const base = await Promise.resolve(40); const f = (input) => base + input.a",
        Json("42"),
    ),
    (
        "function f(input, context) { return context.functionName }",
        Json(r#""adder""#),
    ),
    ("function f() { return arguments.length }", Json("2")),
    (
        "function f(a, b, c = 'unset') { return c }",
        Json(r#""unset""#),
    ),
    (
        "function f() { return typeof instanceId }",
        Json(r#""undefined""#),
    ),
    (
        "function f() {}\nfunction f(input) { return input.a }",
        Json("2"),
    ),
    ("function f(input) { return input.a } // last", Json("2")),
    (
        "function helper(x) { return x }\nfunction process(i) { return helper(i) }",
        Refused("helper, process: name it `handler`"),
    ),
    (
        "const a = () => 1, b = () => 2",
        Refused("a, b: name it `handler`"),
    ),
    (
        "const handler = undefined_function(1)",
        Throws("ReferenceError: undefined_function is not defined"),
    ),
    (
        "const handler = { a: 1 }.a",
        Throws("TypeError: there is no function to call"),
    ),
    (
        "const x = input.a; function f() { return x }",
        Throws("ReferenceError: input is not defined: the input is the first argument"),
    ),
];

/// CommonJS.
const COMMON_JS: &[(&str, Is)] = &[
    ("exports.handler = (input) => input.a", Json("2")),
    (
        "exports.handler = async (event, context) => { return { statusCode: 200, body: event.name } };",
        Json(r#"{"statusCode":200,"body":"Ada"}"#),
    ),
    ("module.exports = (input) => input.a", Json("2")),
    (
        "module.exports = async function (input) { return input.b }",
        Json("3"),
    ),
    (
        "module.exports = { handler: (input) => input.a }",
        Json("2"),
    ),
    (
        "function add(input) { return input.a + input.b }\nmodule.exports = { handler: add }",
        Json("5"),
    ),
    (
        "const handler = (input) => input.a;\nmodule.exports = { handler };",
        Json("2"),
    ),
    ("module.exports.handler = (input) => input.a", Json("2")),
    ("exports = module.exports = (input) => input.a", Json("2")),
    (
        "'use strict';\nObject.defineProperty(exports, '__esModule', { value: true });\nexports.handler = void 0;\nconst handler = (input) => input.a;\nexports.handler = handler;",
        Json("2"),
    ),
    ("exports.default = (input) => input.a", Json("2")),
    ("exports.main = (input) => input.a", Json("2")),
    (
        "module.exports = { factor: 10, handler(input) { return this.factor * input.a } }",
        Json("20"),
    ),
    (
        "var __defProp = Object.defineProperty; __defProp(exports, 'handler', { get: () => (input) => input.a, enumerable: true });",
        Json("2"),
    ),
    (
        "class Handler {}\nmodule.exports = Object.assign((input) => input.a, { Handler })",
        Json("2"),
    ),
    (
        "if (typeof module !== 'undefined') { module.exports = { handler: (input) => input.a } }",
        Json("2"),
    ),
    (
        "if (!exports) return;\nexports.handler = (input) => input.a",
        Json("2"),
    ),
    ("exports.handler = () => this === undefined", Json("false")),
    ("const input = 1; exports.handler = () => input", Json("1")),
    (
        "const module = 1; exports.handler = () => module",
        Json("1"),
    ),
    (
        "const exports = {}; exports.a = 1; return exports",
        Json(r#"{"a":1}"#),
    ),
    (
        "exports.helper = () => 1",
        Refused("no handler, only helper"),
    ),
    (
        "module.exports = { add, subtract }",
        Refused("no handler, only add, subtract"),
    ),
    ("module.exports = {}", Refused("no handler")),
    (
        "module.exports = compute(1)",
        Throws("ReferenceError: compute is not defined"),
    ),
    (
        "module.exports = Math.PI",
        Throws("TypeError: there is no function to call"),
    ),
    (
        "const _ = require('lodash');\nexports.handler = (input) => _.sum(input.items)",
        Throws("ReferenceError: require is not defined: modules are not supported yet"),
    ),
];

/// ES modules.
const MODULES: &[(&str, Is)] = &[
    ("export default (input) => input.a", Json("2")),
    (
        "export default function (input) { return input.a }",
        Json("2"),
    ),
    (
        "export default async function add(input) { return input.a + input.b }",
        Json("5"),
    ),
    (
        "export const handler = async (event) => event.name",
        Json(r#""Ada""#),
    ),
    (
        "export async function handler(input) { return input.a }",
        Json("2"),
    ),
    (
        "const f = (input) => input.a;\nexport { f as handler }",
        Json("2"),
    ),
    ("export function main(input) { return input.a }", Json("2")),
    (
        "export const main = () => 'main'; export const handler = () => 'handler'",
        Json(r#""handler""#),
    ),
    (
        "export default () => 'default'; export const handler = () => 'handler'",
        Json(r#""default""#),
    ),
    (
        "export default { factor: 10, handler(input) { return this.factor * input.a } }",
        Json("20"),
    ),
    ("const input = 5; export default () => input", Json("5")),
    (
        "const one = await Promise.resolve(1); export default (input) => input.a + one",
        Json("3"),
    ),
    ("export default () => this === undefined", Json("true")),
    (
        "export default () => import.meta.url === undefined",
        Json("true"),
    ),
    ("\u{feff}export default () => 1", Json("1")),
    ("#!/usr/bin/env node\nexport default () => 1", Json("1")),
    (
        "export default 42",
        Throws(
            "TypeError: there is no function to call: what is named or exported as the handler is 42",
        ),
    ),
    (
        "const app = { fetch() {} }; export default app",
        Throws(
            "TypeError: there is no function to call: an object with fetch is not supported yet",
        ),
    ),
    (
        "export default { async fetch(request) { return new Response('x') } }",
        RefusedAt(
            1,
            16,
            "an object with fetch is not supported yet: export a function",
        ),
    ),
    (
        "export default { fetch() {}, scheduled() {} }",
        RefusedAt(1, 16, "fetch, scheduled"),
    ),
    ("export default {}", RefusedAt(1, 16, "has no handler")),
    (
        "export async function GET(request) { return 1 }",
        Refused("HTTP methods are not supported yet"),
    ),
    (
        "export const add = (input) => input.a",
        Refused("no handler, only add"),
    ),
    ("export {}", Refused("no handler")),
    ("export default 1;\nexport default 2;", RefusedAt(2, 17, "")),
    ("export { nope }", RefusedAt(1, 10, "'nope' does not exist")),
    (
        "export default () => 1\nreturn 1",
        RefusedAt(2, 1, "return not in a function"),
    ),
];

/// What other systems have and this one has not.
const ELSEWHERE: &[(&str, Is)] = &[
    (
        "import x from \"y\"",
        RefusedAt(1, 1, "imports are not supported yet: bundle"),
    ),
    (
        "import fs from 'fs'\nexport default () => 1",
        RefusedAt(1, 1, "imports are not supported yet"),
    ),
    (
        "const a = 1\nimport { x } from './x.js'\nreturn x",
        RefusedAt(2, 1, "imports are not supported yet"),
    ),
    (
        "import 'side-effect'; function f() {}",
        RefusedAt(1, 1, "imports are not supported yet"),
    ),
    (
        "import * as x from 'x'; return 1",
        RefusedAt(1, 1, "imports are not supported yet"),
    ),
    (
        "export * from 'x'; export default () => 1",
        RefusedAt(1, 1, "imports are not supported yet"),
    ),
    (
        "export { handler } from './other.js'",
        RefusedAt(1, 1, "imports are not supported yet"),
    ),
    (
        "const fs = require('fs'); return 1",
        Throws("ReferenceError: require is not defined: modules are not supported yet"),
    ),
    (
        "return process.env.HOME",
        Throws(
            "ReferenceError: process is not defined: read environment variables from `context.env`",
        ),
    ),
    (
        "return Buffer.from('x')",
        Throws("ReferenceError: Buffer is not defined: use `Uint8Array`"),
    ),
    (
        "return await fetch('https://example.com')",
        Throws("ReferenceError: fetch is not defined: network requests are not supported yet"),
    ),
    (
        "return event.name",
        Throws("ReferenceError: event is not defined: the input is `input`"),
    ),
    (
        "const x: number = 1; return x",
        RefusedAt(
            1,
            8,
            "TypeScript syntax is not supported yet: compile it to JavaScript first",
        ),
    ),
    (
        "interface Input { a: number }\nreturn input.a",
        RefusedAt(1, 11, "TypeScript"),
    ),
    (
        "type Input = { a: number };\nexport default (input: Input) => input.a",
        RefusedAt(1, 6, "TypeScript"),
    ),
    (
        "function add(input: { a: number }): number { return input.a }",
        RefusedAt(1, 19, "TypeScript"),
    ),
    ("return input as any", RefusedAt(1, 14, "TypeScript")),
    ("return input!.a", RefusedAt(1, 13, "TypeScript")),
    (
        "enum Color { Red }\nreturn Color.Red",
        RefusedAt(1, 1, "TypeScript"),
    ),
    (
        "import type { Handler } from 'aws-lambda';\nexport const handler: Handler = async () => 1",
        RefusedAt(1, 13, "TypeScript"),
    ),
    (
        "class A { private x: string = '' }\nreturn 1",
        RefusedAt(1, 19, "TypeScript"),
    ),
    (
        "const f = <T,>(x: T): T => x; return f(1)",
        RefusedAt(1, 11, "TypeScript"),
    ),
    (
        "return <div>{input.name}</div>",
        RefusedAt(1, 8, "JSX is not supported yet"),
    ),
    ("export default () => <h1>Hi</h1>", RefusedAt(1, 22, "JSX")),
    (
        "const x: string = ''; return <b>{x}</b>",
        RefusedAt(1, 8, "TypeScript"),
    ),
    (
        "@decorated class A {}\nreturn 1",
        RefusedAt(1, 1, "decorators are not supported yet"),
    ),
];

/// Syntax errors.
const ERRORS: &[(&str, Is)] = &[
    (
        "return input.a +",
        RefusedAt(1, 17, "unexpected end of the code"),
    ),
    ("const a = 1\nreturn a b", RefusedAt(2, 10, "expecting ';'")),
    ("retrun input.a", RefusedAt(1, 8, "expecting ';'")),
    ("return (1", RefusedAt(1, 10, "unexpected end of the code")),
    ("return 1)", RefusedAt(1, 9, "")),
    (
        "return {a: 1",
        RefusedAt(1, 13, "unexpected end of the code"),
    ),
    (
        "if (input) {\n  return 1",
        RefusedAt(2, 11, "unexpected end of the code"),
    ),
    (
        "return 'unclosed",
        RefusedAt(1, 8, "unexpected end of string"),
    ),
    (
        "return `unclosed",
        RefusedAt(1, 8, "unexpected end of string"),
    ),
    (
        "return 1 /* unclosed",
        RefusedAt(1, 10, "unexpected end of comment"),
    ),
    (
        "let a = 1\nlet a = 2\nreturn a",
        RefusedAt(2, 7, "invalid redefinition"),
    ),
    (
        "const input = 1; const input = 2",
        RefusedAt(1, 30, "invalid redefinition"),
    ),
    ("let a; var a;", RefusedAt(1, 13, "invalid redefinition")),
    ("const x;", RefusedAt(1, 8, "missing initializer")),
    (
        "return /(/",
        RefusedAt(1, 8, "invalid regular expression: expecting ')'"),
    ),
    (
        "const ok = /a/g;\nreturn /[b-a]/u.test(input.name)",
        RefusedAt(2, 8, "invalid regular expression: invalid class range"),
    ),
    (
        "return /a/gg",
        RefusedAt(1, 8, "invalid regular expression flags"),
    ),
    (
        "return 'é' + /a\\u{110000}/u.source",
        RefusedAt(1, 14, "invalid escape sequence in regular expression"),
    ),
    (
        "function f(x) {\n  return x.replace(/*, 'a')\n}",
        RefusedAt(2, 20, "unexpected end of comment"),
    ),
    (
        "export default () => /[/]é(/",
        RefusedAt(1, 22, "invalid regular expression"),
    ),
    (
        "const a = 1, b = /**/ /+/, c = 3",
        RefusedAt(1, 23, "invalid regular expression"),
    ),
    (
        "return /(?<a>x)(?<a>y)/",
        RefusedAt(1, 8, "invalid regular expression"),
    ),
    (
        "break",
        RefusedAt(1, 6, "break must be inside loop or switch"),
    ),
    ("continue;", RefusedAt(1, 9, "continue must be inside loop")),
    ("yield 1", RefusedAt(1, 7, "expecting ';'")),
    (
        "super.x()",
        RefusedAt(1, 6, "'super' is only valid in a method"),
    ),
    (
        "input.items.forEach(x => { await x })",
        RefusedAt(1, 28, "`await` is allowed in an async function only"),
    ),
    (
        "function f() {\n  await g()\n}",
        RefusedAt(2, 3, "`await` is allowed in an async function only"),
    ),
    (
        "input.items.map(x => await x)",
        RefusedAt(1, 22, "`await` is allowed in an async function only"),
    ),
    (
        "import.meta.url",
        RefusedAt(1, 8, "import.meta only valid in module code"),
    ),
    ("'use strict'; with (input) {}", RefusedAt(1, 15, "with")),
    (
        "function (input) { return input.a }",
        RefusedAt(1, 10, "function name expected"),
    ),
    ("x.#y", RefusedAt(1, 3, "undefined private field '#y'")),
    (
        "1 = 2",
        RefusedAt(1, 5, "invalid assignment left-hand side"),
    ),
    ("return 1 }", RefusedAt(1, 11, "bracket")),
    (
        "return }; hax(); function x(){",
        RefusedAt(1, 9, "Unexpected token ';'"),
    ),
    ("return }); hax(); (function (){", RefusedAt(1, 8, "")),
    ("return }, hax(), function (){", RefusedAt(1, 8, "")),
    (
        "return 1 })\n(function () {",
        RefusedAt(1, 10, "a bracket is closed that was never opened"),
    ),
    (
        "return 1 }, hax(), function () {",
        RefusedAt(1, 10, "a bracket is closed that was never opened"),
    ),
    (
        "} function f() {} {",
        RefusedAt(1, 3, "Unexpected token 'function'"),
    ),
    ("\u{feff}retrn 1 2", RefusedAt(1, 7, "expecting ';'")),
    (
        "#!/usr/bin/env node\nreturn 1 2",
        RefusedAt(2, 10, "expecting ';'"),
    ),
    ("// old\rreturn 1 2", RefusedAt(2, 10, "expecting ';'")),
    ("a\r\nreturn 1 2", RefusedAt(2, 10, "expecting ';'")),
    ("// a\u{2028}b c", RefusedAt(1, 8, "expecting ';'")),
];

fn check(snippets: &[(&str, Is)]) {
    let rig = Rig::new();
    let mut wrong = Vec::new();
    for (source, expected) in snippets {
        let program = match (rig.quickjs_compile(source), expected) {
            (Ok(program), Json(_) | Logged(_) | Throws(_)) => program,
            (Err(error), RefusedAt(line, column, message))
                if (error.line, error.column) == (Some(*line), Some(*column))
                    && error.message.contains(message)
                    && error
                        .message
                        .contains(&format!("at line {line}, column {column}: ")) =>
            {
                continue;
            }
            (Err(error), Refused(message))
                if error.message.contains(message) && error.line.is_none() =>
            {
                continue;
            }
            (Ok(_), _) => {
                wrong.push(format!("{source:?} is accepted"));
                continue;
            }
            (Err(error), _) => {
                wrong.push(format!("{source:?} is refused: {error}"));
                continue;
            }
        };
        let id = FunctionId::from_u128(fastrand::u128(..));
        let outcome = rig.call(id, &program, INPUT);
        let lines: Vec<&str> = outcome.logs.iter().map(|line| &*line.message).collect();
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let is_right = match (&outcome.result, expected) {
            (Ok(output), Json(json)) => value(output.as_str()) == value(json),
            (Ok(output), Logged(expected)) => output.as_str() == "null" && lines == *expected,
            (Err(failure), Throws(message)) => {
                failure.kind == FailureKind::UserError && failure.message.starts_with(message)
            }
            _ => false,
        };
        if !is_right {
            wrong.push(format!(
                "{source:?} gives {:?} and logs {lines:?}",
                outcome.result
            ));
        }
        rig.quickjs.forget(id);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_body_is_read_as_the_body_of_an_async_function() {
    check(BODIES);
}

#[test]
fn what_a_body_declares_shadows_its_parameters() {
    check(SHADOWS);
}

#[test]
fn a_body_need_not_return() {
    check(WITHOUT_RETURN);
}

#[test]
fn a_lone_expression_that_is_a_function_is_the_handler() {
    check(EXPRESSIONS);
}

#[test]
fn of_declarations_handler_is_called_else_main_else_the_only_function() {
    check(DECLARATIONS);
}

#[test]
fn common_js_exports_its_handler() {
    check(COMMON_JS);
}

#[test]
fn an_es_module_exports_its_handler() {
    check(MODULES);
}

#[test]
fn what_is_missing_here_is_named_with_what_to_do() {
    check(ELSEWHERE);
}

#[test]
fn a_syntax_error_has_its_line_and_column() {
    check(ERRORS);
}
