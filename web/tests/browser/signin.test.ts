/** Signing in and out, on a server that requires a key. */
import type { Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { newSite } from "./site";

const site = newSite();
/** The answer to an invalid key. */
const REFUSED = /status of 401/;
let fn = "";

beforeAll(async () => {
  fn = await site.server.upload("guarded", "return input.n");
  await site.server.makeKey("root", "admin");
});

/** Signs in on the current page. */
async function signIn(page: Page, key: string) {
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Opens a page and signs in. */
async function openWith(key: string, path: string) {
  const page = await site.open(path);
  await signIn(page, key);
  return page;
}

/** Signs in with a key that expires soon. On a busy machine it may be too late: then with a longer one. */
async function signInBeforeExpiry(lifetime: number): Promise<{ page: Page; key: string }> {
  const { key } = await site.server.makeKey(`short ${lifetime}`, "reader", new Date(Date.now() + lifetime).toISOString());
  const page = await openWith(key, "/monitoring");
  const late = page.getByText(/key has expired/);
  await who(page).or(late).first().waitFor();
  return (await late.count()) === 0 ? { page, key } : signInBeforeExpiry(2 * lifetime);
}

const who = (page: Page) => page.getByRole("region", { name: "Signed in" });
const WRONG = `faas_${"0".repeat(32)}_${"0".repeat(64)}`;

it("makes no request that is refused before the sign-in", async () => {
  const page = await site.open("/costs");
  const refused: string[] = [];
  page.on("response", (response) => {
    if (response.status() >= 400) refused.push(`${response.status()} ${response.url()}`);
  });
  await page.reload();
  await page.getByLabel("API key").waitFor();
  await page.waitForLoadState("networkidle");
  expect(refused).toEqual([]);
});

it("rejects a wrong key, and opens the requested page with a right one", async () => {
  site.expectComplaint(REFUSED);
  const { key } = await site.server.makeKey("right", "developer");
  const page = await openWith(WRONG, `/functions/${fn}?from=elsewhere`);
  await page.getByText("This key does not exist or was revoked.").waitFor();
  expect(await page.getByRole("navigation").count()).toBe(0);
  await signIn(page, key);
  await page.getByRole("heading", { name: "guarded", level: 1 }).waitFor();
  await who(page).getByText("right").waitFor();
  await who(page).getByText("Developer").waitFor();
  expect(page.url()).toBe(`${site.server.url}/functions/${fn}?from=elsewhere`);
  // The key is in session storage only.
  const kept = await page.evaluate(() => ({ session: { ...sessionStorage }, local: JSON.stringify(localStorage), cookie: document.cookie }));
  expect(kept.session).toEqual({ "faas.key": key });
  expect(kept.local + kept.cookie).not.toContain("faas_");
});

it("stays signed in after a reload, and in a new tab of the same browser", async () => {
  const { key } = await site.server.makeKey("reloading", "reader");
  const page = await openWith(key, "/costs");
  await page.getByRole("heading", { name: "Cost monitoring" }).waitFor();
  await page.reload();
  await who(page).getByText("reloading").waitFor();
  const other = await site.tab(page, "/costs");
  await who(other).getByText("reloading").waitFor();
  // Nothing is left on the device, and another profile has to sign in.
  expect(await other.evaluate(() => JSON.stringify(localStorage) + document.cookie)).not.toContain("faas_");
  const stranger = await site.open("/costs");
  await stranger.getByLabel("API key").waitFor();
});

it("signs in tabs that wait when one of them signs in, and signs out all of them", async () => {
  const { key } = await site.server.makeKey("two tabs", "reader");
  const page = await site.open("/costs");
  await page.getByLabel("API key").waitFor();
  const other = await site.tab(page, "/functions");
  await other.getByLabel("API key").waitFor();
  await signIn(page, key);
  await who(page).getByText("two tabs").waitFor();
  await who(other).getByText("two tabs").waitFor();
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.getByLabel("API key").waitFor();
  await page.getByLabel("API key").waitFor();
  const fresh = await site.tab(page, "/costs");
  await fresh.getByLabel("API key").waitFor();
});

it("forgets the key and the data on sign-out", async () => {
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

it("returns to the sign-in page with the reason when the key is revoked", async () => {
  site.expectComplaint(REFUSED);
  const { key, _id } = await site.server.makeKey("revoked soon", "reader");
  const page = await openWith(key, "/monitoring");
  await page.getByText("Live", { exact: true }).first().waitFor();
  await site.server.call("DELETE", `/api/keys/${_id}`);
  await page.getByText("Your key was revoked.").waitFor();
  await page.reload();
  await page.getByLabel("API key").waitFor();
});

it("returns to the sign-in page when the key expires, and rejects it afterwards", async () => {
  site.expectComplaint(REFUSED);
  const { page, key } = await signInBeforeExpiry(6_000);
  await page.getByText("Your key has expired. Sign in with a new one.").waitFor();
  await signIn(page, key);
  await page.getByText("This key has expired.").waitFor();
});

it("returns to the sign-in page when the key was revoked while the server was down", async () => {
  site.expectComplaint(REFUSED);
  site.expectComplaint(/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket connection/);
  const { key } = await site.server.makeKey("away", "reader");
  const page = await openWith(key, "/");
  await page.getByText("Live", { exact: true }).waitFor();
  await site.server.stop();
  await page.getByRole("region", { name: "Connection" }).getByText("The server cannot be reached.").waitFor();
  site.server.revokeByHand("away");
  await site.server.start();
  await page.getByText("Your key was revoked.").waitFor();
});

it("shows live events after the sign-in", async () => {
  const { key } = await site.server.makeKey("watching", "reader");
  const page = await openWith(key, "/monitoring");
  await page.getByText("No events since you opened the page").waitFor();
  await page.getByText("Live", { exact: true }).nth(1).waitFor();
  await site.server.invoke(fn, { n: 4 });
  await page.getByRole("list", { name: "Events" }).getByText("Completed").waitFor();
  expect(page.url()).not.toContain("faas_");
});

it("refuses changes to a reader, and says why", async () => {
  const { key } = await site.server.makeKey("looking", "reader");
  const page = await openWith(key, `/functions/${fn}`);
  await page.getByRole("heading", { name: "guarded", level: 1 }).waitFor();
  for (const name of ["Edit", "Deactivate", "Delete", "Run"]) {
    const button = page.getByRole("button", { name, exact: true });
    expect(await button.getAttribute("aria-disabled"), name).toBe("true");
    expect(await button.getAttribute("title"), name).toContain("This requires the role developer");
  }
  await page.getByRole("button", { name: "Delete", exact: true }).focus();
  await page.keyboard.press("Enter");
  expect(await page.getByRole("dialog").count()).toBe(0);
  await page.getByText("Your key has the role reader. This requires the role developer.").first().waitFor();
  await page.goto(`${site.server.url}/functions`);
  expect(await page.getByRole("button", { name: "New function" }).getAttribute("aria-disabled")).toBe("true");
  expect(await page.getByRole("button", { name: "Run guarded" }).getAttribute("aria-disabled")).toBe("true");
  await page.goto(`${site.server.url}/functions/new`);
  await page.getByText("This key cannot change functions").waitFor();
  await page.goto(`${site.server.url}/monitoring/load-tests`);
  await page.getByRole("button", { name: "Start the load test" }).waitFor();
  expect(await page.getByRole("button", { name: "Start the load test" }).getAttribute("aria-disabled")).toBe("true");
  expect(await page.getByRole("link", { name: "Access" }).count()).toBe(0);
  await page.goto(`${site.server.url}/access`);
  await page.getByText("Only admins can see keys and the audit log").waitFor();
});

it("lets a developer write and run functions", async () => {
  const { key } = await site.server.makeKey("writing", "developer");
  const page = await openWith(key, `/functions/${fn}`);
  await page.getByRole("link", { name: "Edit" }).waitFor();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByRole("region", { name: "Result" }).getByText("Completed").waitFor();
});

it("tells an invoker that the dashboard is not for its key", async () => {
  const { key } = await site.server.makeKey("program", "invoker");
  const page = await openWith(key, "/functions");
  await page.getByRole("heading", { name: "This key can only call functions" }).waitFor();
  expect(await page.getByRole("alert").count()).toBe(0);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("API key").waitFor();
});
