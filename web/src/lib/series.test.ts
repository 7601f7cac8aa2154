import { expect, it } from "vitest";
import { fillHours, fillTrends, trendStart } from "./series";

const NOW = Date.parse("2026-01-31T14:30:00Z");

it("adds hours without executions as zero", () => {
  const rows = [{ _id: { hour: 13, day: 31, month: 1, year: 2026 }, bucket: "2026-01-31T13:00:00.000Z", total: 5, completed: 3, failed: 2 }];
  const points = fillHours(rows, 3, NOW);
  expect(points.map(({ completed, failed }) => [completed, failed])).toEqual([
    [0, 0],
    [3, 2],
    [0, 0],
  ]);
  expect(points.at(-1)?.at).toBe(Date.parse("2026-01-31T14:00:00Z"));
});

it("reads the ids of spans of any length as UTC", () => {
  expect(trendStart("2026-01-31 14:05")).toBe(Date.parse("2026-01-31T14:05:00Z"));
  expect(trendStart("2026-01-31")).toBe(Date.parse("2026-01-31T00:00:00Z"));
  expect(trendStart("2026-01")).toBe(Date.parse("2026-01-01T00:00:00Z"));
});

it("contains each month once, whatever its length", () => {
  const points = fillTrends([], "month", Date.parse("2026-01-15T00:00:00Z"), Date.parse("2026-04-02T00:00:00Z"));
  expect(points.map(({ at }) => new Date(at).toISOString().slice(0, 7))).toEqual(["2026-01", "2026-02", "2026-03", "2026-04"]);
});

it("keeps the cost of every row", () => {
  const row = (_id: string, totalCost: number) => ({ _id, totalCost, executionCount: 1, averageDuration: 1, totalDuration: 1 });
  const rows = [row("2026-01-31 12:00", 1), row("2026-01-31 14:00", 2)];
  const points = fillTrends(rows, "hour", Date.parse("2026-01-31T12:10:00Z"), NOW);
  expect(points.map(({ cost }) => cost)).toEqual([1, 0, 2]);
});
