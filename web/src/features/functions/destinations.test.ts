import { expect, it } from "vitest";
import { checkDestination, checkDestinations, destinationsIn, destinationsOf, newDestination, shownTarget } from "./destinations";

const stored = {
  onSuccess: [{ function: "next" }],
  onEnd: [{ webhook: { url: "https://example.com", secret: "KEY" } }, { binding: "stock.count" }],
};

it("sends what it has read", () => {
  expect(destinationsIn(destinationsOf(stored))).toEqual(stored);
  expect(destinationsIn(destinationsOf(null))).toBeNull();
});

it("says what is wrong with a destination", () => {
  const row = newDestination();
  expect(checkDestination(row)).toMatch(/Enter where/);
  expect(checkDestination({ ...row, kind: "webhook", target: "example.com" })).toMatch(/https/);
  expect(checkDestination({ ...row, kind: "binding", target: "stock" })).toMatch(/binding.function/);
  expect(checkDestination({ ...row, target: "next" })).toBeNull();
});

it("allows five destinations of one kind of end", () => {
  const rows = (count: number) => ({ destinations: Array.from({ length: count }, () => ({ ...newDestination(), target: "f" })) });
  expect(checkDestinations(rows(5))).toBeNull();
  expect(checkDestinations(rows(6))).toMatch(/At most 5/);
});

it("names each kind of target", () => {
  expect(stored.onEnd.map(shownTarget)).toEqual(["POST https://example.com", "Host function stock.count"]);
  expect(shownTarget({ function: "next" })).toBe("Function next");
});
