import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it } from "vitest";
import { answerWith } from "../../../tests/api";
import { show } from "../../../tests/render";
import { aFunction, pricing } from "../../../tests/samples";
import { ApiError } from "@/lib/api/client";
import { drafts } from "@/lib/drafts";
import { session } from "@/lib/session/session";
import { FunctionForm } from "./FunctionForm";

const sample = { name: "Array Sum", description: "Adds up", code: `return ${"1 + ".repeat(40)}1`, input: {}, expectedOutput: 41 };
const common = {
  "GET /api/samples": [sample],
  "GET /api/costs/pricing": { success: true, data: pricing },
};

it("reports missing fields and sends nothing", async () => {
  const asked = answerWith(common);
  show(<FunctionForm fn={null} />);
  await userEvent.click(await screen.findByRole("button", { name: "Upload" }));
  expect(screen.getByText("Enter a name.")).toBeTruthy();
  expect(screen.getByRole("textbox", { name: "Name" }).getAttribute("aria-invalid")).toBe("true");
  expect(asked.some(({ request }) => request.startsWith("POST"))).toBe(false);
});

it("starts with a sample, shows its tier, uploads it and opens its page", async () => {
  const asked = answerWith({ ...common, "POST /api/functions": aFunction({ _id: "new" }) });
  const { router } = show(<FunctionForm fn={null} />);
  await screen.findByRole("option", { name: "Array Sum" });
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Start with" }), "Array Sum");
  expect(await screen.findByText("Standard")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Upload" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/functions/new"));
  expect(asked.find(({ request }) => request === "POST /api/functions")?.body).toMatchObject({
    name: "Array Sum",
    code: sample.code,
    config: { timeout: 30_000, retryCount: 3 },
  });
});

const estimate = { success: true, data: { estimatedDuration: 5, basis: "history" } };
const SYNTAX = "syntax error at line 2, column 3: unexpected token";

it("shows the server's syntax error once", async () => {
  answerWith({
    ...common,
    "POST /api/costs/estimate": estimate,
    "PUT /api/functions/f1": () => {
      throw new ApiError(SYNTAX, 400, "compile_error", { line: 2, column: 3 });
    },
  });
  show(<FunctionForm fn={aFunction({ code: "const a = 1\nreturn +*" })} />);
  await userEvent.click(await screen.findByRole("button", { name: "Save" }));
  expect((await screen.findByRole("alert")).textContent).toBe(SYNTAX);
  expect(screen.queryByText(/Possible syntax error/)).toBeNull();
});

it("sends memory and bindings, and shows why the server refuses them", async () => {
  const REFUSAL = "memory is 300 MiB: expected 1 to 128 MiB, which tier basic gives, or none for 128 MiB";
  const asked = answerWith({
    ...common,
    "POST /api/costs/estimate": estimate,
    "PUT /api/functions/f1": () => {
      throw new ApiError(REFUSAL, 400, "invalid_request");
    },
  });
  show(<FunctionForm fn={aFunction()} />);
  await userEvent.type(await screen.findByRole("textbox", { name: "Memory (MiB)" }), "300");
  expect(screen.queryByRole("textbox", { name: "Names of the bindings" })).toBeNull();
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Bindings" }), "Only those that I name");
  await userEvent.type(screen.getByRole("textbox", { name: "Names of the bindings" }), "inventory, mail");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  expect((await screen.findByRole("alert")).textContent).toBe(REFUSAL);
  expect(asked.find(({ request }) => request.startsWith("PUT"))?.body).toMatchObject({
    config: { memory: 300, bindings: ["inventory", "mail"] },
  });
});

it("hints at a syntax error while the code is typed, and saves it all the same", async () => {
  const asked = answerWith({ ...common, "POST /api/costs/estimate": estimate, "PUT /api/functions/f1": aFunction() });
  show(<FunctionForm fn={aFunction({ code: "const a = 1\nreturn a +* 2" })} />);
  expect(await screen.findByText("Possible syntax error at line 2, column 11: Unexpected token")).toBeTruthy();
  expect(screen.queryByRole("alert")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(asked.some(({ request }) => request.startsWith("PUT"))).toBe(true));
});

describe("unsaved changes", () => {
  const answers = { ...common, "POST /api/costs/estimate": estimate, "PUT /api/functions/f1": aFunction() };
  const open = async () => {
    const view = show(<FunctionForm fn={aFunction()} />, "/functions/f1/edit");
    await screen.findByRole("button", { name: "Save" });
    return view;
  };
  const change = () => userEvent.type(screen.getByRole("textbox", { name: "Description" }), " and more");
  const leave = () => userEvent.click(screen.getByRole("link", { name: "Cancel" }));
  const closing = () => {
    const event = new Event("beforeunload", { cancelable: true });
    window.dispatchEvent(event);
    return event.defaultPrevented;
  };

  afterEach(() => drafts.set(new Map()));

  it("are not lost without a question when another page is opened", async () => {
    answerWith(answers);
    const { router } = await open();
    await change();
    await leave();
    const dialog = await screen.findByRole("dialog", { name: "Discard unsaved changes?" });
    await userEvent.click(within(dialog).getByRole("button", { name: "Keep editing" }));
    expect(router.state.location.pathname).toBe("/functions/f1/edit");
    expect(screen.getByRole("textbox", { name: "Description" })).toHaveProperty("value", "Adds two numbers and more");
    await leave();
    await userEvent.click(await screen.findByRole("button", { name: "Discard changes" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/functions/f1"));
  });

  it("are not lost without a question when the tab closes", async () => {
    answerWith(answers);
    await open();
    expect(closing()).toBe(false);
    await change();
    expect(closing()).toBe(true);
  });

  it("need no question when there are none, nor after saving", async () => {
    answerWith(answers);
    const { router } = await open();
    await change();
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/functions/f1"));
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("come back after a new sign-in with the same key, and with no other", async () => {
    answerWith(answers);
    const signedIn = (_id: string) => session.set({ state: "signed-in", key: { _id, name: _id, role: "admin", expiresAt: null }, text: _id });
    signedIn("ada");
    const { unmount } = await open();
    await change();
    session.set({ state: "signed-out", reason: "Your key has expired." });
    unmount();
    signedIn("ada");
    const again = await open();
    expect(screen.getByText(/unsaved changes from before the sign-in/)).toBeTruthy();
    expect(screen.getByRole("textbox", { name: "Description" })).toHaveProperty("value", "Adds two numbers and more");
    again.unmount();
    session.set({ state: "signed-out", reason: null });
    signedIn("bob");
    await open();
    expect(screen.getByRole("textbox", { name: "Description" })).toHaveProperty("value", "Adds two numbers");
    session.set({ state: "asking" });
  });
});
