import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { show } from "../../../tests/render";
import { TimeChart } from "./TimeChart";

interface Point {
  at: number;
  value: number | null;
}

const series = [{ label: "Calls", color: 1 as const, value: ({ value }: Point) => value }];
const at = (point: Point) => point.at;
const chart = (points: Point[]) => (
  <TimeChart label="Calls over time" points={points} at={at} formatAt={(at) => `${at} s`} series={series} format={(value) => `${value} calls`} empty="Nothing yet." />
);

it("shows its data as a table, where a missing value is not zero", async () => {
  show(
    chart([
      { at: 1, value: 0 },
      { at: 2, value: null },
      { at: 3, value: 7 },
    ]),
  );
  await userEvent.click(screen.getByRole("button", { name: "Show Calls over time as a table" }));
  const rows = within(screen.getByRole("table", { name: "Calls over time" })).getAllByRole("row");
  expect(rows.map((row) => row.textContent)).toEqual(["TimeCalls", "1 s0 calls", "2 sno data", "3 s7 calls"]);
});

it("shows a text without any points", () => {
  show(chart([]));
  expect(screen.getByText("Nothing yet.")).toBeTruthy();
});
