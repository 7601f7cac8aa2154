import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import * as client from "@/lib/api/client";
import { show } from "../../../tests/render";
import { SignInPage } from "./SignInPage";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const refuse = (error: client.ApiError) => vi.spyOn(client, "getAs").mockRejectedValue(error);
const field = () => screen.getByLabelText<HTMLInputElement>("API key");
const button = () => screen.getByRole("button", { name: "Sign in" });

it("hides the key, has the focus, and is not saved by the browser", () => {
  show(<SignInPage reason="Your key was revoked." />);
  expect([field().type, field().autocomplete]).toEqual(["password", "off"]);
  expect(document.activeElement).toBe(field());
  expect(button()).toHaveProperty("disabled", true);
  expect(screen.getByRole("status").textContent).toBe("Your key was revoked.");
});

it("shows the error of a key at the field", async () => {
  const asked = refuse(new client.ApiError("the key has expired", 401, "key_expired"));
  show(<SignInPage reason={null} />);
  await userEvent.type(field(), "  faas_1_2 {Enter}");
  await screen.findByText("This key has expired.");
  expect(asked).toHaveBeenCalledWith("faas_1_2", "/api/session");
  expect(field().getAttribute("aria-invalid")).toBe("true");
  expect(document.activeElement).toBe(field());
});

it("sends no text that cannot be a key", async () => {
  const asked = refuse(new client.ApiError("no", 401, "key_invalid"));
  show(<SignInPage reason={null} />);
  await userEvent.type(field(), "a key{Enter}");
  await screen.findByText(/no spaces or special characters/);
  expect(asked).not.toHaveBeenCalled();
});

it("waits as long as the server requires after too many tries", async () => {
  refuse(new client.ApiError("too many requests", 429, "rate_limited", null, 2));
  vi.useFakeTimers({ shouldAdvanceTime: true });
  show(<SignInPage reason={null} />);
  await userEvent.setup({ advanceTimers: vi.advanceTimersByTime }).type(field(), "faas_1_2{Enter}");
  await screen.findByText("Too many failed sign-ins. Try again in 2 s.");
  expect(button()).toHaveProperty("disabled", true);
  await act(() => vi.advanceTimersByTimeAsync(2_600));
  expect(screen.getByText("Too many failed sign-ins. Try again now.")).toBeTruthy();
  expect(button()).toHaveProperty("disabled", false);
});
