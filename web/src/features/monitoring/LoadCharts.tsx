/** A load test second by second. */
import { Card } from "@/components/Card";
import type { Series } from "@/components/charts/ChartFrame";
import { TimeChart } from "@/components/charts/TimeChart";
import type { LoadSecond } from "@/lib/api/types";
import { formatCount, formatDuration } from "@/lib/format";
import { formatMoney, shortMoney } from "@/lib/money";

const CALLS: Series<LoadSecond>[] = [
  { label: "Completed", color: 1, value: ({ completed }) => completed },
  { label: "Failed", color: 5, value: ({ failed }) => failed },
];
const TIME: Series<LoadSecond>[] = [{ label: "95th percentile", color: 3, value: ({ p95 }) => p95 }];
const INSTANCES: Series<LoadSecond>[] = [{ label: "Instances", color: 2, value: ({ instances }) => instances }];
const COST: Series<LoadSecond>[] = [{ label: "Cost", color: 4, value: ({ cost }) => cost }];

const at = ({ second }: LoadSecond) => second;
const formatAt = (second: number) => `${second} s`;

export function LoadCharts({ timeline }: { timeline: readonly LoadSecond[] }) {
  const common = { points: timeline, at, formatAt, axis: "Second", empty: "The first second is on its way.", height: 170 };
  return (
    <div className="grid gap-4 sm:gap-5 lg:grid-cols-2">
      <Card title="Calls per second">
        <TimeChart {...common} label="Calls per second" series={CALLS} format={formatCount} whole />
      </Card>
      <Card title="Response time">
        <TimeChart {...common} label="Response time" series={TIME} format={formatDuration} />
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
