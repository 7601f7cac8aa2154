/** The tier and the price of code that is not uploaded yet, by the same rules as the server. */
import { nanos } from "./money";
import type { Pricing, Tier } from "./api/types";

export const TIERS: readonly Tier[] = ["basic", "standard", "premium", "enterprise"];

/** The longest code of each tier, in UTF-16 code units. */
export const LONGEST: Record<Exclude<Tier, "enterprise">, number> = { basic: 100, standard: 5_000, premium: 10_000 };

/** The tier of code with a length in UTF-16 code units and a timeout in milliseconds. */
export function tierOf(length: number, timeout: number): Tier {
  const byLength = length <= LONGEST.basic ? 0 : length <= LONGEST.standard ? 1 : length <= LONGEST.premium ? 2 : 3;
  const byTimeout = timeout > 120_000 ? 3 : timeout > 60_000 ? 2 : 0;
  return TIERS[Math.max(byLength, byTimeout)] ?? "enterprise";
}

/** The price of one warm run of `duration` ms, rounded up to 100 ms. */
export function runPrice(pricing: Pricing, tier: Tier, duration: number): number {
  const units = Math.max(1, Math.ceil(duration / 100));
  return (units * nanos(pricing.tiers[tier].pricePer100ms)) / 1e9;
}
