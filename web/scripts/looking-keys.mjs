/** Screenshots of a server that requires a key. */
import path from "node:path";
import { open, settle } from "./looking.mjs";
import { Server } from "./server.mjs";

/** The number of keys of the full list. */
const MANY = 50;

/**
 * Creates many keys: of each role, some in use, some revoked, one with a long name.
 * @param {Server} server
 */
async function makeMany(server) {
  const roles = /** @type {const} */ (["invoker", "developer", "reader", "invoker"]);
  await server.makeKey("the-nightly-import-of-the-warehouse-in-Lüdenscheid-and-elsewhere", "invoker");
  for (let n = 0; n < MANY; n++) {
    const ends = n % 5 === 0 ? new Date(Date.now() + n * 86_400_000 + 600_000).toISOString() : null;
    const role = roles[n % roles.length] ?? "reader";
    const { _id, key } = await server.makeKey(`${role} of team ${n}`, role, ends);
    if (n % 3 === 0) await server.callAs(key, "GET", "/api/session");
    if (n % 7 === 0) await server.call("DELETE", `/api/keys/${_id}`);
  }
}

/**
 * The sign-in page, the pages of each role, and the keys: with one, with some, with many.
 * @param {import("playwright-core").Browser} browser
 * @param {string} folder
 */
export async function withKeys(browser, folder) {
  const server = await new Server().start();
  try {
    const id = await server.upload("Resize an image", "return input.n");
    const { key: admin } = await server.makeKey("ada", "admin");
    /**
     * @param {string} name
     * @param {string} address
     * @param {string | null} key
     * @param {"light" | "dark"} theme
     * @param {number} width
     */
    const take = async (name, address, key, theme, width) => {
      const page = await open(browser, theme, width);
      await page.goto(server.url + address);
      await page.getByLabel("API key").waitFor();
      if (key !== null) {
        await page.getByLabel("API key").fill(key);
        await page.keyboard.press("Enter");
        if (key === "faas_wrong") await page.getByText("This key does not exist").waitFor();
        else await page.getByRole("button", { name: "Sign out" }).waitFor();
      }
      await settle(page);
      const shoot = () => page.screenshot({ path: path.join(folder, `keys-${name}-${width}-${theme}.png`), fullPage: true });
      await shoot();
      if (name === "access") {
        await page.getByLabel("Name", { exact: true }).fill(`${theme} ${width}`);
        await page.getByRole("button", { name: "Create the key" }).click();
        await page.getByLabel("The new key").waitFor();
        await settle(page);
        name = "made";
        await shoot();
      }
      await page.close();
    };
    /** @param {(theme: "light" | "dark", width: number) => Promise<void>} look */
    const each = async (look) => {
      for (const theme of /** @type {const} */ (["light", "dark"])) for (const width of [1440, 390]) await look(theme, width);
    };
    await each((theme, width) => take("access-one", "/access", admin, theme, width));
    const { key: reader } = await server.makeKey("screen in the hall", "reader", new Date(Date.now() + 9e9).toISOString());
    const { key: invoker } = await server.makeKey("shop", "invoker");
    const { _id } = await server.makeKey("ci", "developer");
    await server.call("DELETE", `/api/keys/${_id}`);
    for (let n = 0; n < 30; n++) await server.call("PUT", `/api/functions/${id}`, { description: `number ${n}` });
    await each(async (theme, width) => {
      await take("sign-in", "/", null, theme, width);
      await take("wrong", "/", "faas_wrong", theme, width);
      await take("access", "/access", admin, theme, width);
      await take("reader", `/functions/${id}`, reader, theme, width);
      await take("reader-list", "/functions", reader, theme, width);
      await take("reader-tests", "/monitoring/load-tests", reader, theme, width);
      await take("invoker", "/", invoker, theme, width);
    });
    await makeMany(server);
    await each((theme, width) => take("access-many", "/access", admin, theme, width));
  } finally {
    await server.remove();
  }
}
