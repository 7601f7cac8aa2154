import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { answerWith } from "../../../tests/api";
import { show } from "../../../tests/render";
import { aFunction } from "../../../tests/samples";
import { StatusButton } from "./FunctionActions";

const PUT = "PUT /api/functions/f1";

it("deactivates a function only after confirmation", async () => {
  const asked = answerWith({ [PUT]: aFunction({ status: "inactive" }) });
  show(<StatusButton fn={aFunction()} />);
  await userEvent.click(screen.getByRole("button", { name: "Deactivate" }));
  expect(asked).toEqual([]);
  const dialog = screen.getByRole("dialog", { name: "Deactivate add?" });
  await userEvent.click(within(dialog).getByRole("button", { name: "Deactivate" }));
  await waitFor(() => expect(asked).toEqual([{ request: PUT, body: { status: "inactive" } }]));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

it("activates a function at once", async () => {
  const asked = answerWith({ [PUT]: aFunction() });
  show(<StatusButton fn={aFunction({ status: "inactive" })} />);
  await userEvent.click(screen.getByRole("button", { name: "Activate" }));
  await waitFor(() => expect(asked).toEqual([{ request: PUT, body: { status: "active" } }]));
});
