import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { answerWith } from "../../../tests/api";
import { show } from "../../../tests/render";
import { SchedulesPage } from "./SchedulesPage";

const schedule = {
  _id: "s1",
  functionId: "f1",
  name: "daily",
  cron: "0 9 * * *",
  timeZone: "Asia/Tokyo",
  enabled: true,
  missed: "once",
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  nextAt: "2026-01-02T00:00:00.000Z",
  upcoming: ["2026-01-02T00:00:00.000Z"],
  last: { scheduledTime: "2026-01-01T00:00:00.000Z", executionId: "e1" },
  failure: null,
};
const functions = [{ _id: "f1", name: "report" }];
const page = (...schedules: object[]) => ({ schedules, nextCursor: null });

it("says how to begin when there are no schedules", async () => {
  answerWith({ "GET /api/schedules": page(), "GET /api/functions": [] });
  show(<SchedulesPage />);
  expect(await screen.findByText("No schedules yet")).toBeTruthy();
});

it("shows the next time, the failure and what can be done", async () => {
  const failure = { scheduledTime: "2026-01-01T00:00:00.000Z", at: "2026-01-01T00:00:00.000Z", error: "the function is inactive" };
  const paused = { ...schedule, _id: "s2", name: "weekly", enabled: false, nextAt: null, failure };
  const asked = answerWith({
    "GET /api/schedules": page(schedule, paused),
    "GET /api/functions": functions,
    "POST /api/schedules/s1/fire": { executionId: "e2" },
    "POST /api/schedules/s1/pause": { ...schedule, enabled: false },
    "DELETE /api/schedules/s2": { message: "deleted" },
  });
  show(<SchedulesPage />);
  const table = await screen.findByRole("table", { name: "Schedules" });
  expect(await within(table).findByText(/in Asia\/Tokyo/)).toBeTruthy();
  expect(within(table).getByText("Paused")).toBeTruthy();
  expect(within(table).getByText(/the function is inactive/)).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Fire daily" }));
  await userEvent.click(screen.getByRole("button", { name: "Pause daily" }));
  expect(screen.getByRole("button", { name: "Resume weekly" })).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Delete weekly" }));
  await userEvent.click(screen.getByRole("button", { name: "Delete", hidden: true }));
  await waitFor(() => {
    const sent = asked.map(({ request }) => request).filter((request) => !request.startsWith("GET"));
    expect(sent).toEqual(["POST /api/schedules/s1/fire", "POST /api/schedules/s1/pause", "DELETE /api/schedules/s2"]);
  });
});

it("creates a schedule, with a preview of its next times from the server", async () => {
  const asked = answerWith({
    "GET /api/schedules": page(),
    "GET /api/functions": functions,
    "POST /api/schedules/preview": { upcoming: ["2026-01-02T00:00:00.000Z"] },
    "POST /api/functions/f1/schedules": schedule,
  });
  show(<SchedulesPage />);
  await userEvent.click(await screen.findByRole("button", { name: "New schedule" }));
  await userEvent.click(await screen.findByRole("button", { name: "Save" , hidden: true }));
  expect(await screen.findByText("Enter a name.")).toBeTruthy();
  await userEvent.selectOptions(screen.getByLabelText("Function"), "f1");
  await userEvent.type(screen.getByLabelText("Name"), "often");
  await userEvent.selectOptions(screen.getByLabelText("Fires"), "every");
  const next = screen.getByRole("heading", { name: "Next times", hidden: true }).parentElement;
  await waitFor(() => expect(next?.textContent).toMatch(/2026/));
  await userEvent.click(screen.getByRole("button", { name: "Save", hidden: true }));
  await waitFor(() => {
    const sent = asked.find(({ request }) => request === "POST /api/functions/f1/schedules");
    expect(sent?.body).toEqual({ name: "often", missed: "once", input: null, every: "5m" });
  });
});
