import { expect, it } from "vitest";
import { readSort, sortRows, writeSort } from "./sort";

it("reads the order that it wrote to the address", () => {
  for (const sort of [null, { by: "cost", descending: false }, { by: "cost", descending: true }]) {
    expect(readSort(writeSort(sort))).toEqual(sort);
  }
  expect(readSort("-")).toBeNull();
});

it("sorts numbers by value and names as people read them", () => {
  expect(sortRows([10, 9, 100], (value) => value, true)).toEqual([100, 10, 9]);
  expect(sortRows(["item 10", "Item 9", "item 1"], (value) => value, false)).toEqual(["item 1", "Item 9", "item 10"]);
});

it("puts rows without a value last in both directions", () => {
  const rows = [null, 1, 2];
  expect(sortRows(rows, (value) => value, false)).toEqual([1, 2, null]);
  expect(sortRows(rows, (value) => value, true)).toEqual([2, 1, null]);
});
