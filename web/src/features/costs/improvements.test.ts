import { describe, expect, it } from "vitest";
import { aCostRow, aFunction, pricing } from "../../../tests/samples";
import type { Fn } from "@/lib/api/types";
import { improvementsOf } from "./improvements";

const kinds = (...args: Parameters<typeof improvementsOf>) => improvementsOf(...args).map(({ kind }) => kind);
const rowOf = (change: Parameters<typeof aCostRow>[0]) => aCostRow({ tier: "standard", ...change, costBreakdown: { baseCost: 0.03, ...change?.costBreakdown } });
const fnOf = (change: Partial<Fn>) => aFunction({ tier: "standard", code: "x".repeat(300), ...change });

describe("improvements", () => {
  it("tell the share of cold starts as it was billed", () => {
    const row = rowOf({ _id: "a", costBreakdown: { baseCost: 0.0031, coldStartCost: 0.0019 } });
    const [found] = improvementsOf([row], [fnOf({ _id: "a" })], pricing);
    expect(found).toMatchObject({ kind: "cold", finding: "38% of this function's cost is cold starts", saving: 0.0019 });
    expect(found?.advice).toContain("38 in 100 executions");
  });

  it("count a retry with the run that it was billed for", () => {
    const row = rowOf({ _id: "a", costBreakdown: { baseCost: 0.045, retryCost: 0.001 } });
    const [found] = improvementsOf([row], [fnOf({ _id: "a" })], pricing);
    expect(found?.kind).toBe("retry");
    expect(found?.saving).toBeCloseTo(50 * (0.00002 + 0.0003), 9);
  });

  it("say that a long timeout buys a tier which short runs do not need", () => {
    const fn = fnOf({ _id: "a", tier: "premium", config: { ...aFunction().config, timeout: 90_000 } });
    const row = rowOf({ _id: "a", tier: "premium", costBreakdown: { baseCost: 0.08 } });
    const [found] = improvementsOf([row], [fn], pricing);
    expect(found).toMatchObject({ kind: "tier", finding: "Its timeout of 1 min 30 s puts it into Premium" });
    expect(found?.saving).toBeCloseTo(0.05, 9);
  });

  it("leave a long timeout alone where runs need it", () => {
    const fn = fnOf({ _id: "a", tier: "premium", config: { ...aFunction().config, timeout: 90_000 } });
    const row = rowOf({ _id: "a", tier: "premium", averageDuration: 55_000, costBreakdown: { baseCost: 44 } });
    expect(kinds([row], [fn], pricing)).toEqual([]);
  });

  it("say how many characters are too many, when they are few", () => {
    const row = rowOf({ _id: "a" });
    const [found] = improvementsOf([row], [fnOf({ _id: "a", code: "x".repeat(105) })], pricing);
    expect(found?.finding).toBe("Its code is 5 characters too long for Basic");
    expect(kinds([row], [fnOf({ _id: "a", code: "x".repeat(300) })], pricing)).toEqual([]);
  });

  it("find runs that end just after a unit began", () => {
    const row = rowOf({ _id: "a", averageDuration: 112, totalDuration: 11_200, costBreakdown: { baseCost: 0.06 } });
    const [found] = improvementsOf([row], [fnOf({ _id: "a" })], pricing);
    expect(found?.kind).toBe("rounding");
    expect(found?.saving).toBeCloseTo(0.03, 9);
  });

  it("are not said of a handful of executions, nor of a small share", () => {
    const cold = { coldStartCost: 0.03 };
    const functions = [fnOf({ _id: "a" })];
    expect(kinds([rowOf({ _id: "a", executionCount: 10, costBreakdown: cold })], functions, pricing)).toEqual(["cold"]);
    expect(kinds([rowOf({ _id: "a", executionCount: 9, costBreakdown: cold })], functions, pricing)).toEqual([]);
    expect(kinds([rowOf({ _id: "a", costBreakdown: { coldStartCost: 0.003 } })], functions, pricing)).toEqual([]);
  });

  it("are not said of a function that is deleted", () => {
    expect(kinds([rowOf({ _id: "a", costBreakdown: { coldStartCost: 0.03 } })], [], pricing)).toEqual([]);
  });

  it("say once that more could be done in one call, of the function where it saves most", () => {
    const quick = (id: string, count: number) =>
      rowOf({ _id: id, executionCount: count, totalDuration: count, averageDuration: 1, costBreakdown: { baseCost: count * 0.0003 } });
    const found = improvementsOf([quick("few", 1_000), quick("many", 9_000)], [fnOf({ _id: "few" }), fnOf({ _id: "many" })], pricing);
    expect(found.map(({ functionId, kind }) => [functionId, kind])).toEqual([["many", "batch"]]);
  });
});
