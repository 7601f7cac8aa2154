import { expect, it } from "vitest";
import { aFunction } from "../../../tests/samples";
import type { Alias, Version } from "@/lib/api/types";
import { aliasesOf, liveVersion, textOf } from "./versions";

const movedAt = "2026-01-31T14:05:09.123Z";
const { updatedAt, codeLength, config, tier } = aFunction();
const versions = [8, 7, 6].map((version): Version => ({ version, updatedAt, codeLength, config, tier }));
const split: Alias = { version: 7, weights: { "7": 90, "8": 10 }, movedAt };

it("finds the version that most calls run", () => {
  expect(liveVersion(versions, {})).toBe(8);
  expect(liveVersion(versions, { live: { version: 6, movedAt } })).toBe(6);
  expect(liveVersion(versions, { live: split })).toBe(7);
});

it("lists the aliases of a version with their shares; live follows the newest version", () => {
  expect(aliasesOf(8, 8, {})).toEqual([{ name: "live", percent: 100 }]);
  expect(aliasesOf(7, 8, {})).toEqual([]);
  expect(aliasesOf(8, 8, { live: split })).toEqual([{ name: "live", percent: 10 }]);
  expect(aliasesOf(7, 8, { live: split, old: { version: 7, movedAt } })).toEqual([
    { name: "live", percent: 90 },
    { name: "old", percent: 100 },
  ]);
});

it("makes one text of all files in the order of their paths, and of the settings", () => {
  const text = textOf(aFunction({ modules: { "b.ts": "two", "a.ts": "one" } }));
  expect(text.indexOf("// a.ts\none")).toBeLessThan(text.indexOf("// b.ts\ntwo"));
  expect(text).toContain('"timeout"');
});
