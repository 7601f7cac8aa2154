import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { show } from "../../tests/render";
import { ConfirmDialog } from "./Dialog";

function ask() {
  const [confirm, close] = [vi.fn(), vi.fn()];
  show(
    <ConfirmDialog title="Delete add?" action="Delete it" busy={false} onConfirm={confirm} onClose={close}>
      It will be gone.
    </ConfirmDialog>,
  );
  return { confirm, close, dialog: screen.getByRole("dialog", { name: "Delete add?" }) };
}

it("does nothing before it is confirmed", async () => {
  const { confirm, close } = ask();
  await userEvent.click(screen.getByRole("button", { name: "Keep it" }));
  expect(close).toHaveBeenCalledOnce();
  expect(confirm).not.toHaveBeenCalled();
});

it("does it when it is confirmed", async () => {
  const { confirm } = ask();
  await userEvent.click(screen.getByRole("button", { name: "Delete it" }));
  expect(confirm).toHaveBeenCalledOnce();
});

it("is closed by Escape", () => {
  const { close, dialog } = ask();
  fireEvent(dialog, new Event("cancel", { cancelable: true }));
  expect(close).toHaveBeenCalledOnce();
});
