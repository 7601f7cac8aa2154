//! Syntax errors.

use super::Is::RefusedAt;
use super::Snippet;

/// Syntax errors.
pub(super) const ERRORS: &[Snippet] = &[
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
        RefusedAt(1, 8, "does not end on its line"),
    ),
    (
        "return `unclosed",
        RefusedAt(1, 8, "does not end on its line"),
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
