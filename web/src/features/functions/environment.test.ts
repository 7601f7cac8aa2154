import { expect, it } from "vitest";
import { aFunction } from "../../../tests/samples";
import { changeOf, checkAmount, checkEntries, entriesOf, newEntry, type Entry } from "./environment";

const SET = "2026-01-31T12:00:00.000Z";
const config = { ...aFunction().config, env: { A: "1", B: "2" }, secrets: [{ name: "KEY", setAt: SET }] };
const entry = (secret: boolean, name: string, value: string): Entry => ({ ...newEntry(secret), name, value });
const errorsOf = (...entries: Entry[]) => [...checkEntries(entries).values()];

it("sends no unchanged entry", () => {
  expect(changeOf(entriesOf(config), config)).toEqual({});
  expect(changeOf([], null)).toEqual({});
  expect(changeOf([newEntry(false), newEntry(true)], null)).toEqual({});
});

it("sends changed values, and null for removed names", () => {
  const [a, , key] = entriesOf(config);
  if (!a || !key) throw new Error("entries are missing");
  const entries = [{ ...a, value: "one" }, { ...key, value: "new" }, entry(false, "C", ""), entry(true, "D", "4")];
  expect(changeOf(entries, config)).toEqual({ env: { A: "one", B: null, C: "" }, secrets: { KEY: "new", D: "4" } });
  expect(changeOf([], config)).toEqual({ env: { A: null, B: null }, secrets: { KEY: null } });
});

it("turns a variable into a secret and a secret into a variable", () => {
  const entries = [entry(true, "A", "hidden"), entry(false, "KEY", "shown")];
  expect(changeOf(entries, config)).toEqual({ env: { A: null, B: null, KEY: "shown" }, secrets: { A: "hidden", KEY: null } });
});

it("keeps names that JavaScript objects use themselves", () => {
  const change = changeOf([entry(false, "__proto__", "x")], null);
  expect(JSON.stringify(change)).toBe('{"env":{"__proto__":"x"}}');
});

it("reports the error of each line", () => {
  expect(errorsOf(...entriesOf(config), entry(false, "_a1", ""), newEntry(true))).toEqual([]);
  expect(errorsOf(entry(false, "x".repeat(128), ""))).toEqual([]);
  for (const bad of ["1A", "A-B", "A B", "ä", "x".repeat(129)]) {
    expect(errorsOf(entry(false, bad, "")), bad).toEqual([{ name: expect.stringMatching(/not start with a digit/) }]);
  }
  expect(errorsOf(entry(false, "", "1"))).toEqual([{ name: "Enter a name." }]);
  expect(errorsOf(entry(true, "A", ""))).toEqual([{ value: "Enter a value." }]);
  expect(errorsOf(entry(false, "A", "1"), entry(true, "A", "2"))).toEqual([{ name: "This name is used twice." }]);
});

it("limits the number and the bytes of variables and secrets together", () => {
  const many = Array.from({ length: 100 }, (_, n) => entry(n % 2 === 0, `A${n}`, "x"));
  expect(checkAmount(many)).toBeNull();
  expect(checkAmount([...many, entry(false, "B", "")])).toMatch(/101.*at most 100/);
  expect(checkAmount([entry(false, "AB", "ü".repeat(32_767))])).toBeNull();
  expect(checkAmount([entry(false, "ABC", "ü".repeat(32_767))])).toMatch(/65537 bytes.*65536/);
});
