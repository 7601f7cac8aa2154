/** Downloads a trend as a CSV file. */
import type { Granularity } from "@/lib/api/types";
import type { TrendPoint } from "@/lib/series";
import { ExportButton } from "./ExportButton";
import { fileName, trendCsv } from "./exports";

interface Props {
  points: readonly TrendPoint[];
  name: string;
  granularity: Granularity;
  /** Whether the points belong to the chosen period. */
  current: boolean;
}

export function TrendsExport({ points, name, granularity, current }: Props) {
  const [first, last] = [points[0], points.at(-1)];
  return (
    <ExportButton
      label="Export the trend as CSV"
      disabled={!first || !current}
      file={() => ({
        name: fileName(`costs-${name}-by-${granularity}`, { start: first?.at ?? 0, end: (last?.at ?? 0) + 1 }),
        text: trendCsv(points),
      })}
    />
  );
}
