/**
 * Finds ways to reduce the cost of functions, computed from what was billed. It reports only functions
 * with enough executions, and only savings that are a substantial share of the function's cost.
 */
import type { CostRow, ListedFn, Pricing, Tier } from "@/lib/api/types";
import { formatCount, formatDuration, formatPercent } from "@/lib/format";
import { formatMoney, nanos } from "@/lib/money";
import { LONGEST, TIERS, tierOf } from "@/lib/tier";
import { percentOf } from "./report";

export type ImprovementKind = "cold" | "retry" | "tier" | "rounding" | "transfer" | "batch";

export interface Improvement {
  kind: ImprovementKind;
  functionId: string;
  functionName: string;
  /** The cause of the cost. */
  finding: string;
  /** What you can do. */
  advice: string;
  /** The largest possible saving in the period, in dollars. */
  saving: number;
}

const FEWEST_EXECUTIONS = 10;
/** The smallest share of a function's cost that is reported, in percent. */
const LEAST_SHARE = 15;
const MOST = 6;
const MINUTE = 60_000;

type Found = Omit<Improvement, "functionId" | "functionName">;

interface Case {
  row: CostRow;
  pricing: Pricing;
  fn: ListedFn;
  share: (saving: number) => number;
  /** Started units of 100 ms. */
  units: number;
  retries: number;
}

/** How many times a fixed price fits into an amount. */
const times = (amount: number, price: number) => (price === 0 ? 0 : Math.round(nanos(amount) / nanos(price)));

function coldStarts({ row, pricing, share }: Case): Found {
  const saving = row.costBreakdown.coldStartCost;
  const count = times(saving, pricing.factors.coldStart);
  return {
    kind: "cold",
    saving,
    finding: `${formatPercent(share(saving))} of this function's cost is cold starts`,
    advice: `${formatCount(count)} in ${formatCount(row.executionCount)} executions. A cold start happens after an upload, a timeout or an out-of-memory failure, when other functions evicted the isolate, and when all warm isolates are busy. Spread bursts out.`,
  };
}

function retries({ row, pricing, fn, share, retries }: Case): Found {
  // A retry costs its fixed price and at least one unit of run time.
  const saving = Math.min(row.totalCost, row.costBreakdown.retryCost + retries * pricing.tiers[row.tier].pricePer100ms);
  return {
    kind: "retry",
    saving,
    finding: `${formatPercent(share(saving))} of this function's cost is retries`,
    advice: `${formatCount(retries)} retries in ${formatCount(row.executionCount)} executions, each billed as a separate run. Fix the failure, or lower the retry count (now ${fn.config.retryCount}) if retries do not help.`,
  };
}

function tier({ row, pricing, fn }: Case): Found | null {
  // In bytes. A tier limits the UTF-16 code units, of which there are at most as many.
  const length = fn.codeLength;
  if (fn.tier !== row.tier) return null;
  const saved = (lower: Tier) =>
    row.costBreakdown.baseCost * (1 - pricing.tiers[lower].pricePer100ms / pricing.tiers[row.tier].pricePer100ms);
  const name = (tier: Tier) => pricing.tiers[tier].name;
  const shorter = fn.config.timeout > 2 * MINUTE && row.averageDuration > MINUTE / 2 ? 2 * MINUTE : MINUTE;
  const byTimeout = tierOf(length, Math.min(fn.config.timeout, shorter));
  if (TIERS.indexOf(byTimeout) < TIERS.indexOf(fn.tier) && row.averageDuration < shorter / 2) {
    return {
      kind: "tier",
      saving: saved(byTimeout),
      finding: `Its timeout of ${formatDuration(fn.config.timeout)} puts it into ${name(fn.tier)}`,
      advice: `It runs for ${formatDuration(row.averageDuration)} on average. With a timeout of ${shorter / 1000} s its tier is ${name(byTimeout)}: ${formatMoney(pricing.tiers[byTimeout].pricePer100ms)} instead of ${formatMoney(pricing.tiers[fn.tier].pricePer100ms)} per 100 ms.`,
    };
  }
  const below = TIERS[TIERS.indexOf(fn.tier) - 1];
  if (!below || below === "enterprise") return null;
  const over = length - LONGEST[below];
  if (over <= 0 || over > LONGEST[below] / 5 || tierOf(LONGEST[below], fn.config.timeout) !== below) return null;
  return {
    kind: "tier",
    saving: saved(below),
    finding: `Its code is about ${formatCount(over)} ${over === 1 ? "character" : "characters"} too long for ${name(below)}`,
    advice: `With at most ${formatCount(LONGEST[below])} characters it costs ${formatMoney(pricing.tiers[below].pricePer100ms)} instead of ${formatMoney(pricing.tiers[fn.tier].pricePer100ms)} per 100 ms.`,
  };
}

