import { expect, it } from "vitest";
import { endOf, inOrder, stateOf, summaryOf } from "./lifetime";

const NOW = Date.parse("2026-01-31T14:05:09Z");
const BEFORE = "2026-01-01T00:00:00Z";
const key = (name: string, expiresAt: string | null = null, revokedAt: string | null = null, lastUsedAt: string | null = null) => ({
  name,
  expiresAt,
  revokedAt,
  lastUsedAt,
});

it("computes when a key expires", () => {
  expect(endOf(7, NOW)).toBe("2026-02-07T14:05:09.000Z");
  expect(endOf(0, NOW)).toBeNull();
});

it("lists valid keys before the others, newest first", () => {
  const keys = [key("revoked", null, BEFORE), key("new"), key("expired", BEFORE), key("old")];
  expect(keys.map((each) => stateOf(each, NOW))).toEqual(["revoked", "valid", "expired", "valid"]);
  expect(inOrder(keys, NOW).map(({ name }) => name)).toEqual(["new", "old", "revoked", "expired"]);
});

it("counts the valid keys that were never used", () => {
  expect(summaryOf([key("a", null, null, BEFORE)], NOW)).toBe("1 valid");
  const keys = [key("a"), key("b", null, null, BEFORE), key("c"), key("d", BEFORE), key("e", null, BEFORE)];
  expect(summaryOf(keys, NOW)).toBe("3 valid, 2 of them never used; 1 expired; 1 revoked");
});
