import { describe, expect, it } from "vitest";
import { aCostRow } from "../../../tests/samples";
import { nanos } from "@/lib/money";
import { fileName, functionsCsv, trendCsv } from "./exports";
import { reportOf } from "./report";

const SYSTEM = { scalingCost: 0.0003, storageCost: 0.000000007 };
const ROWS = [
  aCostRow({ _id: "a", tier: "standard", functionName: "=1+1", costBreakdown: { baseCost: 0.1, coldStartCost: 0.00005, retryCost: 0.2, dataTransferCost: 0.000000001 } }),
  aCostRow({ _id: "b", functionName: 'a "b", c', costBreakdown: { baseCost: 0.03 } }),
];

describe("the file of costs by function", () => {
  it("adds up to the total of the page, exactly", () => {
    const lines = functionsCsv(ROWS, SYSTEM).trim().split("\r\n").slice(1);
    const total = lines.reduce((sum, line) => sum + nanos(Number(line.split(",").at(-1))), 0);
    expect(total).toBe(nanos(reportOf(SYSTEM, ROWS).total));
    expect(total).toBe(330_350_008);
  });

  it("contains all digits of an amount, and no formula", () => {
    const [, first, second] = functionsCsv(ROWS, SYSTEM).split("\r\n");
    expect(first).toBe("a,'=1+1,standard,100,5000,0.100000000,0.000050000,0.200000000,0.000000001,0.000000000,,,0.300050001");
    expect(second).toContain('"a ""b"", c"');
  });
});

describe("the file of a trend", () => {
  it("writes the start of each step in UTC", () => {
    const at = Date.UTC(2026, 0, 31, 14);
    expect(trendCsv([{ at, cost: 0.0003, executions: 1, averageDuration: null }])).toBe(
      "\uFEFFstart_utc,executions,average_duration_ms,cost_usd\r\n2026-01-31T14:00:00.000Z,1,,0.000300000\r\n",
    );
  });

  it("has a name that every file system accepts", () => {
    const start = new Date(2026, 0, 1).getTime();
    expect(fileName("costs ../a:b", { start, end: start + 1 })).toBe("costs-a-b-2026-01-01-to-2026-01-01.csv");
  });
});
