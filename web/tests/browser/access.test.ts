/** Keys and the audit log, starting with a server without keys. */
import { expect, it } from "vitest";
import { newSite } from "./site";

const site = newSite();

it("creates the first key, signs in with it, and passes it to the other open tab", async () => {
  site.expectComplaint(/status of 401/);
  const page = await site.open("/access");
  await page.getByText("No keys: open to this machine").waitFor();
  await page.getByText("No keys yet").waitFor();
  await page.getByText("No changes yet").waitFor();
  await page.getByText("faas key create --name NAME --role admin").waitFor();
  const other = await site.tab(page, "/");
  await other.getByText("Live", { exact: true }).waitFor();

  await page.getByLabel("Name", { exact: true }).fill("ada");
  await page.getByRole("button", { name: "Create the first key" }).click();
  const text = await page.getByLabel("The new key").inputValue();
  expect(text).toMatch(/^faas_[0-9a-f]{32}_[0-9a-f]{64}$/);
  site.server.key = text;
  await page.getByText("You are signed in with it").waitFor();
  await page.getByRole("region", { name: "Signed in" }).getByText("ada").waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("button", { name: "I have stored it" }).click();
  await page.getByLabel("The new key").waitFor({ state: "detached" });
  expect(await page.content()).not.toContain(text);
  await page.getByRole("table", { name: "Audit log" }).getByRole("row", { name: /local, without a key\s*Created a key\s*ada/ }).waitFor();

  await other.getByRole("region", { name: "Signed in" }).getByText("ada").waitFor();
  await page.reload();
  await page.getByRole("table", { name: "Keys" }).getByRole("row", { name: /ada\s*You\s*Admin/ }).waitFor();
});

it("creates a key that is shown once, and revokes it after confirmation", async () => {
  site.expectComplaint(/status of 409/);
  const page = await site.open("/access", { permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByLabel("API key").fill(site.server.key);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Create the key" }).click();
  await page.getByText("Enter a name.").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("ci");
  await page.getByLabel("Role", { exact: true }).selectOption({ label: "Invoker" });
  await page.getByLabel("Expires").selectOption({ label: "In 30 days" });
  await page.getByRole("button", { name: "Create the key" }).click();
  const text = await page.getByLabel("The new key").inputValue();
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByText("Copied.").first().waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(text);
  const session = async () => (await fetch(`${site.server.url}/api/session`, { headers: { Authorization: `Bearer ${text}` } })).json();
  expect((await session()).key).toMatchObject({ name: "ci", role: "invoker" });
  await page.getByRole("button", { name: "I have stored it" }).click();

  await page.getByLabel("Name", { exact: true }).fill("ci");
  await page.getByRole("button", { name: "Create the key" }).click();
  await page.getByRole("alert").getByText(/already exists/).waitFor();

  await page.getByRole("button", { name: "Revoke ci" }).click();
  await page.keyboard.press("Escape");
  expect((await session()).key).toMatchObject({ name: "ci" });
  await page.getByRole("button", { name: "Revoke ci" }).click();
  await page.getByRole("dialog", { name: "Revoke ci?" }).getByRole("button", { name: "Revoke", exact: true }).click();
  await page.getByRole("table", { name: "Keys" }).getByRole("row", { name: /ci\s*Invoker\s*Revoked/ }).waitFor();
  expect((await session()).code).toBe("key_invalid");
  await page.getByRole("table", { name: "Audit log" }).getByRole("row", { name: /ada\s*Revoked a key\s*ci/ }).waitFor();
});

it("pages through the audit log, with the page in the address", async () => {
  const id = await site.server.upload("changed often", "return 1");
  for (let n = 0; n < 30; n++) await site.server.call("PUT", `/api/functions/${id}`, { description: `number ${n}` });
  const page = await site.open("/access");
  await page.getByLabel("API key").fill(site.server.key);
  await page.keyboard.press("Enter");
  const rows = page.getByRole("table", { name: "Audit log" }).getByRole("row");
  await expect.poll(() => rows.count()).toBe(26);
  const pages = page.getByRole("navigation", { name: "Pages of the audit log" });
  await pages.getByRole("button", { name: "Older" }).click();
  await page.getByRole("row", { name: /Uploaded a function\s*changed often/ }).waitFor();
  expect(await pages.getByRole("button", { name: "Older" }).isDisabled()).toBe(true);
  await page.reload();
  await page.getByRole("row", { name: /Uploaded a function\s*changed often/ }).waitFor();
  await page.goBack();
  await page.getByRole("row", { name: /Uploaded a function\s*changed often/ }).waitFor({ state: "detached" });
  await expect.poll(() => rows.count()).toBe(26);
  await rows.getByRole("link", { name: "changed often" }).first().click();
  await page.getByRole("heading", { name: "changed often", level: 1 }).waitFor();
});

it("shows the last use of keys, and of many keys the first ten", async () => {
  const { key } = await site.server.makeKey("in use", "reader");
  for (let n = 0; n < 12; n++) await site.server.makeKey(`spare ${n}`, "reader");
  expect((await fetch(`${site.server.url}/api/functions`, { headers: { Authorization: `Bearer ${key}` } })).status).toBe(200);
  const uses = async () => (await site.server.call("GET", "/api/keys")).filter((one: { lastUsedAt: string | null }) => one.lastUsedAt !== null);
  await expect.poll(async () => (await uses()).map((one: { name: string }) => one.name)).toContain("in use");
  const page = await site.open("/access");
  await page.getByLabel("API key").fill(site.server.key);
  await page.keyboard.press("Enter");
  const rows = page.getByRole("table", { name: "Keys" }).getByRole("row");
  await page.getByRole("button", { name: /^Show all \d+ keys$/ }).click();
  await rows.filter({ hasText: "in use" }).getByRole("cell", { name: /ago$|^now$/ }).first().waitFor();
  await page.getByRole("row", { name: /spare 11\s*Reader\s*Valid\s*never/ }).waitFor();
  await page.getByText(/valid, \d+ of them never used; 1 revoked/).waitFor();
  await page.getByRole("button", { name: "Show the first 10" }).click();
  await expect.poll(() => rows.count()).toBe(11);
});

it("signs out when the current key is revoked", async () => {
  site.expectComplaint(/status of 401/);
  const { key } = await site.server.makeKey("for a moment", "admin");
  const page = await site.open("/access");
  await page.getByLabel("API key").fill(key);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Revoke for a moment" }).click();
  await page.getByText("you will be signed out").waitFor();
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  await page.getByText("Your key was revoked.").waitFor();
});
