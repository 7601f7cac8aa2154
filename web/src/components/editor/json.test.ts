import { expect, it } from "vitest";
import { whereJsonEnds } from "./jsonPlace";
import { parseJson, prettyJson } from "./json";

it("reads an empty text as an empty object, as the API does", () => expect(parseJson(" \n")).toEqual({ ok: true, value: {} }));

it("reads back any JSON value that it formatted", () => {
  for (const value of [null, 0, "x", [1], { a: { b: false } }]) expect(parseJson(prettyJson(value))).toEqual({ ok: true, value });
});

it("reports the line of a syntax error", () => {
  const parsed = parseJson('{\n  "a": 1,\n  "b": x\n}');
  expect(parsed.ok).toBe(false);
  if (!parsed.ok) {
    expect(parsed.mistake.line).toBe(3);
    expect(parsed.mistake.message).toMatch(/^Invalid JSON: /);
  }
});

it.each([
  ['{"a": 1,}', 8],
  ['{"a" 1}', 5],
  ["[1 2]", 3],
  ["[1, 2", 5],
  ['{"a": tru}', 6],
  ["{a: 1}", 1],
  ["1 2", 2],
  ['"open', 0],
  ['{"a": 01}', 7],
])("%s is invalid JSON from %d on", (text, at) => {
  expect(() => JSON.parse(text) as unknown).toThrow();
  expect(whereJsonEnds(text)).toBe(at);
});

it("finds no error in valid JSON", () => {
  for (const text of ["{}", " [1, -2.5e3, \"a\\u0041\"] ", '{"a": {"b": [null, true, {}]}}']) {
    JSON.parse(text);
    expect(whereJsonEnds(text)).toBe(text.length);
  }
});
