import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { answerWith } from "../../../tests/api";
import { aCostRow, aFunction, pricing } from "../../../tests/samples";
import { show } from "../../../tests/render";
import { get } from "@/lib/api/client";
import type { CostRow } from "@/lib/api/types";
import { CostsPage } from "./CostsPage";

const ok = (data: unknown) => ({ success: true, data });

const serve = (rows: readonly CostRow[]) =>
  answerWith({
    "GET /api/costs/system": ok({ scalingCost: 0.0001, storageCost: 0.000000001 }),
    "GET /api/costs/breakdown": ok({ breakdown: rows }),
    "GET /api/costs/trends": ok({ trends: [] }),
    "GET /api/costs/pricing": ok(pricing),
    "GET /api/functions": [aFunction({ _id: "adder" })],
  });

describe("the cost page", () => {
  beforeEach(() => {
    serve([
      aCostRow({ _id: "adder", functionName: "adder", costBreakdown: { baseCost: 0.03, coldStartCost: 0.01 } }),
      aCostRow({ _id: "gone", functionName: "gone", costBreakdown: { baseCost: 0.03 } }),
    ]);
  });

  it("shows a total that is the sum of its parts", async () => {
    show(<CostsPage />);
    const parts = await screen.findByRole("table", { name: "Cost by part" });
    expect(within(parts).getByRole("row", { name: /Compute \$0\.060000/ })).toBeDefined();
    expect(within(parts).getByRole("row", { name: /Storage \$0\.000000001 <0\.01%/ })).toBeDefined();
    expect(screen.getAllByText("$0.070100001").length).toBeGreaterThan(0);
  });

  it("recommends the largest saving", async () => {
    show(<CostsPage />);
    expect(await screen.findByText("25% of this function's cost is cold starts.")).toBeDefined();
  });

  it("links functions and marks deleted ones", async () => {
    show(<CostsPage />);
    const table = within(await screen.findByRole("table", { name: "Cost by function" }));
    expect(await table.findByRole("row", { name: /gone Deleted/ })).toBeDefined();
    expect(table.getByRole("link", { name: "adder" })).toHaveProperty("pathname", "/functions/adder");
  });

  it("keeps the period in the address and requests it", async () => {
    const { router } = show(<CostsPage />);
    await userEvent.click(screen.getByRole("button", { name: "Last 7 days" }));
    expect(router.state.location.search).toBe("?range=7d");
    expect(screen.getByRole("button", { name: "Last 7 days", pressed: true })).toBeDefined();
    const asked = vi.mocked(get).mock.calls.filter(([url]) => url === "/api/costs/system").map(([, query]) => query?.["startDate"]);
    expect(new Set(asked).size).toBe(2);
  });

  it("says that there are no costs", async () => {
    serve([]);
    show(<CostsPage />);
    expect(await screen.findByText("No costs in this period")).toBeDefined();
    expect(screen.getByText("No costs in this period.")).toBeDefined();
  });

  it("shows why loading failed and tries again", async () => {
    const before = vi.mocked(get).getMockImplementation() ?? get;
    vi.mocked(get).mockImplementation(async (url) => {
      if (url === "/api/costs/breakdown") throw new Error("the store is away");
      return before(url) as never;
    });
    show(<CostsPage />);
    expect(await screen.findByText(/the store is away/)).toBeDefined();
    serve([aCostRow({ _id: "adder" })]);
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("table", { name: "Cost by function" })).toBeDefined();
  });
});
