//! Code that gives a function: expressions, declarations, CommonJS.

use super::Is::{Json, Logged, Refused, RefusedAt, Throws};
use super::Snippet;

/// A lone expression.
pub(super) const EXPRESSIONS: &[Snippet] = &[
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
pub(super) const DECLARATIONS: &[Snippet] = &[
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

/// A function named `handler` or `main` among other statements.
pub(super) const DECLARED_IN_BODIES: &[Snippet] = &[
    (
        "const seen = []; seen.push('x');\nfunction handler(input) { return seen[0] + input.a }",
        Json("\"x2\""),
    ),
    (
        "async function handler(input) { return input.a }\nconsole.log('loaded')",
        Json("2"),
    ),
    (
        "const main = (input) => input.b;\nif (globalThis.x) { throw new Error('x') }",
        Json("3"),
    ),
    (
        "function main() { return 'main' }\nfunction handler() { return 'handler' }\nvoid 0",
        Json("\"handler\""),
    ),
    (
        "function main() { return handler() }\nfunction handler() { return 'called' }\nvoid 0",
        Json("\"called\""),
    ),
    (
        "// handler: adds\nfunction handler(input) { return input.n ? 1 : handler({ n: 1 }) }\nvoid 0",
        Json("1"),
    ),
    (
        "const name = input.name; void name;\nfunction handler(_, context) { return name + context.attempt }",
        Json("\"Ada2\""),
    ),
    (
        "const input = 7; console.log(input);\nfunction handler(given) { return given.a + input }",
        Json("9"),
    ),
    (
        "const seen = await Promise.resolve(5);\nvoid seen; function handler() { return seen }",
        Json("5"),
    ),
    (
        "throw new Error('x');\nfunction handler() {}",
        Throws("Error: x"),
    ),
    // The code uses the function itself, or its result.
    (
        "function handler() { console.log('once') }\nhandler()",
        Logged(&["once"]),
    ),
    ("function handler() { return 1 }\nreturn 2", Json("2")),
    (
        "function handler() { return 1 }\nif (input.a) { return 2 }",
        Json("2"),
    ),
    ("function other() { return 1 }\nvoid 0", Json("null")),
    ("const handler = 5;\nvoid 0", Json("null")),
];

/// CommonJS.
pub(super) const COMMON_JS: &[Snippet] = &[
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
        Throws("Error: cannot find module 'lodash': the package"),
    ),
];
