import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { answerWith } from "../../../tests/api";
import { show } from "../../../tests/render";
import { aFunction, anExecution } from "../../../tests/samples";
import type { Execution } from "@/lib/api/types";
import { ApiError } from "@/lib/api/client";
import { ExecutionPage } from "./ExecutionPage";

const next = anExecution({ _id: "e2", retryOf: "e1" });

function open(execution: Execution) {
  const asked = answerWith({
    [`GET /api/executions/${execution._id}`]: execution,
    "GET /api/executions/e2": next,
    "GET /api/functions": [aFunction()],
    "GET /api/functions/f1": aFunction(),
    [`POST /api/executions/${execution._id}/retry`]: { executionId: "e2" },
    "POST /api/costs/estimate": { success: true, data: { estimatedCost: 0.1, estimatedDuration: 5, basis: "history" } },
  });
  return { asked, ...show(<ExecutionPage />, `/executions/${execution._id}`, "/executions/:id") };
}

const unfinished = { output: null, duration: null, endTime: null, logs: [], attempts: [] };

it("says that an attempt is running while the function runs", async () => {
  open(anExecution({ _id: "e1", status: "running", ...unfinished }));
  expect(await screen.findByText("Attempt 1 is running")).toBeTruthy();
  expect(screen.getByText("The function is running.")).toBeTruthy();
  expect(screen.getByText("The logs appear here when the attempt ends.")).toBeTruthy();
  expect(screen.queryByText(/wrote no logs|No attempt/)).toBeNull();
});

it("says that a pending execution waits to start", async () => {
  open(anExecution({ _id: "e1", status: "pending", startTime: null as never, ...unfinished }));
  expect(await screen.findByText("Waiting to start")).toBeTruthy();
  expect(screen.getByText("The function has not started.")).toBeTruthy();
});

