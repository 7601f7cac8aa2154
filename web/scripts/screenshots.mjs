/**
 * Takes the pictures of the README from a real server, and writes them to `docs/`.
 *
 *     npm run build && cargo build -p faas-server && npm run screenshots
 *
 * With a folder as its argument it takes every page instead: in both themes, wide and narrow, with
 * no data, with little data, and with 200 functions and 10,000 executions.
 */
import { mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { launch } from "./browser.mjs";
import { withKeys } from "./looking-keys.mjs";
import { open, settle } from "./looking.mjs";
import { Server } from "./server.mjs";

/** The largest picture of the README, in bytes. */
const LARGEST = 150_000;

const FLAKY = `// Charges a card; the card of every seventh customer is declined.
console.log("charging", input.customer);
if (input.customer % 7 === 0) throw new Error("card declined");
return { charged: input.amount };
`;
const SLOW = "return new Promise((done) => setTimeout(() => done(input.n), 90 + Math.random() * 120))";

/**
 * Uploads and runs the given numbers of functions and executions.
 * @param {Server} server
 * @param {number} functions
 * @param {number} executions
 */
async function fill(server, functions, executions) {
  const samples = await server.call("GET", "/api/samples");
  /** @type {[string, (n: number) => unknown][]} */
  const calls = [];
  for (let n = 0; n < functions; n++) {
    const sample = samples[n % samples.length];
    const id = await server.upload(n < samples.length ? sample.name : `${sample.name} ${n}`, sample.code);
    calls.push([id, () => sample.input]);
  }
  const pay = await server.upload("Charge a card", FLAKY);
  const config = { env: { CURRENCY: "EUR", REGION: "eu-central" }, secrets: { PAYMENT_KEY: "not a real one" } };
  await server.call("PUT", `/api/functions/${pay}`, { config });
  calls.push([pay, (customer) => ({ customer, amount: 20 })]);
  let next = 0;
  const work = async () => {
    for (let n = next++; n < executions; n = next++) {
      const [id, input] = calls[n % calls.length] ?? [pay, () => ({})];
      await server.invoke(id, input(n));
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  return { functions: calls.map(([id]) => id), pay };
}

/**
 * JPEG, because it is smaller than the PNG that Chromium writes for such a page.
 * @param {import("playwright-core").Page} page
 * @param {string} name
 */
async function picture(page, name) {
  const file = path.join(import.meta.dirname, "../docs", `${name}.jpg`);
  await page.screenshot({ path: file, type: "jpeg", quality: 82 });
  const { size } = statSync(file);
  if (size > LARGEST) throw new Error(`${file} is too large: ${size} bytes, at most ${LARGEST}`);
  process.stdout.write(`${file} ${size}\n`);
}

/** @param {import("playwright-core").Browser} browser */
async function forReadme(browser) {
  const server = await new Server().start();
  try {
    const slow = await server.upload("Resize an image", SLOW);
    const { pay } = await fill(server, 5, 900);
    const page = await open(browser, "light", 1440);
    await page.goto(server.url);
    await settle(page);
    await page.getByLabel("Function", { exact: true }).selectOption({ label: "Fibonacci Calculator" });
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByRole("region", { name: "Result" }).getByText("Completed").waitFor();
    await settle(page);
    await picture(page, "dashboard");

    const dark = await open(browser, "dark", 1440);
    await dark.goto(`${server.url}/monitoring`);
    const test = { functionId: slow, concurrency: 24, durationSeconds: 40, input: { n: "{{i}}" } };
    const { _id } = await server.call("POST", "/api/load-tests", test);
    await dark.waitForTimeout(30_000);
    await picture(dark, "monitoring");
    await dark.goto(`${server.url}/monitoring/load-tests/${_id}`);
    await dark.getByText(/than estimated|matches the estimate/).waitFor({ timeout: 40_000 });
    await settle(dark);
    await picture(dark, "load-test");

    await page.goto(`${server.url}/costs?range=1h`);
    await settle(page);
    await picture(page, "costs");

    await page.goto(`${server.url}/functions/${pay}/edit`);
    await settle(page);
    await page.getByRole("region", { name: "Environment" }).evaluate((region) => region.scrollIntoView({ block: "end" }));
    await picture(page, "function");

    const { key } = await server.makeKey("ada", "admin");
    for (const [name, role, days] of /** @type {const} */ ([
      ["dashboard in the hall", "reader", 90],
      ["deployment", "developer", 30],
      ["shop", "invoker", null],
      ["nightly import", "invoker", null],
    ])) {
      const made = await server.makeKey(name, role, days && new Date(Date.now() + days * 86_400_000).toISOString());
      if (name !== "nightly import") await server.callAs(made.key, "GET", "/api/session");
    }
    await dark.waitForTimeout(2_000);
    await dark.goto(`${server.url}/access`);
    await dark.getByLabel("API key").fill(key);
    await dark.keyboard.press("Enter");
    await settle(dark);
    await picture(dark, "access");
  } finally {
    await server.remove();
  }
}

/**
 * @param {import("playwright-core").Browser} browser
 * @param {string} folder
 * @param {string | undefined} only
 */
async function forLooking(browser, folder, only) {
  mkdirSync(folder, { recursive: true });
  if (only === undefined || only === "keys") await withKeys(browser, folder);
  for (const [amount, functions, executions] of /** @type {const} */ ([
    ["none", 0, 0],
    ["little", 2, 7],
    ["much", 200, 10_000],
  ])) {
    if (only !== undefined && only !== amount) continue;
    const server = await new Server().start();
    try {
      /** @type {Record<string, string>} */
      const paths = { dashboard: "/", functions: "/functions", new: "/functions/new", access: "/access", monitoring: "/monitoring", tests: "/monitoring/load-tests", costs: "/costs" };
      if (executions > 0) {
        const { pay } = await fill(server, functions, executions);
        const latest = await server.call("GET", `/api/executions?functionId=${pay}&limit=1`);
        const { _id } = await server.call("POST", "/api/load-tests", { functionId: pay, concurrency: 4, durationSeconds: 3 });
        await new Promise((resolve) => setTimeout(resolve, 4_000));
        paths["function"] = `/functions/${pay}`;
        paths["edit"] = `/functions/${pay}/edit`;
        paths["execution"] = `/executions/${latest.executions[0]._id}`;
        paths["test"] = `/monitoring/load-tests/${_id}`;
      }
      for (const theme of /** @type {const} */ (["light", "dark"])) {
        for (const width of [1440, 390]) {
          const page = await open(browser, theme, width);
          for (const [name, address] of Object.entries(paths)) {
            await page.goto(server.url + address);
            await settle(page);
            await page.screenshot({ path: path.join(folder, `${amount}-${name}-${width}-${theme}.png`), fullPage: true });
          }
          await page.close();
        }
      }
    } finally {
      await server.remove();
    }
  }
}

const browser = await launch();
try {
  const folder = process.argv[2];
  if (folder) await forLooking(browser, folder, process.argv[3]);
  else {
    mkdirSync(path.join(import.meta.dirname, "../docs"), { recursive: true });
    await forReadme(browser);
  }
} finally {
  await browser.close();
}
