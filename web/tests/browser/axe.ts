/** Checks pages by the rules of WCAG 2.2 AA. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { expect } from "vitest";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  id: string;
  nodes: { target: unknown; failureSummary?: string }[];
}

/** The violations of the current page. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate<Violation[]>(
    `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then((r) => r.violations)`,
  );
  return found.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} at ${JSON.stringify(target)}: ${failureSummary}`));
}

/** Waits until nothing is loading. */
export async function settle(page: Page) {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await expect.poll(() => page.locator(".animate-pulse, [aria-busy=true]").count()).toBe(0);
}

/** The amounts of money that a box cuts off, or that are visible only after scrolling. */
const amountsCutOff = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('[title^="$"]')]
      .filter((amount) => {
        const { width, right } = amount.getBoundingClientRect();
        if (width === 0) return false;
        for (let box: HTMLElement | null = amount; box; box = box.parentElement) {
          if (getComputedStyle(box).overflowX === "visible") continue;
          if (right > box.getBoundingClientRect().right + 1) return true;
        }
        return right > document.documentElement.clientWidth;
      })
      .map((amount) => amount.title),
  );

/** Expects no violation on a wide screen and on a phone. */
export async function expectAccessible(page: Page) {
  expect(await violations(page)).toEqual([]);
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await violations(page)).toEqual([]);
  const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  expect(overflow, "the page scrolls horizontally on a phone").toBeLessThanOrEqual(0);
  expect(await amountsCutOff(page), "amounts that are cut off on a phone").toEqual([]);
}
