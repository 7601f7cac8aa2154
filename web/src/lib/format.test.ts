import { describe, expect, it } from "vitest";
import { formatAgo, formatBytes, formatCount, formatDuration, formatPercent, preview, shortId } from "./format";

describe("durations", () => {
  it.each([
    [0, "0 ms"],
    [0.042, "0.042 ms"],
    [1.234, "1.23 ms"],
    [12.34, "12.3 ms"],
    [150.4, "150 ms"],
    [1_200, "1.2 s"],
    [30_000, "30 s"],
    [125_000, "2 min 5 s"],
    [3_720_000, "1 h 2 min"],
  ])("%d ms is %s", (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe("sizes", () => {
  it.each([
    [0, "0 bytes"],
    [1, "1 byte"],
    [1_023, "1,023 bytes"],
    [1_234, "1.2 KiB"],
    [45_678, "45 KiB"],
    [3_145_728, "3 MiB"],
  ])("%d bytes are %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe("percentages", () => {
  it("show 0% and 100% only when they are exact", () => {
    expect(formatPercent(0)).toBe("0%");
    expect(formatPercent(0.0001)).toBe("<0.01%");
    expect(formatPercent(38.04)).toBe("38%");
    expect(formatPercent(99.99)).toBe(">99.9%");
    expect(formatPercent(100)).toBe("100%");
  });
});

it("says how long ago a time was; the future is now", () => {
  const now = Date.parse("2026-01-31T12:00:00Z");
  expect(formatAgo(now + 5_000, now)).toBe("now");
  expect(formatAgo(now - 15_000, now)).toBe("15 s ago");
  expect(formatAgo(now - 3 * 60_000, now)).toBe("3 min ago");
  expect(formatAgo(now - 5 * 3600_000, now)).toBe("5 h ago");
  const noon = (day: string) => new Date(`${day}T12:00:00`).getTime();
  expect(formatAgo(noon("2026-02-03"), noon("2026-03-01"))).toBe("3 Feb");
  expect(formatAgo(noon("2024-02-03"), noon("2026-03-01"))).toBe("3 Feb 2024");
});

it("shortens ids to their ends, and JSON to one line", () => {
  expect(shortId("01a207c8-41ed-7000-a324-f4dd6043b235")).toBe("6043b235");
  expect(preview({ a: 1 })).toBe('{"a":1}');
  expect(preview("x".repeat(200), 10)).toHaveLength(10);
  expect(formatCount(12_345)).toBe("12,345");
});
