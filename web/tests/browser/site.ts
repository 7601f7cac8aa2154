/** A browser with the dashboard of a fresh server. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { launch } from "../../scripts/browser.mjs";
import { Server } from "../../scripts/server.mjs";

export interface Site {
  server: Server;
  /** Opens a page in a profile of its own. */
  open(path: string, options?: Parameters<Browser["newContext"]>[0]): Promise<Page>;
}

/** For all tests of a file. Each fails when a page had an error that nobody handled. */
export function newSite(): Site {
  const server = new Server();
  let browser: Browser | undefined;
  const faults: string[] = [];
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
    expect(faults.splice(0)).toEqual([]);
  });
  return {
    server,
    async open(path, options = {}) {
      if (!browser) throw new Error("the browser has not started");
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      page.on("pageerror", (error) => faults.push(error.message));
      page.on("console", (message) => {
        if (/content security policy|violates/i.test(message.text())) faults.push(message.text());
      });
      await page.goto(server.url + path);
      return page;
    },
  };
}
