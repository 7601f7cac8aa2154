import { expect, it } from "vitest";
import { compare, today, yesterday } from "./days";

const NOW = new Date(2026, 2, 1, 9, 0).getTime();

it("ends yesterday where today begins, in the reader's own zone", () => {
  expect(today(NOW).startDate).toBe(new Date(2026, 2, 1).toISOString());
  expect(yesterday(NOW)).toEqual({ startDate: new Date(2026, 1, 28).toISOString(), endDate: new Date(2026, 2, 1).toISOString() });
});

it("compares with yesterday where there is something to compare with", () => {
  expect(compare(1, 0)).toBe("none yesterday");
  expect(compare(1.5, 1)).toBe("+50% on yesterday");
  expect(compare(0.5, 1)).toBe("−50% on yesterday");
});
