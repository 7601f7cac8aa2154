/** What a role may do: as the server has it, which decides; here it is only what is offered. */
import type { Role } from "../api/types";

/** What is offered to some and not to others. */
export type Permission = "read" | "invoke" | "develop" | "administer";

const ROLES: Record<Permission, readonly Role[]> = {
  read: ["reader", "developer", "admin"],
  invoke: ["invoker", "developer", "admin"],
  develop: ["developer", "admin"],
  administer: ["admin"],
};

/** What a key of each role is for, in words. */
export const ROLE_WORDS: Record<Role, { name: string; may: string }> = {
  reader: { name: "Reader", may: "sees everything, and runs and changes nothing" },
  invoker: { name: "Invoker", may: "calls functions, and sees nothing else: for programs" },
  developer: { name: "Developer", may: "writes and runs functions and load tests" },
  admin: { name: "Admin", may: "does everything, and makes and revokes keys" },
};

export const ALL_ROLES: readonly Role[] = ["reader", "invoker", "developer", "admin"];

/** Why a key with this role may not; null when it may. */
export function refusalOf(role: Role, permission: Permission): string | null {
  if (ROLES[permission].includes(role)) return null;
  const needed = permission === "invoke" ? "developer" : ROLES[permission][0];
  return `Your key has the role ${role}: this needs the role ${needed}.`;
}
