/** The dashboard while the server is unreachable. */
import { describe, expect, it } from "vitest";
import { newSite } from "./site";

const site = newSite();

describe("when the server goes away", () => {
  it("says so, shows no old values as live, and refreshes when the server is back", async () => {
    site.expectComplaint(/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket connection/);
    const page = await site.open("/");
    const banner = page.getByRole("region", { name: "Connection" });
    const running = page.locator("dl > div", { hasText: "Running" }).locator("dd");
    await page.getByText("Live", { exact: true }).waitFor();
    await expect.poll(() => running.textContent()).toMatch(/^\d/);

    await site.server.stop();
    await banner.getByText("The server cannot be reached.").waitFor();
    expect(await page.getByText("Not live", { exact: true }).isVisible()).toBe(true);
    expect(await running.textContent()).toMatch(/^—/);

    await site.server.start();
    const id = await site.server.upload("after the restart", "return 1");
    await site.server.invoke(id, {});
    await banner.waitFor({ state: "detached" });
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("table", { name: "Recent executions" }).getByRole("link", { name: "after the restart" }).waitFor();
    await expect.poll(() => running.textContent()).toMatch(/^\d/);
  });

  it("offers a plain field where the editor could not be loaded", async () => {
    site.expectComplaint(/ERR_FAILED/);
    const id = await site.server.upload("plain", "return 1");
    const page = await site.open("/functions");
    await page.route("**/assets/CodeEditor-*", (route) => route.abort());
    await page.getByRole("link", { name: "Edit plain" }).click();
    await page.getByRole("textbox", { name: "Code (JavaScript or TypeScript)" }).fill("return 3");
    await page.getByRole("button", { name: "Save" }).click();
    await page.waitForURL(`**/functions/${id}`);
    expect(await site.server.invoke(id, {})).toBe(3);
  });
});
