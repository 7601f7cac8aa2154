// @vitest-environment node
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parseEvent } from "./events";

const text = readFileSync(new URL("../../../tests/fixtures/events.json", import.meta.url), "utf8");
const messages = JSON.parse(text) as { type: string; data: object }[];

it.each(messages)("parses $type as the server sends it", (message) => {
  expect(parseEvent(JSON.stringify(message))).toEqual(message);
});

it("knows every type of message", () => {
  expect(messages).toHaveLength(11);
  expect(new Set(messages.map(({ type }) => type)).size).toBe(11);
});

it.each(messages.filter(({ type }) => type !== "gap"))("rejects a $type with a member of the wrong type", (message) => {
  const [first] = Object.keys(message.data);
  const broken = { ...message, data: { ...message.data, [first ?? ""]: { not: "this" } } };
  expect(parseEvent(JSON.stringify(broken))).toBeNull();
});

it("skips anything else", () => {
  for (const text of ["", "{}", "null", '{"type":"error","data":{"message":"x"}}', "{"]) expect(parseEvent(text)).toBeNull();
});
