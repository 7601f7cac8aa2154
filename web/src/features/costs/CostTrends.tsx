/** What it cost over time. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Card } from "@/components/Card";
import type { Series } from "@/components/charts/ChartFrame";
import { TimeChart } from "@/components/charts/TimeChart";
import { SelectField } from "@/components/Field";
import { Loaded, Skeleton } from "@/components/States";
import { trendsQuery } from "@/lib/api/costs";
import type { Granularity } from "@/lib/api/types";
import { formatDay, formatMinute } from "@/lib/format";
import { formatMoney, shortMoney } from "@/lib/money";
import { fillTrends, type TrendPoint } from "@/lib/series";
import { granularities, usualGranularity, type ChosenRange } from "./ranges";

const SERIES: Series<TrendPoint>[] = [{ label: "Cost of executions", color: 1, value: ({ cost }) => cost }];
const at = (point: TrendPoint) => point.at;
const LABELS: Record<Granularity, string> = { minute: "By minute", hour: "By hour", day: "By day (UTC)", month: "By month (UTC)" };

const inUtc = (options: Intl.DateTimeFormatOptions) => {
  const format = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
  return (at: number) => format.format(at);
};

/** Days and months are the server's, in UTC; hours and minutes are the same moments everywhere. */
const FORMATS: Record<Granularity, (at: number) => string> = {
  minute: formatMinute,
  hour: (at) => `${formatDay(at)}, ${formatMinute(at)}`,
  day: inUtc({ day: "numeric", month: "short" }),
  month: inUtc({ month: "short", year: "numeric" }),
};

export function CostTrends({ range }: { range: ChosenRange }) {
  const options = granularities(range);
  const [chosen, setChosen] = useState<Granularity | null>(null);
  const granularity = chosen && options.includes(chosen) ? chosen : usualGranularity(range);
  const query = useQuery({
    ...trendsQuery(range.query, granularity),
    enabled: range.error === null,
    placeholderData: keepPreviousData,
  });
  return (
    <Card
      title="Trend"
      className="h-full"
      actions={
        <SelectField
          label="Granularity"
          hideLabel
          value={granularity}
          onChange={({ target }) => setChosen(options.find((option) => option === target.value) ?? null)}
        >
          {options.map((option) => (
            <option key={option} value={option}>
              {LABELS[option]}
            </option>
          ))}
        </SelectField>
      }
    >
      <Loaded query={query} loading={<Skeleton lines={7} className="h-[17.5rem]" />}>
        {(rows) => <Trend {...{ rows, granularity, range }} />}
      </Loaded>
    </Card>
  );
}

function Trend({ rows, granularity, range }: { rows: Parameters<typeof fillTrends>[0]; granularity: Granularity; range: ChosenRange }) {
  const { start, end } = range;
  const points = useMemo(
    () => (rows.length === 0 ? [] : fillTrends(rows, granularity, start, end)),
    [rows, granularity, start, end],
  );
  return (
    <TimeChart
      label="Cost over time"
      points={points}
      at={at}
      formatAt={FORMATS[granularity]}
      series={SERIES}
      format={formatMoney}
      formatShort={shortMoney}
      bars
      height={240}
      empty="Nothing has cost anything in this period."
    />
  );
}
