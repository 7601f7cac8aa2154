/** The executions that ended in each hour. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Card } from "@/components/Card";
import { TimeChart } from "@/components/charts/TimeChart";
import type { Series } from "@/components/charts/ChartFrame";
import { SelectField } from "@/components/Field";
import { useNow } from "@/components/Figures";
import { Loaded, Skeleton } from "@/components/States";
import { readChoice, useAddress } from "@/lib/address";
import { historyQuery } from "@/lib/api/metrics";
import { formatCount, formatDay, formatMinute } from "@/lib/format";
import { fillHours, type HourPoint } from "@/lib/series";

const SERIES: Series<HourPoint>[] = [
  { label: "Completed", value: ({ completed }) => completed, color: 1 },
  { label: "Failed", value: ({ failed }) => failed, color: 5 },
];

const at = (point: HourPoint) => point.at;
const hourOf = (at: number) => formatMinute(at);
const dayAndHour = (at: number) => `${formatDay(at)}, ${formatMinute(at)}`;

export function ExecutionsOverTime() {
  const address = useAddress();
  const hours = readChoice(address.get("hours"), [24, 72, 168]);
  const query = useQuery(historyQuery(hours));
  return (
    <Card
      title="Executions over time"
      hint="Executions that ended in each hour"
      actions={
        <SelectField label="Period" hideLabel value={hours} onChange={({ target }) => address.set({ hours: target.value })}>
          <option value={24}>Last 24 hours</option>
          <option value={72}>Last 3 days</option>
          <option value={168}>Last 7 days</option>
        </SelectField>
      }
    >
      <Loaded query={query} loading={<Skeleton lines={7} className="h-[16.25rem]" />}>
        {(rows) => <Hours rows={rows} hours={hours} />}
      </Loaded>
    </Card>
  );
}

function Hours({ rows, hours }: { rows: Parameters<typeof fillHours>[0]; hours: number }) {
  const now = useNow(60_000);
  const points = useMemo(() => (rows.length === 0 ? [] : fillHours(rows, hours, now)), [rows, hours, now]);
  return (
    <TimeChart
      label="Executions over time"
      points={points}
      at={at}
      formatAt={hours > 24 ? dayAndHour : hourOf}
      series={SERIES}
      format={formatCount}
      whole
      bars
      empty="No executions in this period."
    />
  );
}
