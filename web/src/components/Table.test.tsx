import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { show } from "../../tests/render";
import { ApiError } from "@/lib/api/client";
import { Table, type Column } from "./Table";
import { useSort } from "./useSort";

const common = {
  label: "Things",
  columns: [{ header: "Name", cell: (name: string) => name }],
  rowKey: (name: string) => name,
  empty: <p>No things</p>,
};

it("shows placeholder rows while it loads", () => {
  show(<Table {...common} rows={undefined} expect={3} />);
  expect(screen.getByRole("table", { name: "Things" }).getAttribute("aria-busy")).toBe("true");
  expect(screen.getAllByRole("row")).toHaveLength(4);
});

it("shows the empty state without rows", () => {
  show(<Table {...common} rows={[]} />);
  expect(screen.getByText("No things")).toBeTruthy();
  expect(screen.queryByRole("table")).toBeNull();
});

it("shows why loading failed and offers another try", async () => {
  const retry = vi.fn();
  show(<Table {...common} rows={undefined} error={new ApiError("the store is down", 503, "unavailable")} onRetry={retry} />);
  expect(screen.getByRole("alert").textContent).toContain("the store is down");
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(retry).toHaveBeenCalledOnce();
});

it("keeps its rows when a refresh fails", () => {
  show(<Table {...common} rows={["one"]} error={new Error("gone")} />);
  expect(screen.getByRole("cell", { name: "one" })).toBeTruthy();
});

interface Thing {
  name: string;
  cost: number | null;
}

const COLUMNS: Column<Thing>[] = [
  { header: "Name", cell: ({ name }) => name, sort: { id: "name", value: ({ name }) => name } },
  { header: "Cost", right: true, cell: ({ cost }) => cost ?? "none", sort: { id: "cost", value: ({ cost }) => cost } },
];

function Sorted() {
  const rows: Thing[] = [
    { name: "b", cost: 2 },
    { name: "c", cost: null },
    { name: "a", cost: 10 },
  ];
  const { sorted, ...sort } = useSort(COLUMNS);
  return <Table label="Things" columns={COLUMNS} rows={sorted(rows)} rowKey={({ name }) => name} empty={null} {...sort} />;
}

const names = () => screen.getAllByRole("row").slice(1).map((row) => row.querySelector("td")?.textContent);

it("sorts by a column, turns the order around, and returns to the original order", async () => {
  const { router } = show(<Sorted />);
  const header = () => screen.getByRole("columnheader", { name: "Cost" });
  expect(names()).toEqual(["b", "c", "a"]);
  await userEvent.click(screen.getByRole("button", { name: "Cost" }));
  expect(names()).toEqual(["a", "b", "c"]);
  expect(header().getAttribute("aria-sort")).toBe("descending");
  expect(router.state.location.search).toBe("?sort=-cost");
  await userEvent.click(screen.getByRole("button", { name: "Cost" }));
  expect(names()).toEqual(["b", "a", "c"]);
  expect(header().getAttribute("aria-sort")).toBe("ascending");
  await userEvent.click(screen.getByRole("button", { name: "Cost" }));
  expect(names()).toEqual(["b", "c", "a"]);
  expect(header().hasAttribute("aria-sort")).toBe(false);
});

it("takes the order from the address and ignores unknown columns", () => {
  const { unmount } = show(<Sorted />, "/?sort=name");
  expect(names()).toEqual(["a", "b", "c"]);
  unmount();
  show(<Sorted />, "/?sort=colour");
  expect(names()).toEqual(["b", "c", "a"]);
});
