import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { show } from "../../tests/render";
import { announcement } from "@/lib/announce";
import { CopyField } from "./Copy";

it("copies the text and says so", async () => {
  const user = userEvent.setup();
  show(<CopyField label="function ID" text="f1" />);
  await user.click(screen.getByRole("button", { name: "Copy function ID" }));
  expect(await navigator.clipboard.readText()).toBe("f1");
  await waitFor(() => expect(announcement.get()).toContain("copied"));
});

it("says how to copy where the browser does not allow it", async () => {
  const user = userEvent.setup();
  vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new Error("not allowed"));
  show(<CopyField label="function ID" text="f1" />);
  await user.click(screen.getByRole("button", { name: "Copy function ID" }));
  await waitFor(() => expect(announcement.get()).toContain("Select the text"));
});