it.each([
  ["completed", {}],
  ["failed", { error: "Error: no", errorKind: "user_error" as const }],
] as const)("repeats a %s execution with the same input, as a new one that names it", async (status, failure) => {
  const { asked, router } = open(anExecution({ _id: "e1", status, ...failure }));
  await userEvent.click(await screen.findByRole("button", { name: "Run again" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/executions/e2"));
  expect(asked).toContainEqual({ request: "POST /api/executions/e1/retry", body: {} });
  const original = (await screen.findByText(/^Repeat of/)).querySelector("a");
  expect(original?.pathname).toBe("/executions/e1");
});

it("lets the input be edited before a repeat", async () => {
  const { asked } = open(anExecution({ _id: "e1" }));
  await userEvent.click(await screen.findByRole("button", { name: "Edit input and run" }));
  const dialog = within(screen.getByRole("dialog", { name: "Edit input and run" }));
  expect((await dialog.findByRole("textbox", { name: "Input (JSON)" })).textContent).toContain('"a": 1');
  await userEvent.click(dialog.getByRole("button", { name: "Run" }));
  await waitFor(() => expect(asked).toContainEqual({ request: "POST /api/executions/e1/retry", body: { input: { a: 1, b: 2 } } }));
});

const attempt = { startTime: "2026-01-31T12:00:00.000Z", duration: 12.5, cpuTime: 2.5, error: null, errorKind: null, instanceId: "i-1", coldStart: true };

it("shows the CPU time beside the duration, and a dash where it is not known", async () => {
  open(anExecution({ _id: "e1", attempts: [attempt, { ...attempt, cpuTime: 0 }] }));
  const stat = (await screen.findAllByText("CPU time")).find((label) => label.tagName === "DT")?.parentElement;
  expect(stat?.textContent).toBe("CPU time2.50 ms20% of the duration");
  const cells = within(screen.getByRole("table", { name: "Attempts" })).getAllByRole("cell").map(({ textContent }) => textContent);
  expect(cells).toContain("2.50 ms");
  expect(cells).toContain("—");
});

const call = { attempt: 1, name: "inventory.reserve", startTime: "2026-01-31T12:00:00.003Z", duration: 4.25, bytesIn: 120, bytesOut: 2_048, error: null };

it("lists the host calls with their offsets, bytes and outcomes", async () => {
  const second = { ...attempt, startTime: "2026-01-31T12:00:02.000Z" };
  const hostCalls = [
    call,
    { ...call, attempt: 2, name: "inventory.price", startTime: "2026-01-31T12:00:02.250Z", error: "ERR_SOLD_OUT" },
    { ...call, attempt: 2, error: "ERR_DROPPED" },
  ];
  open(anExecution({ _id: "e1", attempts: [attempt, second], hostCalls, hostCallCount: 3 }));
  const table = await screen.findByRole("table", { name: "Host calls" });
  const rows = within(table).getAllByRole("row").slice(1);
  const texts = rows.map((row) => within(row).getAllByRole("cell").map(({ textContent }) => textContent));
  expect(texts[0]).toEqual(["inventory.reserveattempt 1Answered", "Answered", "+3.00 ms", "120 bytes", "2 KiB", "4.25 ms"]);
  expect(texts[1]?.slice(0, 3)).toEqual(["inventory.priceattempt 2FailedERR_SOLD_OUT", "FailedERR_SOLD_OUT", "+250 ms"]);
  expect(texts[2]?.[1]).toBe("Dropped");
});

it("pages through many host calls, and says how many are not kept", async () => {
  const hostCalls = Array.from({ length: 30 }, (_, n) => ({ ...call, name: `inventory.call_${n}` }));
  open(anExecution({ _id: "e1", attempts: [attempt], hostCalls, hostCallCount: 1_234 }));
  expect(await screen.findByText("The first 30 of 1,234")).toBeTruthy();
  expect(screen.queryByText("inventory.call_25")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Next" }));
  expect(screen.getByText("inventory.call_25")).toBeTruthy();
});

it("shows no table of host calls where there are none", async () => {
  open(anExecution({ _id: "e1" }));
  await screen.findByRole("button", { name: "Run again" });
  expect(screen.queryByRole("heading", { name: "Host calls" })).toBeNull();
});

it("shows the full ID and the address to copy", async () => {
  open(anExecution({ _id: "01a207c8-41ed-7000-a324-f4dd6043b235" }));
  expect(await screen.findByText("01a207c8-41ed-7000-a324-f4dd6043b235")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Copy execution ID" })).toBeTruthy();
  expect(screen.getByRole("button", { name: "Copy API address" })).toBeTruthy();
});

it("offers a way out for an execution that does not exist, not another try", async () => {
  answerWith({
    "GET /api/executions/none": () => {
      throw new ApiError("Execution not found", 404, "execution_not_found");
    },
  });
  show(<ExecutionPage />, "/executions/none", "/executions/:id");
  expect(await screen.findByText(/Execution not found/)).toBeTruthy();
  expect(screen.getByRole("link", { name: "Go to the functions" })).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
});

it("shows who called: the name and the id, or only the id", async () => {
  const { unmount } = open(anExecution({ _id: "e1", caller: { id: "k1", name: "billing" } }));
  expect((await screen.findByText(/^Called by/)).textContent).toBe("Called by billing (k1)");
  unmount();
  open(anExecution({ _id: "e3", caller: { id: "tenant-7", name: null } }));
  expect((await screen.findByText(/^Called by/)).textContent).toBe("Called by tenant-7");
});

it("shows the priority and the keys with which it was queued", async () => {
  open(anExecution({ _id: "e1", priority: 5, concurrencyKey: "customer-1" }));
  expect(await screen.findByText("Priority 5, Concurrency key customer-1")).toBeTruthy();
});

it("says nothing of the caller where it is not known", async () => {
  open(anExecution({ _id: "e1" }));
  expect(await screen.findByText("Queue time")).toBeTruthy();
  expect(screen.queryByText(/^Called by/)).toBeNull();
});

it("shows the operations on keys and values, and their part of the cost", async () => {
  const plain = anExecution({ _id: "e1" });
  open({ ...plain, kv: { reads: 1_200, writes: 3, lists: 0 }, cost: { ...plain.cost, kvCost: 0.000615 } });
  const stat = (await screen.findAllByText("Keys and values")).find((label) => label.tagName === "DT")?.parentElement;
  expect(stat?.textContent).toBe("Keys and values1,2031,200 read, 3 written, 0 listed");
});
