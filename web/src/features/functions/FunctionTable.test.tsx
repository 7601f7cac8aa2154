import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { answerWith } from "../../../tests/api";
import { show } from "../../../tests/render";
import { aCostRow, aFunction, anExecution } from "../../../tests/samples";
import type { CostRow } from "@/lib/api/types";
import { FunctionsPage } from "./FunctionsPage";

const many = Array.from({ length: 42 }, (_, n) => aFunction({ _id: `f${n}`, name: `function ${n}`, description: "" }));
const usage = (rows: readonly CostRow[]) => ({ success: true, data: { breakdown: rows } });

function open(path = "/functions", rows: readonly CostRow[] = many.map(({ _id }, n) => aCostRow({ _id, executionCount: n + 1 }))) {
  const asked = answerWith({ "GET /api/functions": many, "GET /api/costs/breakdown": usage(rows) });
  return { asked, ...show(<FunctionsPage />, path) };
}

const names = () => screen.getAllByRole("row").slice(1).map((row) => within(row).getAllByRole("link")[0]?.textContent);

it("loads the usage of all rows with one request", async () => {
  const { asked } = open();
  await screen.findByText("20");
  expect(asked.map(({ request }) => request).toSorted()).toEqual(["GET /api/costs/breakdown", "GET /api/functions"]);
});

it("sorts over all pages", async () => {
  const { router } = open();
  await screen.findByText("20");
  await userEvent.click(screen.getByRole("button", { name: "Runs, 30 days" }));
  expect(names()[0]).toBe("function 41");
  expect(router.state.location.search).toBe("?sort=-runs");
});

it("keeps the search, the page and the order in the address", async () => {
  const { router } = open("/functions?sort=name&page=2");
  await screen.findByText("Page 2 of 3");
  expect(names()[0]).toBe("function 20");
  await userEvent.click(screen.getByRole("button", { name: "Next" }));
  expect(router.state.location.search).toBe("?sort=name&page=3");
  await userEvent.type(screen.getByRole("searchbox", { name: "Search functions" }), "41");
  expect(router.state.location.search).toBe("?sort=name&search=41");
  expect(names()).toEqual(["function 41"]);
});

it("shows the last run of each function", async () => {
  open("/functions", [aCostRow({ _id: "f0", lastExecution: anExecution({ _id: "e9" }) })]);
  const row = (await screen.findByRole("link", { name: "function 0" })).closest("tr");
  expect(within(row as HTMLElement).getByRole("link", { name: /Completed/ })).toHaveProperty("pathname", "/executions/e9");
});
