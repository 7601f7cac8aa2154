import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { show } from "../../tests/render";
import { ApiError } from "@/lib/api/client";
import { Table } from "./Table";

const common = {
  label: "Things",
  columns: [{ header: "Name", cell: (name: string) => name }],
  rowKey: (name: string) => name,
  empty: <p>No things</p>,
};

it("says that it is loading, with the room that it will need", () => {
  show(<Table {...common} rows={undefined} expect={3} />);
  expect(screen.getByRole("table", { name: "Things" }).getAttribute("aria-busy")).toBe("true");
  expect(screen.getAllByRole("row")).toHaveLength(4);
});

it("says that there is nothing", () => {
  show(<Table {...common} rows={[]} />);
  expect(screen.getByText("No things")).toBeTruthy();
  expect(screen.queryByRole("table")).toBeNull();
});

it("says why there is nothing, and tries again", async () => {
  const retry = vi.fn();
  show(<Table {...common} rows={undefined} error={new ApiError("the store is down", 503, "unavailable")} onRetry={retry} />);
  expect(screen.getByRole("alert").textContent).toContain("the store is down");
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(retry).toHaveBeenCalledOnce();
});

it("keeps what it has while an error passes", () => {
  show(<Table {...common} rows={["one"]} error={new Error("gone")} />);
  expect(screen.getByRole("cell", { name: "one" })).toBeTruthy();
});
