// @vitest-environment node
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { curlOf, invokeUrl } from "./curl";

const url = invokeUrl("http://127.0.0.1:5000", "f1");

/** The arguments that a real shell passes on. */
const argumentsOf = (command: string, env: Record<string, string> = {}) =>
  execFileSync("sh", ["-c", command.replace(/^curl/, `printf '%s\\n'`)], { env: { ...process.env, ...env }, encoding: "utf8" }).split("\n").slice(0, -1);

it("passes any JSON through a shell unchanged", () => {
  const body = JSON.stringify({ text: `it's $HOME, "quoted" \`date\` \\ !` });
  expect(argumentsOf(curlOf({ url, body, authorized: false })).at(-1)).toBe(body);
});

it("names the key by a variable and never contains it", () => {
  const command = curlOf({ url, body: "{}", authorized: true });
  expect(argumentsOf(command, { FAAS_KEY: "secret" })).toContain("Authorization: Bearer secret");
  expect(command).toContain("$FAAS_KEY");
  expect(curlOf({ url, body: "{}", authorized: false })).not.toContain("Authorization");
});
