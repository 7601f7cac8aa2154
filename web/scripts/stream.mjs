/**
 * Measures how smooth the dashboard is while events arrive: the frames, long tasks and layout shifts
 * of each live page, at 500 events per second and at none.
 *
 *     npm run build && cargo build --release -p faas-server
 *     FAAS_BINARY=../target/release/faas npm run bench
 */
import { Agent, request } from "node:http";
import { launch } from "./browser.mjs";
import { Server } from "./server.mjs";

const SECONDS = 10;
/** Each call causes two events: its start and its end. */
const CALLS_PER_SECOND = 250;

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/**
 * @param {string} url
 * @returns {Promise<void>}
 */
const call = (url) =>
  new Promise((resolve, reject) => {
    request(url, { method: "POST", agent }, (answer) => answer.resume().on("end", resolve))
      .on("error", reject)
      .end('{"n": 1}');
  });

/**
 * Calls at a constant rate.
 * @param {string} url
 */
async function load(url) {
  const start = performance.now();
  /** @type {Promise<void>[]} */
  const calls = [];
  while (performance.now() - start < SECONDS * 1000) {
    const due = ((performance.now() - start) / 1000) * CALLS_PER_SECOND;
    while (calls.length < due) calls.push(call(url));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await Promise.all(calls);
  return calls.length;
}

/** Runs in the page. Measures until the returned function is called. */
function watch() {
  /** @type {number[]} */
  const frames = [];
  let [last, longest, blocked, shift, on] = [performance.now(), 0, 0, 0, true];
  const frame = (/** @type {number} */ now) => {
    frames.push(now - last);
    last = now;
    if (on) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const tasks = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      longest = Math.max(longest, duration);
      blocked += duration - 50;
    }
  });
  tasks.observe({ type: "longtask" });
  const shifts = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) shift += /** @type {any} */ (entry).value;
  });
  shifts.observe({ type: "layout-shift" });
  return () => {
    on = false;
    tasks.disconnect();
    shifts.disconnect();
    frames.sort((a, b) => a - b);
    const at = (/** @type {number} */ share) => frames[Math.floor((frames.length - 1) * share)] ?? 0;
    return { frames: frames.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), longest, blocked, shift };
  };
}

const server = await new Server().start();
const browser = await launch();
try {
  const id = await server.upload("streamed", "return input.n");
  const url = `${server.url}/api/functions/${id}/invoke`;
  const row = (/** @type {unknown[]} */ ...cells) => process.stdout.write(`| ${cells.join(" | ")} |\n`);
  row("page", "events/s", "frames/s", "frame p50/p95/p99 ms", "longest task ms", "blocked ms/s", "layout shift");
  row(...Array.from({ length: 7 }, () => "---"));
  for (const path of ["/", "/monitoring", "/costs", `/functions/${id}`]) {
    for (const busy of [false, true]) {
      const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
      await page.goto(server.url + path);
      await page.waitForTimeout(2_500);
      const handle = await page.evaluateHandle(watch);
      const calls = busy ? await load(url) : await page.waitForTimeout(SECONDS * 1000).then(() => 0);
      const seen = await handle.evaluate((stop) => stop());
      const fixed = (/** @type {number} */ value) => value.toFixed(1);
      row(
        path.replace(id, ":id"),
        Math.round((calls * 2) / SECONDS),
        fixed(seen.frames / SECONDS),
        [seen.p50, seen.p95, seen.p99].map(fixed).join(" / "),
        fixed(seen.longest),
        fixed(seen.blocked / SECONDS),
        seen.shift.toFixed(4),
      );
      await page.close();
    }
  }
} finally {
  agent.destroy();
  await browser.close();
  await server.remove();
}
