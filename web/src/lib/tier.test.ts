import { expect, it } from "vitest";
import { pricing } from "../../tests/samples";
import { runPrice, tierOf } from "./tier";

it("takes the length of the code as JavaScript counts it", () => {
  expect(tierOf("x".repeat(100), 30_000)).toBe("basic");
  expect(tierOf("x".repeat(101), 30_000)).toBe("standard");
  expect(tierOf("x".repeat(5_000), 30_000)).toBe("standard");
  expect(tierOf("x".repeat(5_001), 30_000)).toBe("premium");
  expect(tierOf("x".repeat(10_001), 30_000)).toBe("enterprise");
  expect(tierOf("😀".repeat(51), 30_000)).toBe("standard");
});

it("takes the timeout into account", () => {
  expect(tierOf("", 60_000)).toBe("basic");
  expect(tierOf("", 60_001)).toBe("premium");
  expect(tierOf("", 120_001)).toBe("enterprise");
  expect(tierOf("x".repeat(10_001), 60_001)).toBe("enterprise");
});

it("bills each started 100 ms, and at least one", () => {
  expect(runPrice(pricing, "basic", 0)).toBe(0.0001);
  expect(runPrice(pricing, "standard", 100)).toBe(0.0003);
  expect(runPrice(pricing, "standard", 100.001)).toBe(0.0006);
});
