/** The CSV files. Amounts have all their digits. */
import type { CostRow, SystemCost, Tier } from "@/lib/api/types";
import { toCsv, type CsvColumn } from "@/lib/csv";
import { exactMoney } from "@/lib/money";
import type { TrendPoint } from "@/lib/series";
import { dayOf, type Span } from "./range";

interface Line {
  id: string;
  name: string;
  tier: Tier | "";
  executions: number | "";
  duration: number | "";
  amounts: readonly (number | null)[];
  total: number;
}

const AMOUNTS = ["compute", "cold_starts", "retries", "data_transfer", "keys_and_values", "scaling", "storage"] as const;

const amount = (value: number | null | undefined) => (value == null ? "" : exactMoney(value));

const FUNCTION_COLUMNS: readonly CsvColumn<Line>[] = [
  { header: "function_id", cell: ({ id }) => id },
  { header: "name", cell: ({ name }) => name },
  { header: "tier", cell: ({ tier }) => tier },
  { header: "executions", cell: ({ executions }) => executions },
  { header: "duration_ms", cell: ({ duration }) => duration },
  ...AMOUNTS.map((name, index) => ({ header: `${name}_usd`, cell: ({ amounts }: Line) => amount(amounts[index]) })),
  { header: "total_usd", cell: ({ total }) => exactMoney(total) },
];

/** One line per function, then scaling and storage, which belong to no function. The lines add up to the total. */
export function functionsCsv(rows: readonly CostRow[], { scalingCost, storageCost }: Pick<SystemCost, "scalingCost" | "storageCost">) {
  const whole = { id: "", tier: "" as const, executions: "" as const, duration: "" as const };
  return toCsv(FUNCTION_COLUMNS, [
    ...rows.map(({ costBreakdown: parts, ...row }) => ({
      id: row._id,
      name: row.functionName,
      tier: row.tier,
      executions: row.executionCount,
      duration: row.totalDuration,
      amounts: [parts.baseCost, parts.coldStartCost, parts.retryCost, parts.dataTransferCost, parts.kvCost, null, null],
      total: row.totalCost,
    })),
    { ...whole, name: "(scaling)", amounts: [null, null, null, null, null, scalingCost, null], total: scalingCost },
    { ...whole, name: "(storage)", amounts: [null, null, null, null, null, null, storageCost], total: storageCost },
  ]);
}

const TREND_COLUMNS: readonly CsvColumn<TrendPoint>[] = [
  { header: "start_utc", cell: ({ at }) => new Date(at).toISOString() },
  { header: "executions", cell: ({ executions }) => executions },
  { header: "average_duration_ms", cell: ({ averageDuration }) => averageDuration ?? "" },
  { header: "cost_usd", cell: ({ cost }) => exactMoney(cost) },
];

/** One line per step of a trend. */
export const trendCsv = (points: readonly TrendPoint[]) => toCsv(TREND_COLUMNS, points);

/** The name of a file about a period. */
export const fileName = (what: string, { start, end }: Pick<Span, "start" | "end">) =>
  `${what.replaceAll(/[^\w-]+/g, "-").slice(0, 60)}-${dayOf(start)}-to-${dayOf(end - 1)}.csv`;
