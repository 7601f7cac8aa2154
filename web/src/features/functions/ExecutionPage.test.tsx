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
