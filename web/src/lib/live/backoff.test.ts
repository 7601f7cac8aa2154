import { expect, it } from "vitest";
import { backoff } from "./backoff";

it("waits twice as long after each failure, up to 15 s", () => {
  const longest = (failures: number) => backoff(failures, () => 1);
  expect([1, 2, 3, 4, 5, 6, 50].map(longest)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
});

it("makes half of the delay random, so that pages do not reconnect together", () => {
  expect(backoff(3, () => 0)).toBe(1_000);
  const waits = new Set(Array.from({ length: 50 }, () => backoff(3)));
  expect(waits.size).toBeGreaterThan(40);
});
