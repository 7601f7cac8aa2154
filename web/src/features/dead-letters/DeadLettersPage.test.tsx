import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { answerWith } from "../../../tests/api";
import { show } from "../../../tests/render";
import type { DeadLetterGroup, Redrive } from "@/lib/api/types";
import { DeadLettersPage } from "./DeadLettersPage";

const id = "01890a5d-ac96-774b-bcce-b302099a8057";
const group: DeadLetterGroup = {
  group: "00000000000000ff",
  functionId: id,
  functionName: "charge",
  errorKind: "user_error",
  error: "Error: card declined",
  count: 7,
  oldest: "2026-01-31T14:05:09.123Z",
  newest: "2026-01-31T14:05:09.123Z",
  newestExecutionId: id,
};
const run: Redrive = {
  _id: id,
  status: "running",
  startedAt: "2026-01-31T14:05:09.123Z",
  endedAt: null,
  total: 7,
  redriven: 3,
  skipped: 0,
  failed: 0,
  error: null,
  latestExecutionId: null,
};

it("says that there are none", async () => {
  answerWith({ "GET /api/dead-letters/groups": { groups: [], counted: 0, more: false }, "GET /api/dead-letters/redrives": [] });
  show(<DeadLettersPage />);
  expect(await screen.findByText("No dead letters")).toBeTruthy();
});

it("redrives a group in the version that failed, and shows how far that has come", async () => {
  const runs: Redrive[] = [];
  const asked = answerWith({
    "GET /api/dead-letters/groups": { groups: [group], counted: 7, more: true },
    "GET /api/dead-letters/redrives": () => [...runs],
    "POST /api/dead-letters/redrive": () => {
      runs.push(run);
      return run;
    },
  });
  show(<DeadLettersPage />);
  expect(await screen.findByText("7+")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: /^Redrive: charge/ }));
  const dialog = within(screen.getByRole("dialog", { hidden: true }));
  await userEvent.selectOptions(dialog.getByRole("combobox", { name: "Version", hidden: true }), "original");
  await userEvent.click(dialog.getByRole("button", { name: "Redrive", hidden: true }));
  await waitFor(() =>
    expect(asked.find(({ request }) => request.startsWith("POST"))?.body).toEqual({ group: group.group, version: "original", rate: 50 }),
  );
  expect(await screen.findByText(/3 of 7 redriven/)).toBeTruthy();
});

it("asks before it discards", async () => {
  const asked = answerWith({
    "GET /api/dead-letters/groups": { groups: [group], counted: 7, more: false },
    "GET /api/dead-letters/redrives": [],
    "POST /api/dead-letters/discard": { discarded: 7, more: false },
  });
  show(<DeadLettersPage />);
  await userEvent.click(await screen.findByRole("button", { name: /^Discard: charge/ }));
  expect(asked.some(({ request }) => request.startsWith("POST"))).toBe(false);
  const dialog = within(screen.getByRole("dialog", { hidden: true }));
  await userEvent.click(dialog.getByRole("button", { name: "Discard", hidden: true }));
  await waitFor(() => expect(asked.at(-1)?.request.includes("dead-letters")).toBe(true));
  expect(asked.find(({ request }) => request.startsWith("POST"))?.body).toEqual({ group: group.group });
});
