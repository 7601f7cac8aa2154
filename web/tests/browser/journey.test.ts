/** The tasks of users, on a real server. */
import { describe, expect, it } from "vitest";
import { newSite } from "./site";

const site = newSite();

describe("a new user", () => {
  it("uploads a sample, runs it, and sees its result and its cost", async () => {
    const page = await site.open("/");
    await page.getByText("There are no functions yet").waitFor();
    await page.getByRole("button", { name: "Upload Fibonacci Calculator" }).click();
    await page.getByLabel("Function", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Run", exact: true }).click();
    const result = page.getByRole("region", { name: "Result" });
    await result.getByText("Completed").waitFor();
    await result.getByText("55", { exact: true }).waitFor();
    await result.getByText("Cold").waitFor();
    // Compute $0.0003, a cold start $0.00005, and a few bytes of transfer.
    expect(await result.getByText(/^\$0\.000350/).textContent()).toMatch(/^\$0\.0003500\d\d$/);
    await page.getByRole("table", { name: "Recent executions" }).getByRole("link", { name: "Fibonacci Calculator" }).waitFor();

    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Costs" }).click();
    const row = page.getByRole("table", { name: "Cost by function" }).getByRole("row").filter({ hasText: "Fibonacci Calculator" });
    expect(await row.getByText(/^\$0\.00035/).first().textContent()).toMatch(/^\$0\.0003500\d\d$/);
    // One run is not enough for a recommendation.
    await page.getByText("No savings found").waitFor();
  });

  it("sees the executions of others live", async () => {
    const id = await site.server.upload("double", "return input.n * 2");
    const page = await site.open("/");
    const recent = page.getByRole("table", { name: "Recent executions" });
    await recent.waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
    await site.server.invoke(id, { n: 21 });
    await recent.getByRole("link", { name: "double" }).waitFor();
    await page.goto(`${site.server.url}/monitoring`);
    await page.getByText("Live", { exact: true }).nth(1).waitFor();
    await page.getByText("No events since you opened the page").waitFor();
    await site.server.invoke(id, { n: 4 });
    await page.getByRole("list", { name: "Events" }).getByText("Completed").waitFor();
  });
});

describe("a function", () => {
  it("is not saved with a syntax error, which is shown once and at its line", async () => {
    site.expectComplaint(/status of 400/);
    const id = await site.server.upload("broken soon", "return 1");
    const page = await site.open(`/functions/${id}/edit`);
    const code = page.getByRole("textbox", { name: "Code (JavaScript or TypeScript)" });
    await code.click();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.insertText("const a = 1;\nconst b = 2;\nreturn a +* b;\n");
    await page.getByText(/^Possible syntax error at line 3, column 11: /).waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    expect(await page.getByRole("alert").textContent()).toMatch(/^syntax error at line 3, /);
    expect(await page.getByText(/syntax error/i).count()).toBe(1);
    const marked = page.locator(".cm-lint-marker-error");
    const line = page.locator(".cm-lineNumbers .cm-gutterElement", { hasText: /^3$/ });
    const [mark, number] = await Promise.all([marked.boundingBox(), line.boundingBox()]);
    expect(Math.abs((mark?.y ?? 0) - (number?.y ?? 1000))).toBeLessThan(10);

    await code.click();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.insertText("return 2");
    await page.getByRole("button", { name: "Save" }).click();
    await page.waitForURL(`**/functions/${id}`);
    expect(await site.server.invoke(id, {})).toBe(2);
  });

  it("is deleted with the keyboard after confirmation", async () => {
    const id = await site.server.upload("unwanted", "return 1");
    const page = await site.open(`/functions/${id}`);
    await page.getByRole("button", { name: "Delete" }).focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Delete unwanted?" });
    await dialog.waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "Delete", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Functions" }).waitFor();
    const names = (await site.server.call("GET", "/api/functions")).map(({ name }: { name: string }) => name);
    expect(names).not.toContain("unwanted");
  });

  it("shows why an execution failed, and repeats it", async () => {
    const id = await site.server.upload("picky", "console.warn('look out');\nif (!input.ok) throw new Error('not ok');\nreturn 1");
    await site.server.invoke(id, {});
    const page = await site.open(`/functions/${id}`);
    await page.getByLabel("Status", { exact: true }).selectOption("failed");
    await page.getByRole("table", { name: "Executions of this function" }).getByRole("link").first().click();
    await page.getByRole("heading", { name: "Error" }).waitFor();
    await page.getByText(/function\.js:2/).waitFor();
    await page.getByText("look out").waitFor();
    const first = page.url();
    await page.getByRole("button", { name: "Run again" }).click();
    await page.getByText("Repeat of").waitFor();
    expect(page.url()).not.toBe(first);
  });
});

describe("the keyboard", () => {
  it("skips to the content, and changes the theme for good", async () => {
    const page = await site.open("/costs", { colorScheme: "light" });
    await page.getByRole("heading", { name: "Cost monitoring" }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    await page.getByRole("button", { name: "Use the dark theme" }).focus();
    await page.keyboard.press("Enter");
    await page.reload();
    await page.getByRole("button", { name: "Use the light theme" }).waitFor();
    expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
  });

  it("sees line numbers beside the lines, also with reduced motion", async () => {
    const id = await site.server.upload("five lines", "1;\n2;\n3;\n4;\nreturn 5");
    const page = await site.open("/", { reducedMotion: "reduce" });
    await page.goto(`${site.server.url}/functions/${id}/edit`);
    const tops = (selector: string) =>
      page.locator(selector).evaluateAll((all) => all.map((element) => Math.round(element.getBoundingClientRect().top)));
    await page.locator(".cm-line").nth(4).waitFor();
    // The first number is invisible: it reserves the width of the widest.
    await expect.poll(async () => (await tops(".cm-lineNumbers .cm-gutterElement")).slice(1)).toEqual(await tops(".cm-line"));
  });

  it("leaves the code editor with the Tab key", async () => {
    const page = await site.open("/functions/new");
    await page.getByRole("textbox", { name: "Code (JavaScript or TypeScript)" }).focus();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Choose a file");
  });
});

describe("a load test", () => {
  it("shows its estimate, its progress, and the difference at the end", async () => {
    await site.server.upload("loaded", "return input.n");
    const page = await site.open("/monitoring/load-tests");
    await page.getByLabel("Function", { exact: true }).selectOption({ label: "loaded" });
    await page.getByLabel("Calls at once").fill("4");
    await page.getByLabel("Duration (s)").fill("3");
    const estimate = page.getByRole("region", { name: "Estimate" });
    await estimate.getByText(/No history yet: the estimate is a guess/).waitFor();
    await estimate.getByRole("button", { name: "Run it 5 times first" }).click();
    await estimate.getByText(/based on recent runs/).waitFor();
    await page.getByRole("button", { name: "Start the load test" }).click();
    await page.getByRole("progressbar").waitFor();
    await page.getByRole("button", { name: "Stop" }).waitFor();
    await page.getByText(/(more|less) than estimated|The cost matches the estimate/).waitFor();
    await page.getByText("Completed", { exact: true }).first().waitFor();
    const seconds = page.getByRole("button", { name: "Show Calls per second as a table" });
    await seconds.click();
    expect(await page.getByRole("table", { name: "Calls per second" }).getByRole("row").count()).toBeGreaterThanOrEqual(4);
    await page.getByRole("link", { name: "Load tests", exact: true }).first().click();
    await page.getByRole("table", { name: "Load tests" }).getByRole("link", { name: "loaded" }).waitFor();
  });

  it("can be stopped", async () => {
    await site.server.upload("stopped early", "return 1");
    const page = await site.open("/monitoring/load-tests");
    await page.getByLabel("Function", { exact: true }).selectOption({ label: "stopped early" });
    await page.getByLabel("Calls at once").fill("2");
    await page.getByRole("button", { name: "Start the load test" }).click();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped", { exact: true }).waitFor();
  });
});
