import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it } from "vitest";
import { answerWith } from "../../../tests/api";
import { show } from "../../../tests/render";
import { aFunction, pricing } from "../../../tests/samples";
import { ApiError } from "@/lib/api/client";
import { canStoreSecrets } from "@/lib/session/session";
import { FunctionForm } from "./FunctionForm";

const SET = "2026-01-31T12:00:00.000Z";
const fn = aFunction({
  config: { ...aFunction().config, env: { GREETING: "hi" }, secrets: [{ name: "API_KEY", setAt: SET }] },
});

function open(put: unknown = fn) {
  const asked = answerWith({
    "GET /api/samples": [],
    "GET /api/costs/pricing": { success: true, data: pricing },
    "POST /api/costs/estimate": { success: true, data: { estimatedDuration: 5, basis: "default" } },
    "PUT /api/functions/f1": put,
    "POST /api/functions": fn,
  });
  /** The body that was sent. */
  const sent = () => asked.find(({ request }) => request.startsWith("PUT"))?.body as { config: Record<string, unknown> } | undefined;
  return { asked, sent };
}

afterEach(() => canStoreSecrets.set(true));

const save = () => userEvent.click(screen.getByRole("button", { name: "Save" }));

it("sets, changes and removes variables and secrets with the keyboard", async () => {
  const { sent } = open();
  show(<FunctionForm fn={fn} />);
  const list = await screen.findByRole("list", { name: "Variables and secrets" });
  await userEvent.clear(within(list).getByRole("textbox", { name: "Value" }));
  await userEvent.type(within(list).getByRole("textbox", { name: "Value" }), "hello");
  screen.getByRole("button", { name: "Add a variable" }).focus();
  await userEvent.keyboard("{Enter}REGION{Tab}eu");
  screen.getByRole("button", { name: "Add a secret" }).focus();
  await userEvent.keyboard("{Enter}TOKEN{Tab}");
  expect(document.activeElement?.getAttribute("type")).toBe("password");
  await userEvent.keyboard("t0ken");
  screen.getByRole("button", { name: "Remove API_KEY" }).focus();
  await userEvent.keyboard("{Enter}");
  expect(document.activeElement?.textContent).toBe("Add a variable");
  await save();
  await waitFor(() =>
    expect(sent()?.config).toMatchObject({
      env: { GREETING: "hello", REGION: "eu" },
      secrets: { TOKEN: "t0ken", API_KEY: null },
    }),
  );
});

it("replaces a secret, and can keep the old one after all", async () => {
  const { sent } = open();
  const { container } = show(<FunctionForm fn={fn} />);
  await userEvent.click(await screen.findByRole("button", { name: "Replace API_KEY" }));
  expect(document.activeElement?.getAttribute("type")).toBe("password");
  await userEvent.keyboard("typed by mistake");
  await userEvent.click(screen.getByRole("button", { name: "Keep API_KEY as it is" }));
  expect(document.activeElement?.getAttribute("aria-label")).toBe("Replace API_KEY");
  expect(container.textContent).toContain("Set");
  await save();
  await waitFor(() => expect(sent()).toBeDefined());
  expect(sent()?.config).toEqual({ timeout: 30_000, retryCount: 3, retry: null, concurrency: null, concurrencyPerKey: null, runtime: null, memory: null, bindings: null, kv: null, http: null, egress: null });
});

it("keeps the line breaks of a pasted secret", async () => {
  const { sent } = open();
  show(<FunctionForm fn={fn} />);
  await userEvent.click(await screen.findByRole("button", { name: "Replace API_KEY" }));
  await userEvent.paste("-----BEGIN\nkey\n-----END");
  expect(screen.getByText("The value has several lines.")).toBeTruthy();
  await save();
  await waitFor(() => expect(sent()?.config["secrets"]).toEqual({ API_KEY: "-----BEGIN\nkey\n-----END" }));
});

it("marks the invalid line and sends nothing until it is valid", async () => {
  const { asked, sent } = open();
  show(<FunctionForm fn={fn} />);
  await userEvent.click(await screen.findByRole("button", { name: "Add a secret" }));
  await userEvent.keyboard("API-KEY");
  await save();
  const name = screen.getByRole("textbox", { name: "Secret" });
  expect(name.getAttribute("aria-invalid")).toBe("true");
  expect(document.getElementById(name.getAttribute("aria-describedby") ?? "")?.textContent).toMatch(/not start with a digit/);
  expect(screen.getByText("Enter a value.")).toBeTruthy();
  expect(asked.some(({ request }) => request.startsWith("PUT"))).toBe(false);
  await userEvent.clear(name);
  await userEvent.type(name, "OTHER_KEY{Tab}value");
  await save();
  await waitFor(() => expect(sent()?.config["secrets"]).toEqual({ OTHER_KEY: "value" }));
});

it("shows why the server refuses a secret", async () => {
  open(() => {
    throw new ApiError("secrets cannot be stored: no secret key is configured to seal them with", 409, "conflict");
  });
  show(<FunctionForm fn={fn} />);
  await userEvent.click(await screen.findByRole("button", { name: "Replace API_KEY" }));
  await userEvent.keyboard("new");
  await save();
  expect((await screen.findByRole("alert")).textContent).toMatch(/no secret key is configured/);
});

it("offers no secrets on a server without a key for them, and says what the operator must set", async () => {
  open();
  canStoreSecrets.set(false);
  show(<FunctionForm fn={null} />);
  expect(await screen.findByRole("button", { name: "Add a variable" })).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Add a secret" })).toBeNull();
  expect(screen.getByText(/operator must start the server with FAAS_SECRET_KEY/)).toBeTruthy();
});
