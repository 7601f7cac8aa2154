/** Variables and secrets, from the form to the code; and the reasons of failures. */
import { expect, it } from "vitest";
import { newSite } from "./site";

const site = newSite();

it("passes variables and secrets to the code, and never shows a secret again", async () => {
  const page = await site.open("/functions/new");
  await page.getByLabel("Name", { exact: true }).fill("greeter");
  await page.getByLabel("Description").fill("Greets with a key");
  await page.getByRole("textbox", { name: "Code (JavaScript or TypeScript)" }).click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText("const { GREETING, API_KEY } = context.env; return `${GREETING} ${API_KEY.length}`");
  await page.getByRole("button", { name: "Add a variable" }).click();
  await page.keyboard.type("GREETING");
  await page.keyboard.press("Tab");
  await page.keyboard.type("hi");
  await page.getByRole("button", { name: "Add a secret" }).click();
  await page.keyboard.type("API_KEY");
  await page.keyboard.press("Tab");
  await page.keyboard.type("hunter2-hunter2");
  await page.getByRole("button", { name: "Upload", exact: true }).click();

  const table = page.getByRole("table", { name: "Environment" });
  await table.getByRole("row", { name: /GREETING\s+hi/ }).waitFor();
  await table.getByRole("row", { name: /API_KEY\s+Secret\s*set/ }).waitFor();
  const [fn] = await site.server.call("GET", "/api/functions");
  expect(await site.server.invoke(fn._id, {})).toBe("hi 15");

  await page.getByRole("link", { name: "Edit" }).click();
  const list = page.getByRole("list", { name: "Variables and secrets" });
  await list.getByText("API_KEY").waitFor();
  expect(await page.content()).not.toContain("hunter2");
  await page.getByRole("button", { name: "Replace API_KEY" }).click();
  await page.keyboard.type("new");
  await page.getByRole("button", { name: "Remove GREETING" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL(`**/functions/${fn._id}`);
  await table.getByRole("row", { name: /API_KEY/ }).waitFor();
  expect(await table.getByText("GREETING").count()).toBe(0);
  expect(await site.server.invoke(fn._id, {})).toBe("undefined 3");
});

it("shows an invalid name at its line, and sends nothing", async () => {
  const id = await site.server.upload("named badly", "return 1");
  const page = await site.open(`/functions/${id}/edit`);
  await page.getByRole("button", { name: "Add a variable" }).click();
  await page.keyboard.type("1ST");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText(/not start with a digit/).waitFor();
  expect(await page.getByLabel("Variable", { exact: true }).getAttribute("aria-invalid")).toBe("true");
  await page.getByRole("button", { name: "Remove 1ST" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL(`**/functions/${id}`);
  expect((await site.server.call("GET", `/api/functions/${id}`)).version).toBe(1);
});

it("shows the kind of failure, and filters by it in the address", async () => {
  const code = "if (input.deep) { const f = () => f() + 1; f(); } if (!input.ok) throw new Error('thrown'); return 1";
  const id = await site.server.upload("fails in two ways", code);
  await site.server.invoke(id, { deep: true });
  await site.server.invoke(id, {});
  const page = await site.open(`/functions/${id}`);
  const table = page.getByRole("table", { name: "Executions of this function" });
  await table.getByText("Error in the function").waitFor();
  await table.getByText("Stack overflow", { exact: true }).waitFor();
  await page.getByLabel("Status", { exact: true }).selectOption({ label: "Stack overflow" });
  await table.getByText("Error in the function").waitFor({ state: "detached" });
  await expect.poll(() => table.getByRole("row").count()).toBe(2);
  await page.reload();
  await expect.poll(() => table.getByRole("row").count()).toBe(2);
  await table.getByRole("link").click();
  await page.getByText("The function exceeded its call stack.").waitFor();
  await page.getByRole("table", { name: "Attempts" }).getByText("Stack overflow", { exact: true }).waitFor();
  await page.goBack();
  await page.getByLabel("Status", { exact: true }).selectOption({ label: "Timeout" });
  await page.getByText("No execution failed with: timeout").waitFor();
});
