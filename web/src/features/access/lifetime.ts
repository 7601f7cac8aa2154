/** The expiry and the state of keys. */

const DAY = 24 * 3_600_000;

/** The choices; 0 days: never expires. */
export const LIFETIMES = [
  { days: 0, label: "Never" },
  { days: 1, label: "In a day" },
  { days: 7, label: "In 7 days" },
  { days: 30, label: "In 30 days" },
  { days: 90, label: "In 90 days" },
  { days: 365, label: "In a year" },
] as const;

/** When a key expires that is created at `now`; null: never. */
export const endOf = (days: number, now: number): string | null =>
  days === 0 ? null : new Date(now + days * DAY).toISOString();

/** The state of a key. */
export function stateOf(key: { revokedAt: string | null; expiresAt: string | null }, now: number) {
  if (key.revokedAt !== null) return "revoked";
  return key.expiresAt !== null && new Date(key.expiresAt).getTime() <= now ? "expired" : "valid";
}

type Lived = Parameters<typeof stateOf>[0] & { lastUsedAt: string | null };

/** Valid keys first, otherwise in the same order. */
export const inOrder = <T extends Lived>(keys: readonly T[], now: number): T[] =>
  [true, false].flatMap((usable) => keys.filter((key) => (stateOf(key, now) === "valid") === usable));

/** Counts the keys by state, such as: 3 valid, 1 of them never used; 1 revoked. */
export function summaryOf(keys: readonly Lived[], now: number): string {
  const of = (state: ReturnType<typeof stateOf>) => keys.filter((key) => stateOf(key, now) === state);
  const unused = of("valid").filter(({ lastUsedAt }) => lastUsedAt === null).length;
  const parts = [`${of("valid").length} valid${unused > 0 ? `, ${unused} of them never used` : ""}`];
  for (const state of ["expired", "revoked"] as const) {
    if (of(state).length > 0) parts.push(`${of(state).length} ${state}`);
  }
  return parts.join("; ");
}
