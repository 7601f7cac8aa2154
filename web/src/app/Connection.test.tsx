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

it("says from when what is shown is, and when it tries again", () => {
  const since = new Date(2026, 0, 31, 12, 3, 4).getTime();
  connection.set({ state: "offline", since, retryAt: Date.now() + 3_900 });
  view();
  const banner = screen.getByRole("region", { name: "Connection" });
  expect(banner.textContent).toContain("What you see is from 12:03:04 and not live.");
  expect(banner.textContent).toContain("Trying again in 4 s.");
  expect(screen.getByText("Not live")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Try now" })).toBeTruthy();
});

it("is out of the way while all is well", () => {
  view();
  expect(screen.getByText("Connecting")).toBeTruthy();
  act(() => connection.set({ state: "live" }));
  expect(screen.getByText("Live")).toBeTruthy();
  expect(screen.queryByRole("region", { name: "Connection" })).toBeNull();
});
