/** Pages to be looked at: without motion, and when nothing is loading any more. */

/**
 * @param {import("playwright-core").Browser} browser
 * @param {"light" | "dark"} colorScheme
 * @param {number} width
 */
export async function open(browser, colorScheme, width) {
  const height = width < 500 ? 844 : 900;
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
  page.setDefaultTimeout(20_000);
  return page;
}

/** @param {import("playwright-core").Page} page */
export async function settle(page) {
  await page.getByRole("heading", { level: 1 }).waitFor();
  // A string would be evaluated in the page, which its content security policy forbids.
  await page.waitForFunction(() => !document.querySelector(".animate-pulse, [aria-busy=true]"));
  await page.waitForTimeout(400);
}
