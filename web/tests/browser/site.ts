/** A browser with the dashboard of a new server. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { launch } from "../../scripts/browser.mjs";
import { Server } from "../../scripts/server.mjs";

export interface Site {
  server: Server;
  /** Opens a page in a new profile. */
  open(path: string, options?: Parameters<Browser["newContext"]>[0]): Promise<Page>;
  /** Opens another tab in the profile of `page`. */
  tab(page: Page, path: string): Promise<Page>;
  /** Allows a console error in the running test, such as a refused request. */
  expectComplaint(pattern: RegExp): void;
}

/** For all tests of a file. A test fails when a page throws, or logs an error that it does not expect. */
export function newSite(): Site {
  const server = new Server();
  let browser: Browser | undefined;
  const faults: string[] = [];
  let expected: RegExp[] = [];
  const watch = (page: Page) => {
    // Only a hang takes this long, also on a busy machine.
    page.setDefaultTimeout(60_000);
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => {
      const text = `${message.text()} (${message.location().url})`;
      if (message.type() === "error" || /content security policy|violates/i.test(text)) faults.push(text);
    });
    return page;
  };
  beforeAll(async () => {
    await server.start();
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await server.remove();
  });
  afterEach(async () => {
    await Promise.all(browser?.contexts().map((context) => context.close()) ?? []);
    const unexpected = faults.splice(0).filter((fault) => !expected.some((pattern) => pattern.test(fault)));
    expected = [];
    expect(unexpected).toEqual([]);
  });
  return {
    server,
    async open(path, options = {}) {
      if (!browser) throw new Error("the browser has not started");
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      const page = watch(await context.newPage());
      await page.goto(server.url + path);
      return page;
    },
    async tab(page, path) {
      const other = watch(await page.context().newPage());
      await other.goto(server.url + path);
      return other;
    },
    expectComplaint: (pattern) => void expected.push(pattern),
  };
}
