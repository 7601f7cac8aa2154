/** What would make functions cheaper, by how much it would save. */
import { formatCount, formatDuration, formatPercent } from "@/lib/format";
import { LONGEST, TIERS, tierOf } from "@/lib/tier";
import type { CostRow, Fn, Pricing, Tier } from "@/lib/api/types";

export interface Improvement {
  functionId: string;
  functionName: string;
  /** What costs. */
  finding: string;
  /** What can be done. */
  advice: string;
  /** At most so much of the period's cost, in dollars. */
  saving: number;
}

/** A share below this is not worth anybody's time. */
const WORTH = 0.05;

type Found = Pick<Improvement, "finding" | "advice" | "saving">;

/** The improvements that save most, dearest first. */
export function improvements(rows: readonly CostRow[], functions: readonly Fn[], pricing: Pricing, most = 5): Improvement[] {
  const known = new Map(functions.map((fn) => [fn._id, fn]));
  return rows
    .flatMap((row) => {
      const fn = known.get(row._id);
      // What is deleted cannot be made cheaper.
      if (!fn || row.totalCost <= 0) return [];
      const found = [coldStarts(row), retries(row), tierBelow(row, fn, pricing), rounding(row)];
      return found
        .filter((one) => one !== null)
        .filter(({ saving }) => saving / row.totalCost >= WORTH)
        .map((one) => ({ functionId: row._id, functionName: row.functionName, ...one }));
    })
    .toSorted((a, b) => b.saving - a.saving)
    .slice(0, most);
}

const share = (part: number, row: CostRow) => formatPercent((part * 100) / row.totalCost);

function coldStarts(row: CostRow): Found {
  const saving = row.costBreakdown.coldStartCost;
  return {
    finding: `${share(saving, row)} of this function's cost is cold starts.`,
    advice: "Let more isolates stay warm, or call it more steadily.",
    saving,
  };
}

function retries(row: CostRow): Found {
  const saving = row.costBreakdown.retryCost;
  return {
    finding: `${share(saving, row)} of this function's cost is fees for retries.`,
    advice: "Find out why it fails; each attempt is paid for too.",
    saving,
  };
}

/** It would be a tier cheaper with a little less code, or a shorter timeout. */
function tierBelow(row: CostRow, fn: Fn, pricing: Pricing): Found | null {
  const below = TIERS[TIERS.indexOf(fn.tier) - 1];
  if (below === undefined || below === "enterprise") return null;
  const saving = row.costBreakdown.baseCost * (1 - pricing.tiers[below].pricePer100ms / pricing.tiers[fn.tier].pricePer100ms);
  const name = pricing.tiers[below].name;
  const byCode = tierOf(fn.code, 0);
  if (TIERS.indexOf(byCode) < TIERS.indexOf(fn.tier)) {
    return {
      finding: `Its timeout of ${formatDuration(fn.config.timeout)} puts it a tier higher; it runs ${formatDuration(row.averageDuration)} on average.`,
      advice: `With a timeout of ${fn.tier === "enterprise" ? "120" : "60"} s it would be in ${name}.`,
      saving,
    };
  }
  const over = fn.code.length - LONGEST[below];
  if (over > LONGEST[below] * 0.3 || timeoutKeeps(fn, below)) return null;
  return {
    finding: `Its code is ${formatCount(over)} characters too long for ${name}.`,
    advice: "Shorten it: comments and long names count.",
    saving,
  };
}

const timeoutKeeps = (fn: Fn, below: Tier) => TIERS.indexOf(tierOf("", fn.config.timeout)) > TIERS.indexOf(below);

/** A run just past a whole 100 ms pays for all of the next. */
function rounding(row: CostRow): Found | null {
  const units = Math.ceil(row.averageDuration / 100);
  const past = row.averageDuration - (units - 1) * 100;
  if (units < 2 || past > 25) return null;
  return {
    finding: `An average run of ${formatDuration(row.averageDuration)} is billed as ${formatDuration(units * 100)}.`,
    advice: `${formatDuration(past)} less would be a step cheaper.`,
    saving: row.costBreakdown.baseCost / units,
  };
}
