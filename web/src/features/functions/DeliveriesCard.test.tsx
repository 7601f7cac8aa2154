import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { answerWith } from "../../../tests/api";
import { show } from "../../../tests/render";
import type { Delivery, Fn } from "@/lib/api/types";
import { DeliveriesCard } from "./DeliveriesCard";

const id = "01890a5d-ac96-774b-bcce-b302099a8057";
const fn = { _id: "f", config: { destinations: { onEnd: [{ function: "next" }] } } } as Fn;
const failed: Delivery = {
  _id: `${id}_0`,
  executionId: id,
  functionId: "f",
  condition: "end",
  target: { function: "next" },
  status: "failed",
  dueAt: null,
  attemptCount: 1,
  attempts: [{ at: "2026-01-31T14:05:09.123Z", status: null, message: 'no function is named "next"' }],
  replays: 0,
};

it("shows why a delivery failed and replays it", async () => {
  const asked = answerWith({
    "GET /api/functions/f/deliveries": { deliveries: [failed], nextCursor: null },
    [`POST /api/deliveries/${id}_0/replay`]: { ...failed, status: "pending" },
  });
  show(<DeliveriesCard fn={fn} />);
  expect(await screen.findByText(/no function is named/)).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: /^Replay the delivery/ }));
  await waitFor(() => expect(asked.some(({ request }) => request.startsWith("POST"))).toBe(true));
});

it("shows nothing for a function without destinations", () => {
  show(<DeliveriesCard fn={{ ...fn, config: { ...fn.config, destinations: null } }} />);
  expect(screen.queryByText("Deliveries")).toBeNull();
});
