/**
 * What a function's costs could be brought down by, computed from what it was billed. Only what is
 * worth saying: enough executions to be no accident, and a real share of the function's cost.
 */
import type { CostRow, Fn, Pricing, Tier } from "@/lib/api/types";
import { formatCount, formatDuration, formatPercent } from "@/lib/format";
import { formatMoney, nanos } from "@/lib/money";
import { LONGEST, TIERS, tierOf } from "@/lib/tier";
import { percentOf } from "./report";

export type ImprovementKind = "cold" | "retry" | "tier" | "rounding" | "transfer" | "batch";

export interface Improvement {
  kind: ImprovementKind;
  functionId: string;
  functionName: string;
  /** What is so. */
  finding: string;
  /** What can be done. */
  advice: string;
  /** The most that it would have saved in the period, in dollars. */
  saving: number;
}

const FEWEST_EXECUTIONS = 10;
/** Below this share of a function's cost, in percent, nothing is worth saying. */
const LEAST_SHARE = 15;
const MOST = 6;
const MINUTE = 60_000;

type Found = Omit<Improvement, "functionId" | "functionName">;

interface Case {
  row: CostRow;
  pricing: Pricing;
  fn: Fn;
  share: (saving: number) => number;
  /** Started units of 100 ms. */
  units: number;
  retries: number;
}

/** How often a fixed price is in an amount. */
const times = (amount: number, price: number) => (price === 0 ? 0 : Math.round(nanos(amount) / nanos(price)));

function coldStarts({ row, pricing, share }: Case): Found {
  const saving = row.costBreakdown.coldStartCost;
  const count = times(saving, pricing.factors.coldStart);
  return {
    kind: "cold",
    saving,
    finding: `${formatPercent(share(saving))} of this function's cost is cold starts`,
    advice: `${formatCount(count)} in ${formatCount(row.executionCount)} executions. An isolate is made after an upload, a timeout or running out of memory, when other functions took its place, and for calls that find all warm ones busy: spread bursts out.`,
  };
}

function retries({ row, pricing, fn, share, retries }: Case): Found {
  // Each retry is billed as one, and runs for at least one started unit.
  const saving = Math.min(row.totalCost, row.costBreakdown.retryCost + retries * pricing.tiers[row.tier].pricePer100ms);
  return {
    kind: "retry",
    saving,
    finding: `${formatPercent(share(saving))} of this function's cost is retries`,
    advice: `${formatCount(retries)} retries in ${formatCount(row.executionCount)} executions, each billed as a run of its own. Repair what fails, or lower its retry count (${fn.config.retryCount} now) where another try does not help.`,
  };
}

function tier({ row, pricing, fn }: Case): Found | null {
  if (fn.tier !== row.tier) return null;
  const saved = (lower: Tier) =>
    row.costBreakdown.baseCost * (1 - pricing.tiers[lower].pricePer100ms / pricing.tiers[row.tier].pricePer100ms);
  const name = (tier: Tier) => pricing.tiers[tier].name;
  const shorter = fn.config.timeout > 2 * MINUTE && row.averageDuration > MINUTE / 2 ? 2 * MINUTE : MINUTE;
  const byTimeout = tierOf(fn.code, Math.min(fn.config.timeout, shorter));
  if (byTimeout !== fn.tier && row.averageDuration < shorter / 2) {
    return {
      kind: "tier",
      saving: saved(byTimeout),
      finding: `Its timeout of ${formatDuration(fn.config.timeout)} puts it into ${name(fn.tier)}`,
      advice: `It runs for ${formatDuration(row.averageDuration)} on average. With a timeout of ${shorter / 1000} s it is ${name(byTimeout)}: ${formatMoney(pricing.tiers[byTimeout].pricePer100ms)} instead of ${formatMoney(pricing.tiers[fn.tier].pricePer100ms)} for each 100 ms.`,
    };
  }
  const below = TIERS[TIERS.indexOf(fn.tier) - 1];
  if (!below || below === "enterprise") return null;
  const over = fn.code.length - LONGEST[below];
  if (over <= 0 || over > LONGEST[below] / 5 || tierOf(fn.code.slice(0, LONGEST[below]), fn.config.timeout) !== below) return null;
  return {
    kind: "tier",
    saving: saved(below),
    finding: `Its code is ${formatCount(over)} ${over === 1 ? "character" : "characters"} too long for ${name(below)}`,
    advice: `Up to ${formatCount(LONGEST[below])} characters it costs ${formatMoney(pricing.tiers[below].pricePer100ms)} instead of ${formatMoney(pricing.tiers[fn.tier].pricePer100ms)} for each 100 ms.`,
  };
}

function rounding({ row, pricing, retries }: Case): Found | null {
  const over = row.averageDuration % 100;
  if (retries > 0 || row.averageDuration <= 100 || over === 0 || over > 25) return null;
  return {
    kind: "rounding",
    saving: row.executionCount * pricing.tiers[row.tier].pricePer100ms,
    finding: `Its runs end just after a unit of 100 ms has started`,
    advice: `They take ${formatDuration(row.averageDuration)} on average, and each started 100 ms is billed: ${formatDuration(over)} less saves a whole unit.`,
  };
}

function transfer({ row, pricing, share }: Case): Found {
  const saving = row.costBreakdown.dataTransferCost;
  const kib = pricing.factors.dataTransfer === 0 ? 0 : saving / pricing.factors.dataTransfer / row.executionCount;
  return {
    kind: "transfer",
    saving,
    finding: `${formatPercent(share(saving))} of this function's cost is data transfer`,
    advice: `Input and output are ${kib.toFixed(1)} KiB for each execution: leave out what is not needed.`,
  };
}

function batch({ row, units }: Case): Found | null {
  const used = units === 0 ? 1 : row.totalDuration / (units * 100);
  if (row.executionCount < 1_000 || used > 0.25) return null;
  return {
    kind: "batch",
    saving: row.costBreakdown.baseCost * (1 - used),
    finding: `It uses ${formatPercent(used * 100)} of the compute time that it is billed for`,
    advice: `Runs take ${formatDuration(row.averageDuration)}; the least that is billed is 100 ms. A call that takes many inputs at once costs no more than one.`,
  };
}

/** The improvements that would have saved most, biggest first. */
export function improvementsOf(rows: readonly CostRow[], functions: readonly Fn[], pricing: Pricing): Improvement[] {
  const known = new Map(functions.map((fn) => [fn._id, fn]));
  const found = rows
    .filter(({ executionCount, totalCost }) => executionCount >= FEWEST_EXECUTIONS && totalCost > 0)
    .flatMap((row) => {
      const fn = known.get(row._id);
      // What is deleted costs nothing any more.
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
  // Nearly every quick function could be called with more at once: said of the dearest, it is said.
  const dearestBatch = found.find(({ kind }) => kind === "batch");
  return found.filter((one) => one.kind !== "batch" || one === dearestBatch).slice(0, MOST);
}
