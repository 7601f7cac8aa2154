import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { show } from "../../tests/render";
import { ConfirmDialog } from "./Dialog";

function ask() {
  const [confirm, close] = [vi.fn(), vi.fn()];
  show(
    <ConfirmDialog title="Delete add?" action="Delete" onConfirm={confirm} onClose={close}>
      It will be gone.
    </ConfirmDialog>,
  );
  return { confirm, close, dialog: screen.getByRole("dialog", { name: "Delete add?" }) };
}

it("does nothing until it is confirmed", async () => {
  const { confirm, close } = ask();
  await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(close).toHaveBeenCalledOnce();
  expect(confirm).not.toHaveBeenCalled();
});

it("acts when it is confirmed", async () => {
  const { confirm } = ask();
  await userEvent.click(screen.getByRole("button", { name: "Delete" }));
  expect(confirm).toHaveBeenCalledOnce();
});

it("closes with Escape", () => {
  const { close, dialog } = ask();
  fireEvent(dialog, new Event("cancel", { cancelable: true }));
  expect(close).toHaveBeenCalledOnce();
});

it("inherits no styles from the table cell that opened it", () => {
  const cell = (
    <table>
      <tbody>
        <tr>
          <td className="whitespace-nowrap">
            <ConfirmDialog title="Delete add?" action="Delete" onConfirm={() => {}} onClose={() => {}}>
              A long text.
            </ConfirmDialog>
          </td>
        </tr>
      </tbody>
    </table>
  );
  show(cell);
  expect(screen.getByRole("dialog").closest("td")).toBeNull();
});
