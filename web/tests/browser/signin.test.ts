/** Signing in and out with keys, on a server that requires one. */
import type { Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { newSite } from "./site";

const site = newSite();
/** A key that is not valid any more, or never was, is refused. */
const REFUSED = /status of 401/;
let fn = "";

beforeAll(async () => {
  fn = await site.server.upload("guarded", "return input.n");
  await site.server.makeKey("root", "admin");
});

/** Signs in, on whichever page was asked for. */
async function signIn(page: Page, key: string) {
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** A page of somebody who is signed in. */
async function openWith(key: string, path: string) {
  const page = await site.open(path);
  await signIn(page, key);
  return page;
}

const who = (page: Page) => page.getByRole("region", { name: "Signed in" });
const WRONG = `faas_${"0".repeat(32)}_${"0".repeat(64)}`;

it("is quiet to somebody who comes for the first time, and answers a question with nothing refused", async () => {
  const page = await site.open("/costs");
  const refused: string[] = [];
  page.on("response", (response) => {
    if (response.status() >= 400) refused.push(`${response.status()} ${response.url()}`);
  });
  await page.reload();
  await page.getByLabel("API key").waitFor();
  await page.waitForLoadState("networkidle");
  // And nothing in the console: the site sees to that for every test.
  expect(refused).toEqual([]);
});

it("asks for a key, says that one is wrong, and shows the page that was asked for with a right one", async () => {
  site.expectComplaint(REFUSED);
  const { key } = await site.server.makeKey("right", "developer");
  const page = await openWith(WRONG, `/functions/${fn}?from=elsewhere`);
  await page.getByText("There is no such key, or it was revoked.").waitFor();
  expect(await page.getByRole("navigation").count()).toBe(0);
  await signIn(page, key);
  await page.getByRole("heading", { name: "guarded", level: 1 }).waitFor();
  await who(page).getByText("right").waitFor();
  await who(page).getByText("Developer").waitFor();
  expect(page.url()).toBe(`${site.server.url}/functions/${fn}?from=elsewhere`);
  // It lies in this tab's session alone.
  const kept = await page.evaluate(() => ({ session: { ...sessionStorage }, local: JSON.stringify(localStorage), cookie: document.cookie }));
  expect(kept.session).toEqual({ "faas.key": key });
  expect(kept.local + kept.cookie).not.toContain("faas_");
});

it("stays signed in after a reload, in this tab and no other", async () => {
  const { key } = await site.server.makeKey("reloading", "reader");
  const page = await openWith(key, "/costs");
  await page.getByRole("heading", { name: "Cost monitoring" }).waitFor();
  await page.reload();
  await who(page).getByText("reloading").waitFor();
  const other = await site.tab(page, "/costs");
  await other.getByLabel("API key").waitFor();
  expect(await who(other).count()).toBe(0);
});

it("forgets the key and what it showed when one signs out", async () => {
  const { key } = await site.server.makeKey("leaving", "reader");
  const page = await openWith(key, "/functions");
  await page.getByRole("link", { name: "guarded" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("API key").waitFor();
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  expect(await page.getByText("guarded").count()).toBe(0);
  await page.reload();
  await page.getByLabel("API key").waitFor();
});

it("leads back with the reason when the key is revoked meanwhile", async () => {
  site.expectComplaint(REFUSED);
  const { key, _id } = await site.server.makeKey("revoked soon", "reader");
  const page = await openWith(key, "/monitoring");
  await page.getByText("Live", { exact: true }).first().waitFor();
  await site.server.call("DELETE", `/api/keys/${_id}`);
  await page.getByText("Your key is not valid any more: it was revoked.").waitFor();
  await page.reload();
  await page.getByLabel("API key").waitFor();
});

it("leads back with the reason when the key expires, and says so to who comes with it again", async () => {
  site.expectComplaint(REFUSED);
  const { key } = await site.server.makeKey("short", "reader", new Date(Date.now() + 6_000).toISOString());
  const page = await openWith(key, "/monitoring");
  await who(page).waitFor();
  await page.getByText("Your key has expired: sign in with a new one.").waitFor();
  await signIn(page, key);
  await page.getByText("This key has expired.").waitFor();
});

it("leads back when the key was revoked while the server was away", async () => {
  site.expectComplaint(REFUSED);
  site.expectComplaint(/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket connection/);
  const { key } = await site.server.makeKey("away", "reader");
  const page = await openWith(key, "/");
  await page.getByText("Live", { exact: true }).waitFor();
  await site.server.stop();
  await page.getByText("The server cannot be reached.").waitFor();
  site.server.revokeByHand("away");
  await site.server.start();
  await page.getByText("Your key is not valid any more: it was revoked.").waitFor();
});

it("shows live events to somebody with a key", async () => {
  const { key } = await site.server.makeKey("watching", "reader");
  const page = await openWith(key, "/monitoring");
  await page.getByText("Nothing has happened since").waitFor();
  await page.getByText("Live", { exact: true }).nth(1).waitFor();
  await site.server.invoke(fn, { n: 4 });
  await page.getByRole("list", { name: "Events" }).getByText("Completed").waitFor();
  expect(page.url()).not.toContain("faas_");
});

it("offers a reader nothing to change, and says why", async () => {
  const { key } = await site.server.makeKey("looking", "reader");
  const page = await openWith(key, `/functions/${fn}`);
  await page.getByRole("heading", { name: "guarded", level: 1 }).waitFor();
  for (const name of ["Edit", "Deactivate", "Delete", "Run"]) {
    const button = page.getByRole("button", { name, exact: true });
    expect(await button.getAttribute("aria-disabled"), name).toBe("true");
    expect(await button.getAttribute("title"), name).toContain("this needs the role developer");
  }
  await page.getByRole("button", { name: "Delete", exact: true }).focus();
  await page.keyboard.press("Enter");
  expect(await page.getByRole("dialog").count()).toBe(0);
  await page.getByText("Your key has the role reader: this needs the role developer.").first().waitFor();
  await page.goto(`${site.server.url}/functions`);
  expect(await page.getByRole("button", { name: "New function" }).getAttribute("aria-disabled")).toBe("true");
  expect(await page.getByRole("button", { name: "Run guarded" }).getAttribute("aria-disabled")).toBe("true");
  await page.goto(`${site.server.url}/functions/new`);
  await page.getByText("Functions cannot be changed with this key").waitFor();
  await page.goto(`${site.server.url}/monitoring/load-tests`);
  await page.getByRole("button", { name: "Start the load test" }).waitFor();
  expect(await page.getByRole("button", { name: "Start the load test" }).getAttribute("aria-disabled")).toBe("true");
  expect(await page.getByRole("link", { name: "Access" }).count()).toBe(0);
  await page.goto(`${site.server.url}/access`);
  await page.getByText("Keys and the audit log are for admins").waitFor();
});

it("lets a developer write and run functions", async () => {
  const { key } = await site.server.makeKey("writing", "developer");
  const page = await openWith(key, `/functions/${fn}`);
  await page.getByRole("link", { name: "Edit" }).waitFor();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByRole("region", { name: "Result" }).getByText("Completed").waitFor();
});

it("says to an invoker plainly that there is nothing to see", async () => {
  const { key } = await site.server.makeKey("program", "invoker");
  const page = await openWith(key, "/functions");
  await page.getByRole("heading", { name: "This key calls functions" }).waitFor();
  expect(await page.getByRole("alert").count()).toBe(0);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("API key").waitFor();
});
