import { screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { show } from "../../../tests/render";
import * as client from "@/lib/api/client";
import { today } from "./days";
import { Figures } from "./Figures";

it("tells running and waiting executions apart, and counts the executions and the cost of today in the same period, and names it", async () => {
  const periods: unknown[] = [];
  const answer = async (path: string, query?: client.Query) => {
    if (path === "/api/metrics") {
      const overview = { totalExecutions: 99, recentExecutions: 1, successRate: 100, runningExecutions: 3, waitingExecutions: 1_250, queuedExecutions: 0, currentInstances: 1, activeFunctions: 1 };
      return { overview, performance: { totalExecutionsToday: 77 } };
    }
    periods.push(query);
    return { success: true, data: { totalExecutions: 5, grandTotal: 0.25 } };
  };
  vi.spyOn(client, "get").mockImplementation(answer as typeof client.get);
  show(<Figures />);
  expect(await screen.findByText("5 today")).toBeTruthy();
  expect(screen.getAllByText("$0.250000").length).toBeGreaterThan(0);
  expect(screen.getByText(/Today starts at midnight in your time zone \(.+\)\./)).toBeTruthy();
  expect(screen.queryByText(/UTC\)$/)).toBeNull();
  expect(periods).toContainEqual(today(Date.now()));
  const running = screen.getByText("Running").parentElement;
  expect(running?.textContent).toBe("Running31,250 waiting");
});
