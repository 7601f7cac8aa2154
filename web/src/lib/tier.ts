/** What a function will cost before the server has seen it: the server's own rule, for a preview. */
import { nanos } from "./money";
import type { Pricing, Tier } from "./api/types";

export const TIERS: readonly Tier[] = ["basic", "standard", "premium", "enterprise"];

/** The longest code of each tier, in UTF-16 units. */
export const LONGEST: Record<Exclude<Tier, "enterprise">, number> = { basic: 100, standard: 5_000, premium: 10_000 };

/** The tier of `code` with a timeout in milliseconds. */
export function tierOf(code: string, timeout: number): Tier {
  const byLength = code.length <= LONGEST.basic ? 0 : code.length <= LONGEST.standard ? 1 : code.length <= LONGEST.premium ? 2 : 3;
  const byTimeout = timeout > 120_000 ? 3 : timeout > 60_000 ? 2 : 0;
  return TIERS[Math.max(byLength, byTimeout)] ?? "enterprise";
}

/** The price of one warm run of `duration` ms: each started 100 ms, and at least one. */
export function runPrice(pricing: Pricing, tier: Tier, duration: number): number {
  const units = Math.max(1, Math.ceil(duration / 100));
  return (units * nanos(pricing.tiers[tier].pricePer100ms)) / 1e9;
}
