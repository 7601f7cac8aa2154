/** The real server, started for a test on a free port. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

const target = process.env["CARGO_TARGET_DIR"] ?? path.join(import.meta.dirname, "../../target");
const binary = process.env["FAAS_BINARY"] ?? path.join(target, "debug/faas");

/** For tests only. With a key functions can have secrets. */
const SECRET_KEY = "5ec2e7".repeat(10) + "5ec2";

export class Server {
  #folder = mkdtempSync(path.join(tmpdir(), "faas-dashboard-"));
  #store = `sqlite:${path.join(this.#folder, "faas.db")}`;
  /** @type {import("node:child_process").ChildProcess | null} */
  #process = null;
  /** The address, such as `http://127.0.0.1:40000`. A restart keeps it. */
  url = "";
  /** The key of all calls; empty while there is none. */
  key = "";

  /** Starts the server with its existing store. */
  async start() {
    if (!existsSync(binary)) throw new Error(`${binary} not found: build it with cargo build -p faas-server`);
    const listen = this.url ? new URL(this.url).host : "127.0.0.1:0";
    const child = spawn(binary, ["serve", "--listen", listen, "--store", this.#store, "--log", "warn"], {
      cwd: this.#folder,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, FAAS_SECRET_KEY: SECRET_KEY },
    });
    this.#process = child;
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /\bhttp:\/\/[^\s,]+/.exec(line)?.[0];
      if (!url) continue;
      this.url = url;
      return this;
    }
    throw new Error("the server exited before it listened");
  }

  /** Stops the server and keeps its store. */
  async stop() {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await gone;
  }

  /** Stops the server and deletes its store. */
  async remove() {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /**
   * @param {string} method
   * @param {string} route
   * @param {unknown} [body]
   * @returns {Promise<any>} the answer
   */
  call(method, route, body) {
    return this.callAs(this.key, method, route, body);
  }

  /**
   * @param {string} key empty: without a key
   * @param {string} method
   * @param {string} route
   * @param {unknown} [body]
   * @returns {Promise<any>} the answer
   */
  async callAs(key, method, route, body) {
    /** @type {Record<string, string>} */
    const authorized = key === "" ? {} : { Authorization: `Bearer ${key}` };
    const init =
      body === undefined
        ? { headers: authorized }
        : { body: JSON.stringify(body), headers: { ...authorized, "Content-Type": "application/json" } };
    const response = await fetch(this.url + route, { method, ...init });
    if (!response.ok && response.status !== 502) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /**
   * Revokes a key while the server is stopped.
   * @param {string} name
   */
  revokeByHand(name) {
    execFileSync(binary, ["key", "revoke", name, "--store", this.#store], { cwd: this.#folder, stdio: "pipe" });
  }

  /**
   * Creates a key. All calls use the first one.
   * @param {string} name
   * @param {"reader" | "invoker" | "developer" | "admin"} role
   * @param {string | null} [expiresAt]
   * @returns {Promise<{ _id: string; key: string }>}
   */
  async makeKey(name, role, expiresAt = null) {
    const made = await this.call("POST", "/api/keys", { name, role, expiresAt });
    if (this.key === "") this.key = made.key;
    return made;
  }

  /**
   * @param {string} name
   * @param {string} code
   * @returns {Promise<string>} the id of the new function
   */
  async upload(name, code) {
    const { _id } = await this.call("POST", "/api/functions", { name, description: `${name}, for a test`, code, config: { retryCount: 0 } });
    return _id;
  }

  /**
   * @param {string} id
   * @param {unknown} input
   */
  invoke(id, input) {
    return this.call("POST", `/api/functions/${id}/invoke`, input);
  }
}
