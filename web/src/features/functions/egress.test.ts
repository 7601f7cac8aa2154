import { expect, it } from "vitest";
import { checkEgress, checkRule, egressIn, egressOf, newRule, type EgressDraft } from "./egress";

const none: EgressDraft = { egress: "server", allow: [], deny: [] };

it.each([
  null,
  { allow: [] },
  { deny: [{ host: "*.example.com" }] },
  {
    allow: [
      { host: "api.stripe.com", ports: [443, 8443], methods: ["GET", "POST"], paths: ["/v1/*"], headers: { authorization: "Bearer ${secret:KEY}", "x-a": "b: c" } },
      { host: "*.example.com" },
    ],
    deny: [{ host: "internal.example.com", ports: [80], paths: ["/a", "/b"] }],
  },
])("sends the stored rules %j as they are if nothing was changed", (rules) => {
  expect(egressIn(egressOf(rules))).toEqual(rules);
});

it("sends no rules for all that the server allows, and an empty list for nothing", () => {
  expect(egressIn(none)).toBeNull();
  const allow = [{ ...newRule(), host: "a" }];
  expect(egressIn({ egress: "none", allow, deny: allow })).toEqual({ allow: [] });
  expect(egressIn({ egress: "server", allow, deny: [] })).toBeNull();
});

it("names the field of a rule that is wrong", () => {
  const rule = newRule();
  expect(Object.keys(checkRule({ ...rule, host: " ", ports: "80,0", headers: "authorization" }))).toEqual(["host", "ports", "headers"]);
  expect(checkRule({ ...rule, host: "a.com", ports: "1, 65535", headers: "a: b\n\nc:d" })).toEqual({});
  expect(checkRule({ ...rule, host: "a.com", ports: "65536" }).ports).toMatch(/65536/);
});

it("needs a rule where only the listed ones are allowed, and at most 64", () => {
  expect(checkEgress(none)).toBeNull();
  expect(checkEgress({ ...none, egress: "listed" })).toMatch(/Add a rule/);
  const many = Array.from({ length: 65 }, () => ({ ...newRule(), host: "a.com" }));
  expect(checkEgress({ ...none, deny: many })).toMatch(/65/);
  expect(checkEgress({ ...none, deny: [newRule()] })).toMatch(/invalid/);
  expect(checkEgress({ egress: "none", allow: [newRule()], deny: [newRule()] })).toBeNull();
});
