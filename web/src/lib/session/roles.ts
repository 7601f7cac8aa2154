/** What each role may do. The server decides; the dashboard only hides what it would refuse. */
import type { Role } from "../api/types";

/** The permissions that the dashboard distinguishes. */
export type Permission = "read" | "invoke" | "develop" | "administer";

const ROLES: Record<Permission, readonly Role[]> = {
  read: ["reader", "developer", "admin"],
  invoke: ["invoker", "developer", "admin"],
  develop: ["developer", "admin"],
  administer: ["admin"],
};

/** The roles in words. `may` continues "The key …". */
export const ROLE_WORDS: Record<Role, { name: string; may: string }> = {
  reader: { name: "Reader", may: "can read everything, but cannot run or change anything" },
  invoker: { name: "Invoker", may: "can call functions and read nothing: for programs" },
  developer: { name: "Developer", may: "can write and run functions and load tests" },
  admin: { name: "Admin", may: "can do everything, including creating and revoking keys" },
};

export const ALL_ROLES: readonly Role[] = ["reader", "invoker", "developer", "admin"];

/** Why a role does not have a permission; null if it has. */
export function refusalOf(role: Role, permission: Permission): string | null {
  if (ROLES[permission].includes(role)) return null;
  const needed = permission === "invoke" ? "developer" : ROLES[permission][0];
  return `Your key has the role ${role}. This requires the role ${needed}.`;
}
