/** Reports as files for spreadsheets. */
import { exactMoney } from "@/lib/money";
import type { CostRow } from "@/lib/api/types";

/** A field as RFC 4180 has it; what a spreadsheet would take for a formula is made a text. */
export function csvField(value: string | number): string {
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const HEADER = [
  "functionId",
  "functionName",
  "tier",
  "executions",
  "totalDurationMs",
  "averageDurationMs",
  "computeUsd",
  "coldStartUsd",
  "retryUsd",
  "dataTransferUsd",
  "totalUsd",
  "averageUsd",
];

/** One line for each function, amounts with every digit. */
export function breakdownCsv(rows: readonly CostRow[]): string {
  const lines = rows.map((row) => {
    const { baseCost, coldStartCost, retryCost, dataTransferCost } = row.costBreakdown;
    const amounts = [baseCost, coldStartCost, retryCost, dataTransferCost, row.totalCost, row.averageCost].map(exactMoney);
    return [csvField(row._id), csvField(row.functionName), row.tier, row.executionCount, row.totalDuration, row.averageDuration, ...amounts].join(",");
  });
  return [HEADER.join(","), ...lines, ""].join("\r\n");
}

/** Hands a text to the browser as a file. */
export function download(name: string, text: string) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
