import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { renderPage } from "../../../tests/render";
import { get } from "@/lib/api/client";
import { addToFeed, feed } from "@/lib/live/feed";
import type { LiveEvent } from "@/lib/live/events";
import { EventFeed } from "./EventFeed";

vi.mock("@/lib/api/client", async (real) => ({ ...(await real<typeof import("@/lib/api/client")>()), get: vi.fn<typeof get>() }));

let seq = 0;
const envelope = () => ({ timestamp: "2026-01-31T12:00:00.000Z", seq: seq++, epoch: 1 });

const failed = (error: string): LiveEvent => ({
  type: "execution_failed",
  data: {
    executionId: `e${seq}`,
    functionId: "f1",
    status: "failed",
    error,
    errorKind: "user_error",
    retryCount: 0,
    duration: 1,
    cost: { tier: "basic", baseCost: 0, coldStartCost: 0, retryCost: 0, dataTransferCost: 0, totalCost: 0 },
  },
  ...envelope(),
});

const scaled = (reason: string): LiveEvent => ({
  type: "scaling_event",
  data: { action: "scale_up", instanceCount: 2, reason, timestamp: "2026-01-31T12:00:00.000Z", functionId: null },
  ...envelope(),
});

const happen = (...events: LiveEvent[]) => act(() => addToFeed(events));
const rows = () => within(screen.getByRole("list", { name: "Events" })).getAllByRole("listitem").map(({ textContent }) => textContent);

describe("the feed of events", () => {
  beforeEach(() => {
    feed.set({ events: [], total: 0 });
    vi.mocked(get).mockResolvedValue([]);
  });

  it("shows what happens, newest first", () => {
    renderPage(<EventFeed />);
    expect(screen.getByText("Nothing has happened since the page was opened")).toBeDefined();
    happen(failed("the first"), failed("the second"));
    expect(rows()[0]).toContain("the second");
    expect(rows()[1]).toContain("the first");
  });

  it("stands still while it is paused, says what it holds back, and goes on", async () => {
    renderPage(<EventFeed />);
    happen(failed("before"));
    await userEvent.click(screen.getByRole("button", { name: "Pause" }));
    happen(failed("meanwhile"), failed("meanwhile"));
    expect(rows()).toHaveLength(1);
    expect(screen.getByText("Paused; 2 more since")).toBeDefined();
    await userEvent.click(screen.getByRole("button", { name: "Go on" }));
    expect(rows()).toHaveLength(3);
  });

  it("shows one kind alone, and never hides a gap", async () => {
    renderPage(<EventFeed />);
    happen(failed("broken"), scaled("queue length 14 > 10"), { type: "gap", data: { from: 1, to: 5 }, ...envelope() });
    await userEvent.selectOptions(screen.getByLabelText("Kinds of events"), "Scaling");
    expect(rows()).toHaveLength(2);
    expect(rows()[0]).toContain("5 events came too fast");
    expect(rows()[1]).toContain("queue length 14 > 10");
  });
});
