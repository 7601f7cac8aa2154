import { screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { show } from "../../../tests/render";
import { aFunction } from "../../../tests/samples";
import { session } from "@/lib/session/session";
import { HttpCard } from "./HttpCard";

afterEach(() => session.set({ state: "asking" }));

const key = { _id: "k1", name: "ada", role: "admin" as const, expiresAt: null };
const answering = (http: object) => aFunction({ name: "my fn", config: { ...aFunction().config, http: { enabled: true, ...http } } });
const URL = `${window.location.origin}/f/my%20fn`;

it("shows nothing for a function that answers no requests", () => {
  show(<HttpCard fn={aFunction()} />);
  expect(screen.queryByText("HTTP")).toBeNull();
});

it("shows the address, the routes and a command without a key for a public function", () => {
  session.set({ state: "signed-in", key, text: "faas_secret" });
  show(<HttpCard fn={answering({ auth: "public", routes: ["GET /orders/:id"] })} />);
  expect(screen.getByRole("button", { name: "Copy HTTP URL" })).toBeTruthy();
  expect(screen.getByText("GET /orders/:id")).toBeTruthy();
  expect(screen.getByRole("group", { name: "HTTP curl command" }).textContent).toBe(`curl -i '${URL}'`);
});

it("adds a key to the command of a function that needs one", () => {
  session.set({ state: "signed-in", key, text: "faas_secret" });
  show(<HttpCard fn={answering({})} />);
  const command = screen.getByRole("group", { name: "HTTP curl command" }).textContent;
  expect(command).toContain('-H "Authorization: Bearer $FAAS_KEY"');
  expect(command).not.toContain("faas_secret");
});
