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
pub(super) const ELSEWHERE: &[Snippet] = &[
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
