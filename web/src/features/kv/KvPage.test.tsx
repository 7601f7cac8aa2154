import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { answerWith } from "../../../tests/api";
import { show } from "../../../tests/render";
import * as client from "@/lib/api/client";
import { KvPage } from "./KvPage";

const namespaces = { namespaces: [{ name: "orders", keys: 2, bytes: 2048 }], nextCursor: null };
const keyPage = { keys: [{ name: "a/1", bytes: 5, expiresAt: null, metadata: { by: "me" } }], nextCursor: null };

it("says how to begin when there are no keys", async () => {
  answerWith({ "GET /api/kv": { namespaces: [], nextCursor: null }, "GET /api/functions": [] });
  show(<KvPage />);
  expect(await screen.findByText("No keys yet")).toBeTruthy();
});

it("opens a namespace, shows a value, stores a change and deletes the key", async () => {
  const asked = answerWith({
    "GET /api/kv": namespaces,
    "GET /api/kv/orders/keys": keyPage,
    "GET /api/functions": [],
    "DELETE /api/kv/orders/values/a%2F1": { message: "Key deleted" },
  });
  const value = { text: "shipped", isText: true, metadata: '{"by":"me"}', expiresAt: null };
  vi.spyOn(client, "getText").mockResolvedValue(value);
  const stored = vi.spyOn(client, "putText").mockResolvedValue({});
  show(<KvPage />);
  await userEvent.click(await screen.findByRole("button", { name: "orders" }));
  await userEvent.click(await screen.findByRole("button", { name: "a/1" }));
  const field = await screen.findByRole("textbox", { name: "Value" });
  await userEvent.clear(field);
  await userEvent.type(field, "returned");
  await userEvent.click(screen.getByRole("button", { name: "Store" }));
  await waitFor(() => expect(stored).toHaveBeenCalledWith("/api/kv/orders/values/a%2F1", "returned", { metadata: '{"by":"me"}' }));
  await userEvent.click(await screen.findByRole("button", { name: "Delete a/1" }));
  await userEvent.click(screen.getByRole("button", { name: "Delete" , hidden: true }));
  await waitFor(() => expect(asked.some(({ request }) => request.startsWith("DELETE"))).toBe(true));
});
