/** The charts of a load test, second by second. */
import { useMemo } from "react";
import { Card } from "@/components/Card";
import type { Series } from "@/components/charts/ChartFrame";
import { TimeChart } from "@/components/charts/TimeChart";
import type { LoadSecond } from "@/lib/api/types";
import { formatCount, formatDuration, shortDuration } from "@/lib/format";
import { formatMoney, shortMoney } from "@/lib/money";
import { chartSeconds, type ChartSecond } from "./seconds";

const of = (label: string, color: Series<unknown>["color"], pick: (second: LoadSecond) => number | null): Series<ChartSecond> => ({
  label,
  color,
  value: ({ known }) => (known ? pick(known) : null),
});

const CALLS = [of("Completed", 1, ({ completed }) => completed), of("Failed", 5, ({ failed }) => failed)];
// A second without ended calls has no response time.
const TIME = [of("95th percentile", 3, ({ p95, completed, failed }) => (completed + failed > 0 ? p95 : null))];
const INSTANCES = [of("Instances", 2, ({ instances }) => instances)];
const COST = [of("Cost", 4, ({ cost }) => cost)];

const at = ({ second }: ChartSecond) => second;
const formatAt = (second: number) => `${second} s`;

interface Props {
  timeline: readonly LoadSecond[];
  /** The planned duration; null when the test is over. */
  seconds: number | null;
}

function useCommon({ timeline, seconds }: Props, height: number) {
  const points = useMemo(() => chartSeconds(timeline, seconds), [timeline, seconds]);
  const empty = seconds === null ? "The test ended within its first second." : "Waiting for the first second.";
  return { points, at, formatAt, axis: "Second", empty, height };
}

/** The chart of calls only. */
export function LoadRate(props: Props) {
  return <TimeChart {...useCommon(props, 130)} label="Calls per second" series={CALLS} format={formatCount} whole />;
}

export function LoadCharts(props: Props) {
  const common = useCommon(props, 170);
  return (
    <div className="grid gap-4 sm:gap-5 lg:grid-cols-2">
      <Card title="Calls per second">
        <TimeChart {...common} label="Calls per second" series={CALLS} format={formatCount} whole />
      </Card>
      <Card title="Response time">
        <TimeChart {...common} label="Response time" series={TIME} format={formatDuration} formatShort={shortDuration} />
      </Card>
      <Card title="Instances">
        <TimeChart {...common} label="Instances" series={INSTANCES} format={formatCount} whole />
      </Card>
      <Card title="Cost per second">
        <TimeChart {...common} label="Cost per second" series={COST} format={formatMoney} formatShort={shortMoney} />
      </Card>
    </div>
  );
}
