import { expect, it } from "vitest";
import { ALL_ROLES, refusalOf, type Permission } from "./roles";

it("offers each role what the server lets it do, and nothing else", () => {
  const offered = (permission: Permission) => ALL_ROLES.filter((role) => refusalOf(role, permission) === null);
  expect(offered("read")).toEqual(["reader", "developer", "admin"]);
  expect(offered("invoke")).toEqual(["invoker", "developer", "admin"]);
  expect(offered("develop")).toEqual(["developer", "admin"]);
  expect(offered("administer")).toEqual(["admin"]);
});

it("names a role that would do", () => {
  expect(refusalOf("reader", "invoke")).toBe("Your key has the role reader: this needs the role developer.");
  expect(refusalOf("developer", "administer")).toBe("Your key has the role developer: this needs the role admin.");
});
