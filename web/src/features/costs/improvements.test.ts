import { expect, it } from "vitest";
import { aCostRow, aFunction, pricing } from "../../../tests/samples";
import { improvements } from "./improvements";

const parts = { baseCost: 0.0062, coldStartCost: 0.0038, retryCost: 0, dataTransferCost: 0 };

it("says which share of a function's cost is cold starts, and what that is", () => {
  const [found] = improvements([aCostRow({ costBreakdown: parts })], [aFunction()], pricing);
  expect(found?.finding).toBe("38% of this function's cost is cold starts.");
  expect(found?.saving).toBe(0.0038);
});

it("names code that is only a little too long for a cheaper tier", () => {
  const row = aCostRow({ tier: "standard" });
  const found = (length: number) => improvements([row], [aFunction({ tier: "standard", code: "x".repeat(length) })], pricing);
  expect(found(112)[0]?.finding).toBe("Its code is 12 characters too long for Basic.");
  expect(found(112)[0]?.saving).toBeCloseTo(0.01 * (2 / 3), 9);
  expect(found(131)).toEqual([]);
});

it("names a timeout that alone makes a function dearer", () => {
  const fn = aFunction({ tier: "premium", code: "x".repeat(200), config: { timeout: 90_000, retryCount: 3, concurrency: null } });
  const [found] = improvements([aCostRow({ tier: "premium" })], [fn], pricing);
  expect(found?.finding).toContain("timeout of 1 min 30 s");
  expect(found?.advice).toContain("60 s it would be in Standard");
});

it("names runs that end just past a whole 100 ms", () => {
  const [found] = improvements([aCostRow({ averageDuration: 212 })], [aFunction()], pricing);
  expect(found?.finding).toBe("An average run of 212 ms is billed as 300 ms.");
  expect(found?.saving).toBeCloseTo(0.01 / 3, 9);
});

it("says nothing of what is deleted, of trifles, and of what is cheap already", () => {
  expect(improvements([aCostRow({ costBreakdown: parts })], [], pricing)).toEqual([]);
  expect(improvements([aCostRow({ costBreakdown: { ...parts, coldStartCost: 0.0004 } })], [aFunction()], pricing)).toEqual([]);
  expect(improvements([aCostRow({ totalCost: 0 })], [aFunction()], pricing)).toEqual([]);
});

it("has the dearest first, and not more than asked for", () => {
  const rows = [1, 3, 2].map((size) => aCostRow({ _id: `f${size}`, totalCost: size, costBreakdown: { ...parts, coldStartCost: size * 0.5 } }));
  const fns = [1, 2, 3].map((size) => aFunction({ _id: `f${size}` }));
  expect(improvements(rows, fns, pricing, 2).map(({ functionId }) => functionId)).toEqual(["f3", "f2"]);
});