function rounding({ row, pricing, retries }: Case): Found | null {
  const over = row.averageDuration % 100;
  if (retries > 0 || row.averageDuration <= 100 || over === 0 || over > 25) return null;
  return {
    kind: "rounding",
    saving: row.executionCount * pricing.tiers[row.tier].pricePer100ms,
    finding: `Its runs end just after a new unit of 100 ms starts`,
    advice: `They take ${formatDuration(row.averageDuration)} on average, and run time is rounded up to 100 ms. Runs that are ${formatDuration(over)} shorter save one unit each.`,
  };
}

function transfer({ row, pricing, share }: Case): Found {
  const saving = row.costBreakdown.dataTransferCost;
  const kib = pricing.factors.dataTransfer === 0 ? 0 : saving / pricing.factors.dataTransfer / row.executionCount;
  return {
    kind: "transfer",
    saving,
    finding: `${formatPercent(share(saving))} of this function's cost is data transfer`,
    advice: `Input and output are ${kib.toFixed(1)} KiB per execution. Leave out data that is not needed.`,
  };
}

function batch({ row, units }: Case): Found | null {
  const used = units === 0 ? 1 : row.totalDuration / (units * 100);
  if (row.executionCount < 1_000 || used > 0.25) return null;
  return {
    kind: "batch",
    saving: row.costBreakdown.baseCost * (1 - used),
    finding: `It uses ${formatPercent(used * 100)} of its billed run time`,
    advice: `Runs take ${formatDuration(row.averageDuration)}, but at least 100 ms is billed. Process several inputs in one call.`,
  };
}

/** The largest possible savings, largest first. */
export function improvementsOf(rows: readonly CostRow[], functions: readonly ListedFn[], pricing: Pricing): Improvement[] {
  const known = new Map(functions.map((fn) => [fn._id, fn]));
  const found = rows
    .filter(({ executionCount, totalCost }) => executionCount >= FEWEST_EXECUTIONS && totalCost > 0)
    .flatMap((row) => {
      const fn = known.get(row._id);
      // A deleted function costs nothing any more.
      if (!fn) return [];
      const one: Case = {
        row,
        pricing,
        fn,
        share: (saving) => percentOf(saving, row.totalCost),
        units: times(row.costBreakdown.baseCost, pricing.tiers[row.tier].pricePer100ms),
        retries: times(row.costBreakdown.retryCost, pricing.factors.retry),
      };
      return [coldStarts, retries, tier, rounding, transfer, batch]
        .map((look) => look(one))
        .filter((improvement) => improvement !== null)
        .filter(({ saving }) => one.share(saving) >= LEAST_SHARE)
        .map((improvement) => Object.assign(improvement, { functionId: row._id, functionName: row.functionName }));
    })
    .toSorted((a, b) => b.saving - a.saving);
  // Nearly every quick function could process several inputs per call. Report only the most expensive one.
  const dearestBatch = found.find(({ kind }) => kind === "batch");
  return found.filter((one) => one.kind !== "batch" || one === dearestBatch).slice(0, MOST);
}
