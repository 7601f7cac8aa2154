/**
 * A Chromium to drive. Run as a program it makes sure that there is one: Debian's, where this is
 * Debian and one may install packages, else the one that Playwright brings.
 */
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** No sandbox, because whoever is root cannot have one; nothing that asks the network for anything. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** @returns {string | null} the path of an installed browser */
export function findBrowser() {
  const named = process.env["CHROMIUM"];
  if (named) return named;
  for (const folder of (process.env["PATH"] ?? "").split(path.delimiter)) {
    for (const name of NAMES) {
      const file = path.join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not here.
      }
    }
  }
  const own = chromium.executablePath();
  return existsSync(own) ? own : null;
}

/** Starts it, headless, with a profile of its own that is gone afterwards. */
export function launch() {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error("there is no Chromium: `node scripts/browser.mjs` installs one");
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

function install() {
  const run = (/** @type {string} */ program, /** @type {string[]} */ ...args) =>
    execFileSync(program, args, { stdio: "inherit" });
  if (existsSync("/etc/debian_version") && process.getuid?.() === 0) {
    run("apt-get", "update");
    run("apt-get", "install", "-y", "--no-install-recommends", "chromium");
  } else {
    run(process.execPath, fileURLToPath(import.meta.resolve("playwright-core/cli.js")), "install", "chromium");
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url) && !findBrowser()) install();
