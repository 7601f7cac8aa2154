import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it } from "vitest";
import { show } from "../../../tests/render";
import { session } from "@/lib/session/session";
import { CallCard } from "./CallCard";

afterEach(() => session.set({ state: "asking" }));

const URL = `${window.location.origin}/api/functions/f1/invoke`;

it("copies the ID, the URL and a curl command of a function", async () => {
  const user = userEvent.setup();
  session.set({ state: "open" });
  show(<CallCard functionId="f1" input={'{\n  "n": 1\n}'} />);
  const copied = async (label: string) => {
    await user.click(screen.getByRole("button", { name: `Copy ${label}` }));
    return navigator.clipboard.readText();
  };
  expect(await copied("function ID")).toBe("f1");
  expect(await copied("URL")).toBe(URL);
  expect(await copied("curl command")).toBe(`curl '${URL}' \\\n  -H 'Content-Type: application/json' \\\n  -d '{"n":1}'`);
});

it("adds a key to the command where the server requires one, by a variable", () => {
  const key = { _id: "k1", name: "ada", role: "admin" as const, expiresAt: null };
  session.set({ state: "signed-in", key, text: "faas_secret" });
  show(<CallCard functionId="f1" input="{}" />);
  const command = screen.getByRole("group", { name: "curl command" }).textContent;
  expect(command).toContain('-H "Authorization: Bearer $FAAS_KEY"');
  expect(command).not.toContain("faas_secret");
});
