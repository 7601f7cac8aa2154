import { expect, it } from "vitest";
import { aFunction } from "../../../tests/samples";
import { changeOf, checkAmount, checkEntries, entriesOf, newEntry, type Entry } from "./environment";

const SET = "2026-01-31T12:00:00.000Z";
const config = { ...aFunction().config, env: { A: "1", B: "2" }, secrets: [{ name: "KEY", setAt: SET }] };
const entry = (secret: boolean, name: string, value: string): Entry => ({ ...newEntry(secret), name, value });
const errorsOf = (...entries: Entry[]) => [...checkEntries(entries).values()];

it("sends nothing of what stays as it is", () => {
  expect(changeOf(entriesOf(config), config)).toEqual({});
  expect(changeOf([], null)).toEqual({});
  expect(changeOf([newEntry(false), newEntry(true)], null)).toEqual({});
});

it("sends what was set, and null for what is gone", () => {
  const [a, , key] = entriesOf(config);
  if (!a || !key) throw new Error("they are missing");
  const entries = [{ ...a, value: "one" }, { ...key, value: "new" }, entry(false, "C", ""), entry(true, "D", "4")];
  expect(changeOf(entries, config)).toEqual({ env: { A: "one", B: null, C: "" }, secrets: { KEY: "new", D: "4" } });
  expect(changeOf([], config)).toEqual({ env: { A: null, B: null }, secrets: { KEY: null } });
});

it("moves a name from one side to the other", () => {
  const entries = [entry(true, "A", "hidden"), entry(false, "KEY", "shown")];
  expect(changeOf(entries, config)).toEqual({ env: { A: null, B: null, KEY: "shown" }, secrets: { A: "hidden", KEY: null } });
});

it("keeps names that mean something to objects", () => {
  const change = changeOf([entry(false, "__proto__", "x")], null);
  expect(JSON.stringify(change)).toBe('{"env":{"__proto__":"x"}}');
});

it("says of each line what is wrong with it", () => {
  expect(errorsOf(...entriesOf(config), entry(false, "_a1", ""), newEntry(true))).toEqual([]);
  expect(errorsOf(entry(false, "x".repeat(128), ""))).toEqual([]);
  for (const bad of ["1A", "A-B", "A B", "ä", "x".repeat(129)]) {
    expect(errorsOf(entry(false, bad, "")), bad).toEqual([{ name: expect.stringMatching(/no digit first/) }]);
  }
  expect(errorsOf(entry(false, "", "1"))).toEqual([{ name: "It needs a name." }]);
  expect(errorsOf(entry(true, "A", ""))).toEqual([{ value: "A secret needs a value." }]);
  expect(errorsOf(entry(false, "A", "1"), entry(true, "A", "2"))).toEqual([{ name: "This name is there already." }]);
});

it("counts lines and bytes over variables and secrets together", () => {
  const many = Array.from({ length: 100 }, (_, n) => entry(n % 2 === 0, `A${n}`, "x"));
  expect(checkAmount(many)).toBeNull();
  expect(checkAmount([...many, entry(false, "B", "")])).toMatch(/101.*at most 100/);
  expect(checkAmount([entry(false, "AB", "ü".repeat(32_767))])).toBeNull();
  expect(checkAmount([entry(false, "ABC", "ü".repeat(32_767))])).toMatch(/65537 bytes.*65536/);
});
