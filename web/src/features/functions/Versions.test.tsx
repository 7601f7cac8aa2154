import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { answerWith } from "../../../tests/api";
import { show } from "../../../tests/render";
import { aFunction } from "../../../tests/samples";
import type { Alias } from "@/lib/api/types";
import { Versions } from "./Versions";

const movedAt = "2026-01-31T14:05:09.123Z";
const fn = aFunction({ version: 3 });
const { updatedAt, codeLength, config, tier } = fn;
const versions = [3, 2, 1].map((version) => ({ version, updatedAt, codeLength, config, tier }));
const listed = (aliases: Record<string, Alias>) => ({ [`GET /api/functions/${fn._id}/versions`]: { versions, aliases } });
const row = (version: number) => screen.getByRole("row", { name: new RegExp(`^${version}`) });

it("rolls back to a version after confirmation", async () => {
  const path = `PUT /api/functions/${fn._id}/aliases/live`;
  const asked = answerWith({ ...listed({}), [path]: fn });
  show(<Versions fn={fn} />);
  await screen.findByText("live");
  expect(within(row(3)).queryByRole("button", { name: /live/ })).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Make live: version 2" }));
  expect(asked.some(({ request }) => request === path)).toBe(false);
  await userEvent.click(screen.getByRole("button", { name: "Roll back" }));
  await waitFor(() => expect(asked.find(({ request }) => request === path)?.body).toEqual({ version: 2 }));
});

it("shows the shares of two versions, and lets either of them have all calls", async () => {
  const live: Alias = { version: 2, weights: { "2": 90, "3": 10 }, movedAt, reason: "step 1 of 3: 10 %" };
  answerWith(listed({ live }));
  show(<Versions fn={fn} />);
  expect(await screen.findByText("live 90 %")).toBeTruthy();
  expect(screen.getByText("live 10 %")).toBeTruthy();
  expect(screen.getByText(/step 1 of 3/)).toBeTruthy();
  expect(screen.getByRole("button", { name: "Make live: version 2" })).toBeTruthy();
  expect(screen.getByRole("button", { name: "Make live: version 3" })).toBeTruthy();
});
