import { expect, it } from "vitest";
import type { Schedule } from "@/lib/api/types";
import { draftOf, errorsOf, requestOf, timesOf } from "./draft";

const schedule: Schedule = {
  _id: "s1",
  functionId: "f1",
  name: "daily",
  cron: "0 9 * * *",
  timeZone: "Europe/Berlin",
  input: { a: 1 },
  enabled: true,
  missed: "all",
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  nextAt: "2026-01-02T08:00:00.000Z",
  upcoming: ["2026-01-02T08:00:00.000Z"],
  last: null,
  failure: null,
};

it("makes the same request of a schedule that is not changed", () => {
  const draft = draftOf(schedule, "");
  expect(errorsOf(draft)).toEqual({ functionId: null, name: null, times: null, input: null });
  expect(requestOf(draft)).toEqual({ name: "daily", missed: "all", input: { a: 1 }, cron: "0 9 * * *", timeZone: "Europe/Berlin" });
});

it("keeps the moment of a single time through the field in the viewer's zone", () => {
  const { cron: _cron, timeZone: _zone, ...rest } = schedule;
  const draft = draftOf({ ...rest, at: "2026-07-01T12:30:00.000Z" }, "");
  expect(draft.kind).toBe("at");
  expect(timesOf(draft)).toEqual({ at: "2026-07-01T12:30:00.000Z" });
});

it("says what is missing", () => {
  const empty = { ...draftOf(null, ""), cron: " ", input: "{" };
  expect(Object.values(errorsOf(empty)).every((error) => error !== null)).toBe(true);
  expect(requestOf({ ...draftOf(null, "f1"), name: " x ", kind: "every" })).toEqual({ name: "x", missed: "once", input: null, every: "5m" });
});
