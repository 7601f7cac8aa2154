import { expect, it } from "vitest";
import { ALL_ROLES, refusalOf, type Permission } from "./roles";

it("gives each role the same permissions as the server", () => {
  const offered = (permission: Permission) => ALL_ROLES.filter((role) => refusalOf(role, permission) === null);
  expect(offered("read")).toEqual(["reader", "developer", "admin"]);
  expect(offered("invoke")).toEqual(["invoker", "developer", "admin"]);
  expect(offered("develop")).toEqual(["developer", "admin"]);
  expect(offered("administer")).toEqual(["admin"]);
});

it("names a role that has the permission", () => {
  expect(refusalOf("reader", "invoke")).toBe("Your key has the role reader. This requires the role developer.");
  expect(refusalOf("developer", "administer")).toBe("Your key has the role developer. This requires the role admin.");
});
