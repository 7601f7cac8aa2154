import { expect, it } from "vitest";
import { checkNamespaces, namespacesIn, textOf } from "./namespaces";

it("reads and writes every form of the configuration", () => {
  for (const [text, kv] of [
    ["", null],
    ["own", true],
    ["orders", "orders"],
    ["CACHE=cache, KV=own", { CACHE: "cache", KV: true }],
  ] as const) {
    expect(textOf(kv)).toBe(text);
    expect(namespacesIn(text)).toEqual(kv);
    expect(checkNamespaces(text)).toBeNull();
  }
  expect(namespacesIn(" A = a ,B=own,")).toEqual({ A: "a", B: true });
});

it("says what is wrong with a name", () => {
  expect(checkNamespaces("a b")).toMatch(/a b/);
  expect(checkNamespaces("a, b")).toMatch(/NAME=namespace/);
  expect(checkNamespaces("1A=b")).toMatch(/1A=b/);
  expect(checkNamespaces("x".repeat(65))).toMatch(/Invalid name/);
});
