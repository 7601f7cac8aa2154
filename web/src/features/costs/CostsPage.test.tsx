import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { aCostRow, aFunction, pricing } from "../../../tests/samples";
import { show } from "../../../tests/render";
import { get } from "@/lib/api/client";
import type { CostRow } from "@/lib/api/types";
import { CostsPage } from "./CostsPage";

vi.mock("@/lib/api/client", async (real) => ({ ...(await real<typeof import("@/lib/api/client")>()), get: vi.fn<typeof get>() }));

const answers = (rows: readonly CostRow[]) => (url: string) => {
  const data: Record<string, unknown> = {
    "/api/costs/system": { data: { scalingCost: 0.0001, storageCost: 0.000000001 } },
    "/api/costs/breakdown": { data: { breakdown: rows } },
    "/api/costs/trends": { data: { trends: [] } },
    "/api/costs/pricing": { data: pricing },
    "/api/functions": [aFunction({ _id: "adder" })],
  };
  return url in data ? Promise.resolve(data[url]) : Promise.reject(new Error(`nobody asked for ${url}`));
};

const serve = (rows: readonly CostRow[]) => vi.mocked(get).mockImplementation(answers(rows) as typeof get);

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

  it("says what is cheapest to improve", async () => {
    show(<CostsPage />);
    expect(await screen.findByText("25% of this function's cost is cold starts.")).toBeDefined();
  });

  it("tells a function that is deleted from one that can be gone to", async () => {
    show(<CostsPage />);
    const table = within(await screen.findByRole("table", { name: "Cost by function" }));
    expect(await table.findByRole("row", { name: /gone Deleted/ })).toBeDefined();
    expect(table.getByRole("link", { name: "adder" })).toHaveProperty("pathname", "/functions/adder");
  });

  it("keeps the period in the address, and asks for it", async () => {
    const { router } = show(<CostsPage />);
    await userEvent.click(screen.getByRole("button", { name: "Last 7 days" }));
    expect(router.state.location.search).toBe("?range=7d");
    expect(screen.getByRole("button", { name: "Last 7 days", pressed: true })).toBeDefined();
    const asked = vi.mocked(get).mock.calls.filter(([url]) => url === "/api/costs/system").map(([, query]) => query?.["startDate"]);
    expect(new Set(asked).size).toBe(2);
  });

  it("says that nothing was billed", async () => {
    serve([]);
    show(<CostsPage />);
    expect(await screen.findByText("Nothing was billed in this time")).toBeDefined();
    expect(screen.getByText("Nothing was billed in this time.")).toBeDefined();
  });

  it("says why it cannot be shown, and can try again", async () => {
    vi.mocked(get).mockImplementation(((url: string) =>
      url === "/api/costs/breakdown" ? Promise.reject(new Error("the store is away")) : answers([])(url)) as typeof get);
    show(<CostsPage />);
    expect(await screen.findByText(/the store is away/)).toBeDefined();
    serve([aCostRow({ _id: "adder" })]);
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("table", { name: "Cost by function" })).toBeDefined();
  });
});
