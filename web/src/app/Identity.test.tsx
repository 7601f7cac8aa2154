import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it } from "vitest";
import { show } from "../../tests/render";
import { drafts, keepDraft } from "@/lib/drafts";
import { session } from "@/lib/session/session";
import { Identity } from "./Identity";

const signedIn = () =>
  session.set({ state: "signed-in", key: { _id: "k1", name: "ada", role: "admin", expiresAt: null }, text: "faas_1" });

afterEach(() => {
  drafts.set(new Map());
  session.set({ state: "asking" });
});

const signOut = () => userEvent.click(screen.getByRole("button", { name: "Sign out" }));

it("signs out at once without unsaved changes", async () => {
  signedIn();
  show(<Identity />);
  await signOut();
  expect(session.get()).toEqual({ state: "signed-out", reason: null });
});

it("asks before signing out loses unsaved changes", async () => {
  signedIn();
  keepDraft("function f1", { code: "return 2" });
  show(<Identity />);
  await signOut();
  await userEvent.click(await screen.findByRole("button", { name: "Keep editing" }));
  expect(session.get().state).toBe("signed-in");
  await signOut();
  await userEvent.click(await screen.findByRole("button", { name: "Discard changes and sign out" }));
  expect(session.get().state).toBe("signed-out");
  expect(drafts.get().size).toBe(0);
});
