/** The costs of a period, from two reports. All figures of the page add up to the same total. */
import type { CostParts, CostRow, SystemCost } from "@/lib/api/types";
import { sumMoney } from "@/lib/money";
import type { Share } from "@/components/charts/ShareBar";

export interface CostReport {
  /** All costs, including scaling and storage. */
  total: number;
  /** The cost of executions. */
  executionCost: number;
  executions: number;
  /** Per execution; null without executions. */
  average: number | null;
  parts: readonly Share[];
}

const part = (rows: readonly CostRow[], name: keyof CostParts) => sumMoney(rows.map(({ costBreakdown }) => costBreakdown[name]));

export function reportOf(system: Pick<SystemCost, "scalingCost" | "storageCost">, rows: readonly CostRow[]): CostReport {
  const executionCost = sumMoney(rows.map(({ totalCost }) => totalCost));
  const executions = rows.reduce((sum, { executionCount }) => sum + executionCount, 0);
  return {
    total: sumMoney([executionCost, system.scalingCost, system.storageCost]),
    executionCost,
    executions,
    average: executions === 0 ? null : executionCost / executions,
    parts: [
      { label: "Compute", value: part(rows, "baseCost"), color: 1 },
      { label: "Cold starts", value: part(rows, "coldStartCost"), color: 3 },
      { label: "Retries", value: part(rows, "retryCost"), color: 5 },
      { label: "Data transfer", value: part(rows, "dataTransferCost"), color: 2 },
      { label: "Keys and values", value: part(rows, "kvCost"), color: 7 },
      { label: "Scaling", value: system.scalingCost, color: 4 },
      { label: "Storage", value: system.storageCost, color: 6 },
    ],
  };
}

/** The share of `part` in `whole`, in percent. */
export const percentOf = (part: number, whole: number) => (whole === 0 ? 0 : (part * 100) / whole);
