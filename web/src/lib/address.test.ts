import { expect, it } from "vitest";
import { readChoice, readPage, writePage } from "./address";

it("counts pages from 1 in the address", () => {
  expect([null, "", "0", "1", "2", "2.5", "x", "-3"].map(readPage)).toEqual([0, 0, 0, 0, 1, 0, 0, 0]);
  expect([0, 1, 9].map(writePage)).toEqual([null, "2", "10"]);
});

it("falls back to the first choice for an unknown value", () => {
  expect(readChoice("72", [24, 72])).toBe(72);
  expect(readChoice("73", [24, 72])).toBe(24);
  expect(readChoice(null, [24, 72])).toBe(24);
});
