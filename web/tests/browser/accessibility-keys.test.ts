/** Checks the pages of a server that requires a key, in both themes, wide and narrow, by the rules of WCAG 2.2 AA. */
import type { Page } from "playwright-core";
import { beforeAll, describe, it } from "vitest";
import { expectAccessible, settle } from "./axe";
import { newSite } from "./site";

const site = newSite();
const texts = { admin: "", reader: "", invoker: "" };
let fn = "";

beforeAll(async () => {
  const { server } = site;
  fn = await server.upload("guarded", "return 1");
  texts.admin = (await server.makeKey("an admin with a name that is as long as names may be, 64 of them", "admin")).key;
  texts.reader = (await server.makeKey("reader", "reader", new Date(Date.now() + 3_600_000).toISOString())).key;
  texts.invoker = (await server.makeKey("invoker", "invoker")).key;
  const { _id } = await server.makeKey("gone", "developer");
  await server.call("DELETE", `/api/keys/${_id}`);
});

async function signIn(page: Page, key: string) {
  await page.getByLabel("API key").fill(key);
  await page.keyboard.press("Enter");
}

describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
  const open = async (path: string, key?: string) => {
    const page = await site.open(path, { colorScheme, reducedMotion: "reduce" });
    if (key !== undefined) await signIn(page, key);
    return page;
  };

  it("the sign-in page has no violation, before and after a wrong key", async () => {
    site.expectComplaint(/status of 401/);
    const page = await open("/");
    await page.getByLabel("API key").waitFor();
    await expectAccessible(page);
    await signIn(page, "faas_wrong");
    await page.getByText("This key does not exist or was revoked.").waitFor();
    await expectAccessible(page);
  });

  it("the reason for a lost session has no violation", async () => {
    site.expectComplaint(/status of 401/);
    const page = await open("/");
    await page.getByLabel("API key").waitFor();
    await page.evaluate((key) => sessionStorage.setItem("faas.key", key), `${texts.reader}0`);
    await page.reload();
    await page.getByRole("status").getByText("was revoked").waitFor();
    await expectAccessible(page);
  });

  it("the keys, a new key and the audit log have no violation", async () => {
    const page = await open("/access", texts.admin);
    await page.getByRole("table", { name: "Audit log" }).waitFor();
    await settle(page);
    await expectAccessible(page);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.getByRole("button", { name: "Revoke reader" }).click();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await page.getByLabel("Name", { exact: true }).fill(`new, ${colorScheme}`);
    await page.getByRole("button", { name: "Create the key" }).click();
    await page.getByLabel("The new key").waitFor();
    await settle(page);
    await expectAccessible(page);
  });

  it("refused actions of a reader have no violation", async () => {
    const page = await open(`/functions/${fn}`, texts.reader);
    await page.getByRole("heading", { name: "guarded", level: 1 }).waitFor();
    await settle(page);
    await expectAccessible(page);
    await page.goto(`${site.server.url}/functions`);
    await page.getByRole("link", { name: "guarded" }).waitFor();
    await settle(page);
    await expectAccessible(page);
  });

  it("the page of an invoker has no violation", async () => {
    const page = await open("/", texts.invoker);
    await page.getByRole("heading", { name: "This key can only call functions" }).waitFor();
    await expectAccessible(page);
  });
});
