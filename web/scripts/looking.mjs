/** Opens pages for screenshots: without motion, and after everything has loaded. */

/**
 * @param {import("playwright-core").Browser} browser
 * @param {"light" | "dark"} colorScheme
 * @param {number} width
 */
export async function open(browser, colorScheme, width) {
  const height = width < 500 ? 844 : 900;
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
  page.setDefaultTimeout(60_000);
  return page;
}

/** @param {import("playwright-core").Page} page */
export async function settle(page) {
  await page.getByRole("heading", { level: 1 }).waitFor();
  // A function, because the content security policy of the page forbids to evaluate a string.
  await page.waitForFunction(() => !document.querySelector(".animate-pulse, [aria-busy=true]"));
  // Charts and editors draw in the frames after that.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(undefined)))));
}
