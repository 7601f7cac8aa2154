import { describe, expect, it } from "vitest";
import { costRange, dayOf, daysError, fits, granularityOf, PRESETS, readChoice, spanOf, writeChoice } from "./range";

const NOW = new Date(2026, 0, 31, 14, 5, 9).getTime();
const HOUR = 3_600_000;
const choice = (text: string) => readChoice(new URLSearchParams(text));

describe("the period of the cost page", () => {
  it.each(PRESETS)("reads $label back from the address", ({ id }) => {
    expect(choice(new URLSearchParams(writeChoice({ preset: id })).toString())).toEqual({ preset: id });
  });

  it("is the last 24 hours when the address has no valid period", () => {
    for (const wrong of ["", "range=2h", "from=2026-02-30&to=2026-03-01", "from=2026-03-02&to=2026-03-01", "from=2026-01-01"]) {
      expect(choice(wrong)).toEqual({ preset: "24h" });
    }
  });

  it("includes both days of a range", () => {
    const span = spanOf({ preset: "custom", from: "2026-01-10", to: "2026-01-11" }, NOW);
    expect(span.start).toBe(new Date(2026, 0, 10).getTime());
    expect(span.end).toBe(new Date(2026, 0, 12).getTime());
    expect(costRange(span).endDate).toBe(new Date(2026, 0, 12).toISOString());
  });

  it("ends now while its last day is not over", () => {
    const span = spanOf({ preset: "custom", from: "2026-01-30", to: dayOf(NOW) }, NOW);
    expect(span).toMatchObject({ end: NOW, open: true });
    expect(costRange(span)).not.toHaveProperty("endDate");
  });

  it("stays the same within a minute, so that answers are cached", () => {
    const start = Math.floor(NOW / 60_000) * 60_000;
    expect(costRange(spanOf({ preset: "24h" }, start))).toEqual(costRange(spanOf({ preset: "24h" }, start + 59_000)));
  });

  it("is never shorter than its name says", () => {
    expect(NOW - spanOf({ preset: "7d" }, NOW).start).toBeGreaterThanOrEqual(7 * 24 * HOUR);
    expect(NOW - spanOf({ preset: "1h" }, NOW).start).toBeGreaterThanOrEqual(HOUR);
  });

  it("reports why two days are not a period", () => {
    expect(daysError("2026-01-02", "2026-01-01")).toMatch(/before/);
    expect(daysError("", "2026-01-01")).toMatch(/both/);
    expect(daysError("2026-01-01", "2026-01-01")).toBeNull();
  });
});

describe("the steps of a trend", () => {
  it("are as wished if they fit, otherwise suited to the period", () => {
    const month = spanOf({ preset: "30d" }, NOW);
    expect(fits(month, "minute")).toBe(false);
    expect(granularityOf(month, "minute")).toBe("day");
    expect(granularityOf(month, "hour")).toBe("hour");
    expect(granularityOf(spanOf({ preset: "1h" }, NOW), null)).toBe("minute");
    expect(granularityOf(spanOf({ preset: "12m" }, NOW), "nonsense")).toBe("month");
  });
});
