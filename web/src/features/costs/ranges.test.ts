import { expect, it } from "vitest";
import { granularities, readRange, toDateField, usualGranularity } from "./ranges";

const NOW = new Date(2026, 0, 31, 14, 30).getTime();
const HOUR = 3600_000;
const read = (query: string) => readRange(new URLSearchParams(query), NOW);

it("is the last 24 hours when the address says nothing, or nonsense", () => {
  for (const query of ["", "range=ever"]) {
    const range = read(query);
    expect(range.preset).toBe("24h");
    expect(range.end - range.start).toBe(24 * HOUR);
    expect(range.query.endDate).toBeUndefined();
  }
});

it("takes days and months from the reader's calendar", () => {
  expect(read("range=today").start).toBe(new Date(2026, 0, 31).getTime());
  expect(read("range=month").start).toBe(new Date(2026, 0, 1).getTime());
});

it("takes the last day of a period in whole", () => {
  const range = read("range=custom&from=2026-01-01&to=2026-01-31");
  expect(range.error).toBeNull();
  expect(range.start).toBe(new Date(2026, 0, 1).getTime());
  expect(range.end).toBe(new Date(2026, 1, 1).getTime());
  expect(range.query.endDate).toBe(new Date(2026, 1, 1).toISOString());
});

it("says what is wrong with dates that make no period", () => {
  expect(read("range=custom&from=2026-01-01").error).toBe("Both dates are needed.");
  expect(read("range=custom&from=2026-01-02&to=2026-01-01").error).toBe("It ends before it begins.");
  expect(read("range=custom&from=2026-1-2&to=x").error).toBe("Both dates are needed.");
});

it("cuts a period into no more spans than can be told apart", () => {
  const span = (hours: number) => ({ start: NOW - hours * HOUR, end: NOW });
  expect(granularities(span(1))).toEqual(["minute", "hour", "day", "month"]);
  expect(granularities(span(24))).toEqual(["hour", "day", "month"]);
  expect(granularities(span(24 * 30))).toEqual(["day", "month"]);
  expect(usualGranularity(span(1))).toBe("minute");
  expect(usualGranularity(span(24 * 7))).toBe("hour");
  expect(usualGranularity(span(24 * 365 * 60))).toBe("month");
});

it("writes a date as the calendar has it", () => expect(toDateField(NOW)).toBe("2026-01-31"));
