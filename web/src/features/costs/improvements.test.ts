import { describe, expect, it } from "vitest";
import { aCostRow, aFunction, pricing } from "../../../tests/samples";
import type { Fn } from "@/lib/api/types";
import { improvementsOf } from "./improvements";

const kinds = (...args: Parameters<typeof improvementsOf>) => improvementsOf(...args).map(({ kind }) => kind);
const rowOf = (change: Parameters<typeof aCostRow>[0]) => aCostRow({ tier: "standard", ...change, costBreakdown: { baseCost: 0.03, ...change?.costBreakdown } });
const fnOf = (change: Partial<Fn>) => aFunction({ tier: "standard", codeLength: 300, ...change });

describe("improvements", () => {
  it("report the billed share of cold starts", () => {
    const row = rowOf({ _id: "a", costBreakdown: { baseCost: 0.0031, coldStartCost: 0.0019 } });
    const [found] = improvementsOf([row], [fnOf({ _id: "a" })], pricing);
    expect(found).toMatchObject({ kind: "cold", finding: "38% of this function's cost is cold starts", saving: 0.0019 });
    expect(found?.advice).toContain("38 in 100 executions");
  });

  it("count the run time of a retry too", () => {
    const row = rowOf({ _id: "a", costBreakdown: { baseCost: 0.045, retryCost: 0.001 } });
    const [found] = improvementsOf([row], [fnOf({ _id: "a" })], pricing);
    expect(found?.kind).toBe("retry");
    expect(found?.saving).toBeCloseTo(50 * (0.00002 + 0.0003), 9);
  });

  it("report a long timeout that raises the tier of short runs", () => {
    const fn = fnOf({ _id: "a", tier: "premium", config: { ...aFunction().config, timeout: 90_000 } });
    const row = rowOf({ _id: "a", tier: "premium", costBreakdown: { baseCost: 0.08 } });
    const [found] = improvementsOf([row], [fn], pricing);
    expect(found).toMatchObject({ kind: "tier", finding: "Its timeout of 1 min 30 s puts it into Premium" });
    expect(found?.saving).toBeCloseTo(0.05, 9);
  });

  it("accept a long timeout that the runs need", () => {
    const fn = fnOf({ _id: "a", tier: "premium", config: { ...aFunction().config, timeout: 90_000 } });
    const row = rowOf({ _id: "a", tier: "premium", averageDuration: 55_000, costBreakdown: { baseCost: 44 } });
    expect(kinds([row], [fn], pricing)).toEqual([]);
  });

  it("report how much too long the code is, if it is little", () => {
    const row = rowOf({ _id: "a" });
    const [found] = improvementsOf([row], [fnOf({ _id: "a", codeLength: 105 })], pricing);
    expect(found?.finding).toBe("Its code is about 5 characters too long for Basic");
    expect(kinds([row], [fnOf({ _id: "a", codeLength: 300 })], pricing)).toEqual([]);
  });

  it("never propose a shorter timeout for a higher tier", () => {
    // 5,100 bytes can be fewer than 5,000 characters.
    const fn = fnOf({ _id: "a", codeLength: 5_100 });
    expect(kinds([rowOf({ _id: "a" })], [fn], pricing)).toEqual([]);
  });

  it("report runs that end just after a unit starts", () => {
    const row = rowOf({ _id: "a", averageDuration: 112, totalDuration: 11_200, costBreakdown: { baseCost: 0.06 } });
    const [found] = improvementsOf([row], [fnOf({ _id: "a" })], pricing);
    expect(found?.kind).toBe("rounding");
    expect(found?.saving).toBeCloseTo(0.03, 9);
  });

  it("ignore few executions and small shares", () => {
    const cold = { coldStartCost: 0.03 };
    const functions = [fnOf({ _id: "a" })];
    expect(kinds([rowOf({ _id: "a", executionCount: 10, costBreakdown: cold })], functions, pricing)).toEqual(["cold"]);
    expect(kinds([rowOf({ _id: "a", executionCount: 9, costBreakdown: cold })], functions, pricing)).toEqual([]);
    expect(kinds([rowOf({ _id: "a", costBreakdown: { coldStartCost: 0.003 } })], functions, pricing)).toEqual([]);
  });

  it("ignore deleted functions", () => {
    expect(kinds([rowOf({ _id: "a", costBreakdown: { coldStartCost: 0.03 } })], [], pricing)).toEqual([]);
  });

  it("recommend batching only for the function that saves most", () => {
    const quick = (id: string, count: number) =>
      rowOf({ _id: id, executionCount: count, totalDuration: count, averageDuration: 1, costBreakdown: { baseCost: count * 0.0003 } });
    const found = improvementsOf([quick("few", 1_000), quick("many", 9_000)], [fnOf({ _id: "few" }), fnOf({ _id: "many" })], pricing);
    expect(found.map(({ functionId, kind }) => [functionId, kind])).toEqual([["many", "batch"]]);
  });
});
