import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { answerWith } from "../../../tests/api";
import { show } from "../../../tests/render";
import { aFunction, aLoadTest, anExecution } from "../../../tests/samples";
import type { LoadEstimate } from "@/lib/api/types";
import { LoadTestForm } from "./LoadTestForm";

const GUESS: LoadEstimate = { requests: 600, total: 119, low: 119, high: 211, duration: 1_000, basis: "default" };
const MEASURED: LoadEstimate = { ...GUESS, total: 0.5, low: 0.4, high: 0.6, duration: 2, basis: "history" };

function open(estimate: unknown, onRun = () => {}) {
  const asked = answerWith({
    "GET /api/functions": [aFunction()],
    "GET /api/samples": [],
    "POST /api/load-tests/estimate": estimate,
    "POST /api/load-tests": aLoadTest(),
    "POST /api/functions/f1/execute": () => {
      onRun();
      return { executionId: "e1" };
    },
    "GET /api/executions/e1": anExecution({ _id: "e1" }),
  });
  show(<LoadTestForm />, "/monitoring/load-tests");
  return asked;
}

it("says that an estimate without history is a guess, and starts with a few runs", async () => {
  let runs = 0;
  open(
    () => (runs >= 5 ? MEASURED : GUESS),
    () => runs++,
  );
  expect(await screen.findByText(/No history yet: the estimate is a guess/)).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Run it 5 times first" }));
  expect(await screen.findByText(/based on recent runs/)).toBeTruthy();
  expect(runs).toBe(5);
  expect(screen.queryByText(/No history yet/)).toBeNull();
  expect(screen.getByText("$0.500000")).toBeTruthy();
});

it("runs nothing first for a function with history", async () => {
  const asked = open(MEASURED);
  expect(await screen.findByText(/based on recent runs/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: /times first/ })).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Start the load test" }));
  await waitFor(() => expect(asked.map(({ request }) => request)).toContain("POST /api/load-tests"));
});
