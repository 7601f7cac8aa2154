import { expect, it } from "vitest";
import { pricing } from "../../tests/samples";
import { runPrice, tierOf } from "./tier";

it("derives the tier from the length of the code", () => {
  expect(tierOf(100, 30_000)).toBe("basic");
  expect(tierOf(101, 30_000)).toBe("standard");
  expect(tierOf(5_000, 30_000)).toBe("standard");
  expect(tierOf(5_001, 30_000)).toBe("premium");
  expect(tierOf(10_001, 30_000)).toBe("enterprise");
});

it("raises the tier for a long timeout", () => {
  expect(tierOf(0, 60_000)).toBe("basic");
  expect(tierOf(0, 60_001)).toBe("premium");
  expect(tierOf(0, 120_001)).toBe("enterprise");
  expect(tierOf(10_001, 60_001)).toBe("enterprise");
});

it("bills at least 100 ms and rounds up", () => {
  expect(runPrice(pricing, "basic", 0)).toBe(0.0001);
  expect(runPrice(pricing, "standard", 100)).toBe(0.0003);
  expect(runPrice(pricing, "standard", 100.001)).toBe(0.0006);
});
