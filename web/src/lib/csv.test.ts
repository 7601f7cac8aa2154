import { describe, expect, it } from "vitest";
import { csvText, toCsv } from "./csv";

describe("CSV", () => {
  it.each(["=SUM(A1)", "+1+1", "-2+3", "@cmd", "\t=1", "\r=1"])("writes %j so that no spreadsheet runs it", (text) => {
    expect(csvText(text).replace(/^"/, "")).toMatch(/^'/);
  });

  it("prevents formulas behind quotes, commas and line breaks", () => {
    expect(csvText('=HYPERLINK("x","y")')).toBe('"\'=HYPERLINK(""x"",""y"")"');
    expect(csvText('a,"b"\n=1')).toBe('"a,""b""\n=1"');
  });

  it("writes numbers as numbers, including negative ones", () => {
    const columns = [
      { header: "name", cell: (row: { name: string; cost: string }) => row.name },
      { header: "cost", cell: (row: { cost: string }) => row.cost },
    ];
    expect(toCsv(columns, [{ name: "a", cost: "-0.000350001" }])).toBe("\uFEFFname,cost\r\na,-0.000350001\r\n");
  });
});
