/** Changes that need care: unsaved code, deactivation, cancelled and repeated executions. */
import { describe, expect, it } from "vitest";
import { newSite } from "./site";

const site = newSite();

describe("unsaved code", () => {
  it("is kept until the user agrees to discard it", async () => {
    const id = await site.server.upload("half done", "return 1");
    const page = await site.open(`/functions/${id}/edit`);
    await page.getByRole("textbox", { name: "Code (JavaScript or TypeScript)" }).click();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.insertText("return 2");
    const dialog = page.getByRole("dialog", { name: "Discard unsaved changes?" });
    await page.getByRole("link", { name: "Costs" }).click();
    await dialog.getByRole("button", { name: "Keep editing" }).click();
    await page.getByText("return 2").waitFor();
    // A reload asks with the browser's own dialog.
    const asked = page.waitForEvent("dialog");
    void page.reload().catch(() => {});
    const question = await asked;
    expect(question.type()).toBe("beforeunload");
    await question.dismiss();
    await page.getByText("return 2").waitFor();
    await page.getByRole("link", { name: "Cancel" }).click();
    await dialog.getByRole("button", { name: "Discard changes" }).click();
    await page.waitForURL(`**/functions/${id}`);
  });
});

describe("deactivation", () => {
  it("asks first", async () => {
    const id = await site.server.upload("in use", "return 1");
    const page = await site.open(`/functions/${id}`);
    await page.getByRole("button", { name: "Deactivate" }).click();
    await page.getByRole("dialog", { name: "Deactivate in use?" }).getByRole("button", { name: "Cancel" }).click();
    expect((await site.server.call("GET", `/api/functions/${id}`)).status).toBe("active");
    await page.getByRole("button", { name: "Deactivate" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Deactivate" }).click();
    await page.getByRole("button", { name: "Activate", exact: true }).waitFor();
    expect((await site.server.call("GET", `/api/functions/${id}`)).status).toBe("inactive");
  });
});

describe("an execution", () => {
  it("is repeated with an edited input after it completed", async () => {
    const id = await site.server.upload("echo", "return input.text");
    await site.server.invoke(id, { text: "first" });
    const page = await site.open(`/functions/${id}`);
    await page.getByRole("table", { name: "Executions of this function" }).getByRole("link").first().click();
    await page.getByRole("button", { name: "Edit input and run" }).click();
    const dialog = page.getByRole("dialog", { name: "Edit input and run" });
    await dialog.getByRole("textbox", { name: "Input (JSON)" }).click();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.insertText('{"text": "second"}');
    await dialog.getByRole("button", { name: "Run", exact: true }).click();
    await dialog.getByRole("group", { name: "Output" }).getByText('"second"').waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    const first = page.url();
    await page.getByRole("button", { name: "Run again" }).click();
    await page.waitForURL((url) => url.href !== first);
    await page.getByRole("group", { name: "Output" }).getByText('"first"').waitFor();
    await page.getByText("Repeat of").getByRole("link").click();
    await page.waitForURL(first);
  });

  it("shows that it runs, and can be cancelled", async () => {
    const id = await site.server.upload("endless", "return new Promise(() => setTimeout(() => {}, 500_000))");
    await site.server.call("PUT", `/api/functions/${id}`, { config: { timeout: 600_000 } });
    const { executionId } = await site.server.call("POST", `/api/functions/${id}/execute`, {});
    const page = await site.open(`/executions/${executionId}`);
    await page.getByText("Attempt 1 is running").waitFor();
    await page.getByText("The logs appear here when the attempt ends.").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Failed", { exact: true }).first().waitFor();
    await page.getByText("The execution was cancelled.").waitFor();
    await page.getByRole("heading", { name: "Error" }).waitFor();
    expect((await site.server.call("GET", `/api/executions/${executionId}`)).errorKind).toBe("cancelled");
    expect(await page.getByRole("button", { name: "Cancel" }).count()).toBe(0);
  });
});
