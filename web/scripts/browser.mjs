/**
 * Finds and starts Chromium. Run as a program it installs one if there is none: the package of Debian
 * if this is Debian and you are root, otherwise Playwright's own.
 */
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** No sandbox, because root cannot have one, and no background requests. */
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
        // Not in this folder.
      }
    }
  }
  const own = chromium.executablePath();
  return existsSync(own) ? own : null;
}

/** Starts Chromium headless with a temporary profile. */
export function launch() {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error("Chromium not found: `node scripts/browser.mjs` installs it");
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
