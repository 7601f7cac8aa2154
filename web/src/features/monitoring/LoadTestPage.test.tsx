import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { aLoadTest } from "../../../tests/samples";
import { show } from "../../../tests/render";
import { announcement } from "@/lib/announce";
import { ApiError, del, get } from "@/lib/api/client";
import type { LiveEvent } from "@/lib/live/events";
import { Patches } from "@/lib/live/patches";
import { LoadTestPage } from "./LoadTestPage";

vi.mock("@/lib/api/client", async (real) => ({
  ...(await real<typeof import("@/lib/api/client")>()),
  get: vi.fn<typeof get>(),
  del: vi.fn<typeof del>(),
}));

const open = () => show(<LoadTestPage />, "/monitoring/load-tests/l1", "/monitoring/load-tests/:id");

const result = (elapsedSeconds: number, total: number) => ({ ...aLoadTest().result, elapsedSeconds, total, completed: total, successRate: 100 });

const heard = (type: "load_test_progress" | "load_test_finished", data: object): LiveEvent =>
  ({ type, data: { ...aLoadTest(), ...data }, timestamp: "2026-01-31T12:00:00.000Z", seq: 1, epoch: 1 }) as LiveEvent;

describe("the page of a load test", () => {
  beforeEach(() => {
    vi.mocked(get).mockResolvedValue(aLoadTest({ result: result(3, 60) }));
  });

  it("updates its progress with live events", async () => {
    const { client } = open();
    expect((await screen.findByRole("progressbar")).getAttribute("aria-valuenow")).toBe("10");
    act(() => new Patches(client).apply([heard("load_test_progress", { result: result(15, 1_234) })], 0));
    expect((await screen.findAllByText("1,234")).length).toBeGreaterThan(0);
    expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("50");
  });

  it("can be stopped", async () => {
    vi.mocked(del).mockResolvedValue(aLoadTest({ status: "stopping", result: result(3, 60) }));
    open();
    await userEvent.click(await screen.findByRole("button", { name: "Stop" }));
    expect(await screen.findByText("Stopping")).toBeDefined();
    expect(vi.mocked(del)).toHaveBeenCalledWith("/api/load-tests/l1");
  });

  it("compares the cost with the estimate at the end, and announces it once", async () => {
    const { client } = open();
    await screen.findByRole("progressbar");
    announcement.set("");
    const cost = { ...result(30, 90).cost, actual: 0.012, differencePercent: 20 };
    act(() => new Patches(client).apply([heard("load_test_finished", { status: "completed", result: { ...result(30, 90), cost } })], 0));
    expect(await screen.findByText(/20% more than estimated/)).toBeDefined();
    expect(announcement.get()).toBe("Load test completed: 90 calls for $0.012000.");
    expect(screen.getByRole("link", { name: "Run again" })).toHaveProperty("search", "?again=l1");
  });

  it("announces nothing for a test that ended before", async () => {
    announcement.set("");
    vi.mocked(get).mockResolvedValue(aLoadTest({ status: "stopped", result: result(3, 60) }));
    open();
    await screen.findByText("Stopped");
    expect(announcement.get()).toBe("");
  });

  it("offers a way out for a test that does not exist", async () => {
    vi.mocked(get).mockRejectedValue(new ApiError("load test not found", 404, "load_test_not_found"));
    open();
    expect(await screen.findByText(/load test not found/)).toBeDefined();
    expect(screen.getByRole("link", { name: "Go to the load tests" })).toBeDefined();
    expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
  });
});
