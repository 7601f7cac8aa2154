import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { answerWith } from "../../../tests/api";
import { show } from "../../../tests/render";
import { aFunction, anExecution } from "../../../tests/samples";
import { announcement } from "@/lib/announce";
import { RunPanel } from "./RunPanel";

const estimate = {
  success: true,
  data: { tier: "basic", estimatedCost: 0.00015, estimatedDuration: 12, basis: "history", breakdown: {}, range: {}, resourceUsage: {} },
};

const answers = (execution = anExecution()) => ({
  "POST /api/costs/estimate": estimate,
  "POST /api/functions/f1/execute": { executionId: execution._id },
  [`GET /api/executions/${execution._id}`]: execution,
});

const run = () => screen.getByRole("button", { name: "Run" });

it("shows the estimate, runs the function and shows the result", async () => {
  const asked = answerWith(answers(anExecution({ logs: [{ level: "warn", message: "look out", timestamp: "2026-01-31T12:00:00.000Z" }] })));
  show(<RunPanel fn={aFunction()} initialInput='{"a": 1, "b": 2}' />);
  await screen.findByText("$0.000150");
  await userEvent.click(run());
  await screen.findByText("Completed");
  expect(asked.find(({ request }) => request.endsWith("/execute"))?.body).toEqual({ input: { a: 1, b: 2 } });
  expect(screen.getByRole("group", { name: "Output" }).textContent).toBe("3");
  expect(screen.getByText("Cold")).toBeTruthy();
  expect(screen.getByText("$0.000150012")).toBeTruthy();
  expect(screen.getByText("look out")).toBeTruthy();
  await waitFor(() => expect(announcement.get()).toContain("Execution completed in 12.5 ms for $0.000150012."));
});

it("refuses an input that is not valid JSON", async () => {
  const asked = answerWith(answers());
  show(<RunPanel fn={aFunction()} initialInput="{a: 1}" />);
  expect((await screen.findByRole("alert")).textContent).toContain("Invalid JSON");
  expect(run()).toHaveProperty("disabled", true);
  expect(asked).toEqual([]);
});

it("does not run an inactive function, and says why", () => {
  answerWith(answers());
  show(<RunPanel fn={aFunction({ status: "inactive" })} initialInput="{}" />);
  expect(run()).toHaveProperty("disabled", true);
  expect(screen.getByText(/Activate it to run it/)).toBeTruthy();
});

it("shows the error and its stack", async () => {
  const failed = anExecution({ status: "failed", output: null, error: "Error: no", stack: "    at function.js:2:7", errorKind: "user_error" });
  answerWith(answers(failed));
  show(<RunPanel fn={aFunction()} initialInput="{}" />);
  await userEvent.click(run());
  await screen.findByText("Failed");
  expect(screen.getByText("Error: no")).toBeTruthy();
  expect(screen.getByText(/function\.js:2:7/)).toBeTruthy();
  expect(screen.queryByRole("group", { name: "Output" })).toBeNull();
});
