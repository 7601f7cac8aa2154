import { describe, expect, it } from "vitest";
import type { MetricsPoint } from "@/lib/live/feed";
import { lastMinutes } from "./lastMinutes";
import { CAPACITY, RATE } from "./LiveCharts";
import { chartSeconds } from "./seconds";

const metrics = { queued: 0, running: 0, waiting: 0, instances: 1, completed: 0, failed: 0, coldStarts: 0, p50: 0, p95: 0, p99: 0, warmIsolates: 0 };
const point = (second: number): MetricsPoint => ({ at: second * 1_000, metrics });
const second = (second: number) => ({ second, completed: 1, failed: 0, p95: 1, instances: 1, cost: 0 });

describe("the live charts", () => {
  it("never show negative values, also when every execution fails", () => {
    const failing = { at: 0, metrics: { ...metrics, completed: 0, failed: 3 } };
    expect(RATE.map(({ label, value }) => [label, value(failing)])).toEqual([["Completed", 0], ["Failed", 3], ["Cold starts", 0]]);
  });

  it("tell running and waiting executions apart", () => {
    const busy = { at: 0, metrics: { ...metrics, running: 10, waiting: 250 } };
    const values = Object.fromEntries(CAPACITY.map(({ label, value }) => [label, value(busy)]));
    expect(values).toMatchObject({ Running: 10, Waiting: 250 });
  });

  it("are at least a minute long, with gaps for unknown seconds", () => {
    const points = lastMinutes([point(100), point(101)]);
    expect(points[0]).toEqual({ at: 41_000, metrics: null });
    expect(points).toHaveLength(3);
  });

  it("grow with the known seconds", () => {
    const known = Array.from({ length: 90 }, (_, index) => point(index));
    expect(lastMinutes(known)).toBe(known);
    expect(lastMinutes([])).toEqual([]);
  });
});

describe("the charts of a load test", () => {
  it("cover the planned duration while the test runs", () => {
    expect(chartSeconds([second(0), second(1)], 30).map(({ second, known }) => [second, known !== null])).toEqual([
      [0, true],
      [1, true],
      [29, false],
    ]);
  });

  it("cover the actual duration when the test is over", () => {
    expect(chartSeconds([second(0)], null)).toHaveLength(1);
    expect(chartSeconds([second(29)], 30)).toHaveLength(1);
  });
});
