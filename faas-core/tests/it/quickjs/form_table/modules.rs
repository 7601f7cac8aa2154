//! ES modules, and what other systems have and this one has not.

use super::Is::{Json, Refused, RefusedAt, Throws};
use super::Snippet;

/// ES modules.
pub(super) const MODULES: &[Snippet] = &[
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
        "export default () => import.meta.url",
        Json("\"file:///function.js\""),
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
        "const app = { async fetch() { return 1 } }; export default { handler: app.fetch }",
        Json("1"),
    ),
    (
        "export default { scheduled() {}, queue() {} }",
        RefusedAt(1, 16, "only scheduled, queue"),
    ),
    ("export default {}", RefusedAt(1, 16, "has no handler")),
    (
        "export const add = (input) => input.a",
        Refused("no handler, only add"),
    ),
    ("export {}", Refused("no handler: export a function")),
    ("export default 1;\nexport default 2;", RefusedAt(2, 16, "")),
    ("export { nope }", RefusedAt(1, 10, "'nope' does not exist")),
    (
        "export default () => 1\nreturn 1",
        RefusedAt(2, 1, "return not in a function"),
    ),
];

/// What other systems have and this one has not.
pub(super) const ELSEWHERE: &[Snippet] = &[
    (
        "import x from \"y\"",
        RefusedAt(1, 15, "the package \"y\" is not part of the upload. Bundle"),
    ),
    (
        "import axios from 'axios'\nexport default () => 1",
        RefusedAt(1, 19, "npx esbuild"),
    ),
    (
        "const a = 1\nimport { x } from './x.js'\nexport default () => x",
        RefusedAt(2, 19, "there is no file for \"./x.js\""),
    ),
    (
        "import 'side-effect'; function f() {}",
        RefusedAt(1, 8, "side-effect"),
    ),
    (
        "import * as x from 'x'; return 1",
        RefusedAt(1, 25, "return from an exported function"),
    ),
    (
        "export * from 'https://esm.sh/x'; export default () => 1",
        RefusedAt(1, 15, "is a URL"),
    ),
    (
        "export { handler } from './other.js'",
        RefusedAt(1, 25, "there is no file"),
    ),
    (
        "const axios = require('axios'); return 1",
        Throws(
            "Error: cannot find module 'axios': the package \"axios\" is not part of the upload",
        ),
    ),
    ("return process.env.HOME", Json("null")),
    ("return Buffer.from('x').toString('hex')", Json(r#""78""#)),
    (
        "return await fetch('https://example.com')",
        Throws("TypeError: fetch failed: no network is configured"),
    ),
    (
        "return event.name",
        Throws("ReferenceError: event is not defined: the input is `input`"),
    ),
];

/// TypeScript and JSX that the text itself shows to be such.
pub(super) const TYPESCRIPT: &[Snippet] = &[
    ("const x: number = 1; return x", Json("1")),
    ("interface Input { a: number }\nreturn input.a", Json("2")),
    (
        "type Input = { a: number };\nexport default (input: Input) => input.a",
        Json("2"),
    ),
    (
        "function add(input: { a: number; b: number }): number { return input.a + input.b }",
        Json("5"),
    ),
    ("(input: { a: number }): number => input.a", Json("2")),
    ("return input as any", Json(super::INPUT)),
    ("return input!.a", Json("2")),
    ("return (input satisfies object).a", Json("2")),
    ("return (<any>input).a", Json("2")),
    (
        "enum Color { Red, Green = 5, Blue }\nreturn Color.Blue",
        Json("6"),
    ),
    (
        "const enum Size { S = 1, L = S << 4 }\nreturn Size.L",
        Json("16"),
    ),
    (
        "namespace Shapes { export const sides = 4; export namespace Deep { export const x = 7 } }\n\
         export default () => [Shapes.sides, Shapes.Deep.x]",
        Json("[4,7]"),
    ),
    (
        "import type { Handler } from 'aws-lambda';\nexport const handler: Handler = async () => 1",
        Json("1"),
    ),
    (
        "import { type Handler, Context } from 'aws-lambda';\n\
         export const handler: Handler = async (event: any, context: Context) => event.a",
        Json("2"),
    ),
    (
        "class A { constructor(private x: string, readonly y = 2) {} get both() { return this.x + this.y } }\n\
         return new A('a').both",
        Json("\"a2\""),
    ),
    (
        "abstract class A<T> { abstract f(): T; g?: T; declare h: T }\n\
         class B extends A<number> implements Object { override f() { return 3 } }\nreturn new B().f()",
        Json("3"),
    ),
    ("const f = <T,>(x: T): T => x; return f(1)", Json("1")),
    (
        "function f(a: string): string; function f(a: number): number; function f(a: any) { return a }\n\
         export { f as handler }; declare const x: number;",
        Json(super::INPUT),
    ),
    (
        "function seen(target: any, key: string, d: PropertyDescriptor) { const f = d.value; d.value = () => ['seen', f()] }\n\
         class A { @seen run() { return 1 } }\nexport default () => new A().run()",
        Json("[\"seen\",1]"),
    ),
    (
        "const mark = (name) => (made) => { made.mark = name };\n@mark('x') class A {}\nreturn A.mark",
        Json("\"x\""),
    ),
    (
        "const React = { createElement: (...all) => all };\nreturn <div id=\"a\">{input.name}</div>",
        Json(r#"["div",{"id":"a"},"Ada"]"#),
    ),
    (
        "/** @jsx h */\nconst h = (...all: unknown[]) => all;\nexport default () => <b>Hi</b>",
        Json(r#"["b",null,"Hi"]"#),
    ),
    (
        "exports.handler = async (event: { a: number }) => event.a",
        Json("2"),
    ),
    (
        "const x: number = 1;\nlet y: string = ;\nreturn x",
        RefusedAt(2, 17, "Unexpected token"),
    ),
    (
        "const x: number = 1\nconst x: string = ''\nreturn x",
        RefusedAt(1, 7, "already been declared"),
    ),
    (
        "const a: number = 1;\nexport const b = a",
        Refused("no handler, only b"),
    ),
    (
        "type A = string;\n\nexport default {} as A",
        RefusedAt(3, 16, "has no handler"),
    ),
];
