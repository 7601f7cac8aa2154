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

it("shows the newest event first, with the names of the functions", async () => {
  addToFeed([started("a"), started("b")]);
  show(<EventFeed />);
  const links = await screen.findAllByRole("link", { name: "add" });
  expect(links.map((link) => link.getAttribute("href"))).toEqual(["/executions/b", "/executions/a"]);
});

it("stands still while it is paused, and counts the new events", async () => {
  addToFeed([started("a")]);
  show(<EventFeed />);
  await userEvent.click(screen.getByRole("button", { name: "Pause" }));
  act(() => addToFeed([started("b"), started("c")]));
  expect(rows()).toHaveLength(1);
  expect(screen.getByText("Paused, 2 new events")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Resume" }));
  expect(rows()).toHaveLength(3);
});

it("shows at most 60 rows", () => {
  addToFeed(Array.from({ length: 500 }, (_, n) => started(String(n))));
  show(<EventFeed />);
  expect(rows()).toHaveLength(60);
});

it("shows that events were dropped", () => {
  addToFeed([{ type: "gap", data: { from: 10, to: 19 }, timestamp: "2026-01-31T12:00:00.000Z", seq: 19, epoch: 1 }]);
  show(<EventFeed />);
  expect(screen.getByText("10 events were dropped because they came too fast")).toBeTruthy();
});

it("shows which request was refused and why, and how many others were", () => {
  const data = { executionId: "e1", functionId: "f1", method: "GET", host: "10.0.0.1", port: 80, refusedBy: "server" as const, reason: "a private address", more: 7 };
  addToFeed([{ type: "request_refused", data, timestamp: "2026-01-31T12:00:00.000Z", seq: 1, epoch: 1 }]);
  show(<EventFeed />);
  expect(screen.getByText("GET 10.0.0.1: a private address (and 7 more)")).toBeTruthy();
});

it("filters by kind, keeps dropped events, and puts the filter into the address", async () => {
  const at = { timestamp: "2026-01-31T12:00:00.000Z", epoch: 1 };
  const reason = "queue length 14 > 10";
  addToFeed([
    started("a"),
    { type: "scaling_event", data: { action: "scale_up", instanceCount: 2, reason, timestamp: at.timestamp, functionId: null }, seq: seq++, ...at },
    { type: "gap", data: { from: 1, to: 5 }, seq: seq++, ...at },
  ]);
  const { router } = show(<EventFeed />);
  expect(rows()).toHaveLength(3);
  await userEvent.selectOptions(screen.getByLabelText("Kinds of events"), "Scaling");
  expect(router.state.location.search).toBe("?events=scaling");
  expect(rows().map(({ textContent }) => textContent)).toEqual([expect.stringContaining("5 events were dropped"), expect.stringContaining(reason)]);
  await userEvent.selectOptions(screen.getByLabelText("Kinds of events"), "Load tests");
  expect(rows()).toHaveLength(1);
});
