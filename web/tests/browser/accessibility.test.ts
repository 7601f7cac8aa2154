/** Every page, in both themes, wide and narrow, by the rules of WCAG 2.2 AA. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { newSite } from "./site";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const site = newSite();
const ids = { fn: "", execution: "", loadTest: "" };

beforeAll(async () => {
  const { server } = site;
  ids.fn = await server.upload("sometimes", "console.log('n', input.n); if (input.n % 3 === 0) throw new Error('three'); return input.n");
  const config = { env: { GREETING: "hi", LINES: "one\ntwo" }, secrets: { API_KEY: "hunter2" } };
  await server.call("PUT", `/api/functions/${ids.fn}`, { config });
  for (let n = 0; n < 9; n++) await server.invoke(ids.fn, { n });
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
  "Page not found": () => "/nowhere",
};

interface Violation {
  id: string;
  nodes: { target: unknown; failureSummary?: string }[];
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate<Violation[]>(
    `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then((r) => r.violations)`,
  );
  return found.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} at ${JSON.stringify(target)}: ${failureSummary}`));
}

/** Until nothing is loading any more. */
async function settle(page: Page) {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await expect.poll(() => page.locator(".animate-pulse, [aria-busy=true]").count()).toBe(0);
}

describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
  it.each(Object.keys(PAGES))("%s has no violation", async (name) => {
    const page = await site.open(PAGES[name]?.() ?? "/", { colorScheme });
    await settle(page);
    expect(await violations(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await violations(page)).toEqual([]);
    const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    expect(overflow, "the page scrolls sideways on a phone").toBeLessThanOrEqual(0);
  });

  it("a dialog has no violation", async () => {
    const page = await site.open("/functions", { colorScheme });
    await page.getByRole("button", { name: "Run sometimes" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Run", exact: true }).waitFor();
    await settle(page);
    expect(await violations(page)).toEqual([]);
  });

  it("the environment has no violation, with lines that are wrong", async () => {
    const page = await site.open(`/functions/${ids.fn}/edit`, { colorScheme });
    await page.getByRole("button", { name: "Replace API_KEY" }).click();
    await page.getByRole("button", { name: "Add a secret" }).click();
    await page.keyboard.type("not-a-name");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText(/no digit first/).waitFor();
    await settle(page);
    expect(await violations(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await violations(page)).toEqual([]);
    const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    expect(overflow, "the page scrolls sideways on a phone").toBeLessThanOrEqual(0);
  });

  it("a chart as a table has no violation", async () => {
    const page = await site.open("/", { colorScheme });
    await page.getByRole("button", { name: "Show Executions over time as a table" }).click();
    await page.getByRole("table", { name: "Executions over time" }).waitFor();
    await settle(page);
    expect(await violations(page)).toEqual([]);
  });
});
