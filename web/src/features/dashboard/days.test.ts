import { expect, it } from "vitest";
import { compare, today, yesterday } from "./days";

const NOW = new Date(2026, 2, 1, 9, 0).getTime();

it("ends yesterday where today starts, in the time zone of the browser", () => {
  expect(today(NOW).startDate).toBe(new Date(2026, 2, 1).toISOString());
  expect(yesterday(NOW)).toEqual({ startDate: new Date(2026, 1, 28).toISOString(), endDate: new Date(2026, 2, 1).toISOString() });
});

it("compares the cost with yesterday, if there was any", () => {
  expect(compare(1, 0)).toBe("no cost yesterday");
  expect(compare(1.5, 1)).toBe("+50% vs. yesterday");
  expect(compare(0.5, 1)).toBe("−50% vs. yesterday");
});
