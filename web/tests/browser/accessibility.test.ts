/** Checks every page in both themes, wide and narrow, by the rules of WCAG 2.2 AA. */
import { beforeAll, describe, expect, it } from "vitest";
import { expectAccessible, settle, violations } from "./axe";
import { newSite } from "./site";

const site = newSite();
const ids = { fn: "", execution: "", loadTest: "" };

beforeAll(async () => {
  const { server } = site;
  ids.fn = await server.upload("sometimes", "console.log('n', input.n); if (input.n % 3 === 0) throw new Error('three'); return input.n");
  const config = { env: { GREETING: "hi", LINES: "one\ntwo" }, secrets: { API_KEY: "hunter2" } };
  await server.call("PUT", `/api/functions/${ids.fn}`, { config });
  for (let n = 0; n < 9; n++) await server.invoke(ids.fn, { n });
  const daily = { name: "daily", cron: "0 9 * * *", timeZone: "Europe/Berlin" };
  await server.call("POST", `/api/functions/${ids.fn}/schedules`, daily);
  await server.call("PUT", "/api/kv/orders/values/a%2F1?ttl=60&metadata=%5B1%5D", { state: "shipped" });
  const failed = await server.call("GET", "/api/executions?status=failed&limit=1");
  ids.execution = failed.executions[0]._id;
  ids.loadTest = (await server.call("POST", "/api/load-tests", { functionId: ids.fn, concurrency: 2, durationSeconds: 1 }))._id;
});

const PAGES: Record<string, () => string> = {
  Dashboard: () => "/",
  Functions: () => "/functions",
  "New function": () => "/functions/new",
  Function: () => `/functions/${ids.fn}`,
  "Edit function": () => `/functions/${ids.fn}/edit`,
  Execution: () => `/executions/${ids.execution}`,
  Monitoring: () => "/monitoring",
  "Load tests": () => "/monitoring/load-tests",
  "Load test": () => `/monitoring/load-tests/${ids.loadTest}`,
  Costs: () => "/costs",
  Schedules: () => "/schedules",
  "Keys and values": () => "/kv",
  "Keys of a namespace": () => "/kv?namespace=orders",
  "Access without keys": () => "/access",
  "Page not found": () => "/nowhere",
  "Function not found": () => "/functions/01a207c8-41ed-7000-a324-f4dd6043b235",
};

describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
  it.each(Object.keys(PAGES))("%s has no violation", async (name) => {
    if (name === "Function not found") site.expectComplaint(/status of 404/);
    const page = await site.open(PAGES[name]?.() ?? "/", { colorScheme });
    await settle(page);
    await expectAccessible(page);
  });

  it("a dialog has no violation", async () => {
    const page = await site.open("/functions", { colorScheme });
    await page.getByRole("button", { name: "Run sometimes" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Run", exact: true }).waitFor();
    await settle(page);
    expect(await violations(page)).toEqual([]);
  });

  it("an environment with invalid lines has no violation", async () => {
    const page = await site.open(`/functions/${ids.fn}/edit`, { colorScheme });
    await page.getByRole("button", { name: "Replace API_KEY" }).click();
    await page.getByRole("button", { name: "Add a secret" }).click();
    await page.keyboard.type("not-a-name");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText(/not start with a digit/).waitFor();
    await settle(page);
    await expectAccessible(page);
  });

  it("a confirmation from a list has no violation and is not cut off", async () => {
    const page = await site.open("/functions", { colorScheme });
    for (const width of [1280, 768]) {
      await page.setViewportSize({ width, height: 844 });
      await page.getByRole("button", { name: "Delete sometimes" }).click();
      const dialog = page.getByRole("dialog", { name: "Delete sometimes?" });
      await dialog.waitFor();
      expect(await dialog.evaluate((box) => box.scrollWidth - box.clientWidth), `at ${width} px`).toBe(0);
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press("Escape");
    }
  });

  it("a chart as a table has no violation", async () => {
    const page = await site.open("/", { colorScheme });
    await page.getByRole("button", { name: "Show Executions over time as a table" }).click();
    await page.getByRole("table", { name: "Executions over time" }).waitFor();
    await settle(page);
    expect(await violations(page)).toEqual([]);
  });
});
