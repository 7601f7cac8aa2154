/** How long keys are valid. */

const DAY = 24 * 3_600_000;

/** What can be chosen; 0 days: for ever. */
export const LIFETIMES = [
  { days: 0, label: "Never" },
  { days: 1, label: "In a day" },
  { days: 7, label: "In 7 days" },
  { days: 30, label: "In 30 days" },
  { days: 90, label: "In 90 days" },
  { days: 365, label: "In a year" },
] as const;

/** When a key ends that is made at `now` for so many days; null: never. */
export const endOf = (days: number, now: number): string | null =>
  days === 0 ? null : new Date(now + days * DAY).toISOString();

/** In what state a key is. */
export function stateOf(key: { revokedAt: string | null; expiresAt: string | null }, now: number) {
  if (key.revokedAt !== null) return "revoked";
  return key.expiresAt !== null && new Date(key.expiresAt).getTime() <= now ? "expired" : "valid";
}

type Lived = Parameters<typeof stateOf>[0] & { lastUsedAt: string | null };

/** Those that can be used first; else in the order that they had. */
export const inOrder = <T extends Lived>(keys: readonly T[], now: number): T[] =>
  [true, false].flatMap((usable) => keys.filter((key) => (stateOf(key, now) === "valid") === usable));

/** How many there are of each state, and how many nobody needs so far: 3 valid, 1 of them never used; 1 revoked. */
export function summaryOf(keys: readonly Lived[], now: number): string {
  const of = (state: ReturnType<typeof stateOf>) => keys.filter((key) => stateOf(key, now) === state);
  const unused = of("valid").filter(({ lastUsedAt }) => lastUsedAt === null).length;
  const parts = [`${of("valid").length} valid${unused > 0 ? `, ${unused} of them never used` : ""}`];
  for (const state of ["expired", "revoked"] as const) {
    if (of(state).length > 0) parts.push(`${of(state).length} ${state}`);
  }
  return parts.join("; ");
}
