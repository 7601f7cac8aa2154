import { expect, it } from "vitest";
import { aCostRow } from "../../../tests/samples";
import { breakdownCsv, csvField } from "./csv";

it("quotes what would break a line apart", () => {
  expect(csvField("plain")).toBe("plain");
  expect(csvField('a "b", c')).toBe('"a ""b"", c"');
  expect(csvField("two\nlines")).toBe('"two\nlines"');
});

it("lets no function name become a formula", () => {
  expect(csvField("=1+1")).toBe("'=1+1");
  expect(csvField("@x")).toBe("'@x");
  expect(csvField('-"1"')).toBe(`"'-""1"""`);
});

it("has a line for each function, with every digit of its cost", () => {
  const lines = breakdownCsv([aCostRow({ totalCost: 0.000350046 })]).split("\r\n");
  expect(lines[0]?.split(",")).toContain("totalUsd");
  expect(lines[1]).toContain("0.000350046");
  expect(lines[1]?.split(",")).toHaveLength(lines[0]?.split(",").length ?? 0);
  expect(lines).toHaveLength(3);
});
