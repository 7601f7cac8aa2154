import { expect, it } from "vitest";
import { findSyntaxError } from "./syntaxCheck";

it.each([
  ["a body", "const { a } = input;\nreturn a + 1"],
  ["a body that awaits", "return await Promise.resolve(input)"],
  ["a body that declares input anew", "var input = 5; return input"],
  ["a body without return", "throw new Error('x')"],
  ["only comments", "// nothing"],
  ["nothing", ""],
  ["an arrow function", "(input) => input.a"],
  ["an async arrow function", "async (input) => { await 1; return input.a }"],
  ["a function without a name", "function (input) { return input }"],
  ["a declaration", "function handler(input) { return 1 }"],
  ["CommonJS", "exports.handler = async (input) => input"],
  ["a module", 'import x from "y";\nexport default { fetch() { return new Response("x") } }'],
  ["sloppy code", "with (input) { return a }"],
  ["TypeScript", "interface A { a: number }\nexport default async (input: A): Promise<number> => input.a satisfies number;"],
  ["TypeScript in a body", "enum Color { Red }\nconst colors: Color[] = [Color.Red];\nreturn await colors!.length as number"],
  ["JSX", "export default (input: { name: string }) => <b className=\"x\">{input.name}</b>"],
  ["an interpreter line", "#!/usr/bin/env node\nreturn 1"],
  ["a byte order mark", "\uFEFFreturn 1"],
  ["deeply nested code", `return ${"[".repeat(50_000)}${"]".repeat(50_000)}`],
])("accepts %s", (_, code) => expect(findSyntaxError(code)).toBeNull());

it("reports the line and column of a syntax error", () => {
  expect(findSyntaxError("const a = 1;\nconst b = 2;\nreturn a +* b;\n")).toEqual({ message: "Unexpected token", line: 3, column: 11 });
  expect(findSyntaxError("return {")).toMatchObject({ line: 1, column: 9 });
});
