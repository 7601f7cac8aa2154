import { expect, it } from "vitest";
import { checkRoutes, httpOf, settingsOf } from "./http";

const off = { http: "off", routes: "", origins: "" } as const;

it("is off for a function without settings, and stays without any", () => {
  expect(httpOf(null)).toEqual(off);
  expect(settingsOf(off, null)).toBeNull();
});

it("reads stored settings, and keeps those that the form does not have", () => {
  const stored = { enabled: true, methods: ["GET"], routes: ["GET /a", "/b"], cors: { origins: ["*"], maxAge: 5 }, timeout: 100 };
  const draft = httpOf(stored);
  expect(draft).toEqual({ http: "key", routes: "GET /a\n/b", origins: "*" });
  expect(settingsOf(draft, stored)).toEqual({ ...stored, auth: "key" });
  expect(settingsOf({ ...draft, http: "off" }, stored)).toEqual({ ...stored, enabled: false });
  const bare = { enabled: true, auth: "public", methods: ["GET"], timeout: 100 };
  expect(settingsOf({ http: "public", routes: " \n", origins: " " }, stored)).toEqual(bare);
});

it("takes a route a line, and origins with commas between them", () => {
  const sent = settingsOf({ http: "public", routes: " GET /a \n\n/b/:c", origins: "https://a.com, https://b.com" }, null);
  expect(sent).toEqual({ enabled: true, auth: "public", routes: ["GET /a", "/b/:c"], cors: { origins: ["https://a.com", "https://b.com"] } });
});

it("reports routes that are none", () => {
  expect(checkRoutes("GET /orders/:id\n/files/*\n\n")).toBeNull();
  expect(checkRoutes("orders")).toMatch(/Invalid route: orders/);
  expect(checkRoutes("get /orders")).toMatch(/Invalid route/);
  expect(checkRoutes(Array.from({ length: 257 }, (_, n) => `/r${n}`).join("\n"))).toMatch(/257/);
});
