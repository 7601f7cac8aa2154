/** Pictures of a server that requires a key. */
import path from "node:path";
import { open, settle } from "./looking.mjs";
import { Server } from "./server.mjs";

/**
 * Signing in, what each role sees, and the page of keys.
 * @param {import("playwright-core").Browser} browser
 * @param {string} folder
 */
export async function withKeys(browser, folder) {
  const server = await new Server().start();
  try {
    const id = await server.upload("Resize an image", "return input.n");
    const { key: admin } = await server.makeKey("ada", "admin");
    const { key: reader } = await server.makeKey("screen in the hall", "reader", new Date(Date.now() + 9e9).toISOString());
    const { key: invoker } = await server.makeKey("shop", "invoker");
    const { _id } = await server.makeKey("ci", "developer");
    await server.call("DELETE", `/api/keys/${_id}`);
    for (let n = 0; n < 30; n++) await server.call("PUT", `/api/functions/${id}`, { description: `number ${n}` });
    for (const theme of /** @type {const} */ (["light", "dark"])) {
      for (const width of [1440, 390]) {
        const take = async (/** @type {string} */ name, /** @type {string} */ address, /** @type {string | null} */ key) => {
          const page = await open(browser, theme, width);
          await page.goto(server.url + address);
          await page.getByLabel("API key").waitFor();
          if (key !== null) {
            await page.getByLabel("API key").fill(key);
            await page.keyboard.press("Enter");
            if (key === "faas_wrong") await page.getByText("There is no such key").waitFor();
            else await page.getByRole("button", { name: "Sign out" }).waitFor();
          }
          await settle(page);
          const shoot = () => page.screenshot({ path: path.join(folder, `keys-${name}-${width}-${theme}.png`), fullPage: true });
          await shoot();
          if (name === "access") {
            await page.getByLabel("Name", { exact: true }).fill(`${theme} ${width}`);
            await page.getByRole("button", { name: "Make the key" }).click();
            await page.getByLabel("The new key").waitFor();
            await settle(page);
            name = "made";
            await shoot();
          }
          await page.close();
        };
        await take("sign-in", "/", null);
        await take("wrong", "/", "faas_wrong");
        await take("access", "/access", admin);
        await take("reader", `/functions/${id}`, reader);
        await take("reader-list", "/functions", reader);
        await take("reader-tests", "/monitoring/load-tests", reader);
        await take("invoker", "/", invoker);
      }
    }
  } finally {
    await server.remove();
  }
}
