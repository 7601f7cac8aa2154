import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";
import { answerWith } from "../../../tests/api";
import { show } from "../../../tests/render";
import { aFunction } from "../../../tests/samples";
import { addToFeed, feed, type FeedEvent } from "@/lib/live/feed";
import { EventFeed } from "./EventFeed";

let seq = 0;
const started = (executionId: string): FeedEvent => ({
  type: "execution_started",
  data: { executionId, functionId: "f1", status: "running" },
  timestamp: "2026-01-31T12:00:00.000Z",
  seq: seq++,
  epoch: 1,
});

beforeEach(() => {
  feed.set({ events: [], total: 0 });
  answerWith({ "GET /api/functions": [aFunction()] });
});

const rows = () => within(screen.getByRole("list", { name: "Events" })).getAllByRole("listitem");

it("shows the newest first, by the names of the functions", async () => {
  addToFeed([started("a"), started("b")]);
  show(<EventFeed />);
  const links = await screen.findAllByRole("link", { name: "add" });
  expect(links.map((link) => link.getAttribute("href"))).toEqual(["/executions/b", "/executions/a"]);
});

it("holds still while it is paused, and says how much it is behind", async () => {
  addToFeed([started("a")]);
  show(<EventFeed />);
  await userEvent.click(screen.getByRole("button", { name: "Pause" }));
  act(() => addToFeed([started("b"), started("c")]));
  expect(rows()).toHaveLength(1);
  expect(screen.getByText("Paused; 2 more since")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Go on" }));
  expect(rows()).toHaveLength(3);
});

it("draws no more rows than anybody reads", () => {
  addToFeed(Array.from({ length: 500 }, (_, n) => started(String(n))));
  show(<EventFeed />);
  expect(rows()).toHaveLength(60);
});

it("tells of a gap instead of hiding it", () => {
  addToFeed([{ type: "gap", data: { from: 10, to: 19 }, timestamp: "2026-01-31T12:00:00.000Z", seq: 19, epoch: 1 }]);
  show(<EventFeed />);
  expect(screen.getByText("10 events came too fast to be told")).toBeTruthy();
});
