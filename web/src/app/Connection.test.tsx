import { act, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { show } from "../../tests/render";
import { connection } from "@/lib/live/live";
import { ConnectionBadge, ConnectionBanner } from "./Connection";

afterEach(() => connection.set({ state: "connecting" }));

const view = () =>
  show(
    <>
      <ConnectionBadge />
      <ConnectionBanner />
    </>,
  );

it("says how old the shown state is, and when the next try is", () => {
  const since = new Date(2026, 0, 31, 12, 3, 4).getTime();
  connection.set({ state: "offline", since, retryAt: Date.now() + 3_900 });
  view();
  const banner = screen.getByRole("region", { name: "Connection" });
  expect(banner.textContent).toContain("The page shows the state of 12:03:04.");
  expect(banner.textContent).toContain("Next try in 4 s.");
  expect(screen.getByText("Not live")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Try now" })).toBeTruthy();
});

it("is hidden while the connection is live", () => {
  view();
  expect(screen.getByText("Connecting")).toBeTruthy();
  act(() => connection.set({ state: "live" }));
  expect(screen.getByText("Live")).toBeTruthy();
  expect(screen.queryByRole("region", { name: "Connection" })).toBeNull();
});
