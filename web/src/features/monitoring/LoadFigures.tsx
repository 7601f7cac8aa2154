/** The figures of a load test. */
import { Card, Stat } from "@/components/Card";
import type { LoadTest } from "@/lib/api/types";
import { formatCount, formatDuration, formatPercent } from "@/lib/format";

const TIMES = [
  ["min", "Shortest"],
  ["mean", "Mean"],
  ["p50", "Median"],
  ["p90", "90th percentile"],
  ["p95", "95th percentile"],
  ["p99", "99th percentile"],
  ["max", "Longest"],
] as const;

export function LoadFigures({ result }: { result: LoadTest["result"] }) {
  const some = result.total > 0;
  return (
    <>
      <dl className="grid grid-cols-2 gap-3 sm:gap-4 lg:grid-cols-4">
        <Stat label="Calls" value={formatCount(result.total)} detail={`${formatCount(result.failed)} failed`} />
        <Stat label="Success rate" value={some ? formatPercent(result.successRate) : "—"} detail={`${formatCount(result.completed)} completed`} />
        <Stat label="Calls per second" value={formatCount(Math.round(result.requestsPerSecond * 10) / 10)} detail="on average" />
        <Stat label="Cold starts" value={formatCount(result.coldStarts)} detail={some ? formatPercent((result.coldStarts * 100) / result.total) : null} />
      </dl>
      <Card title="Response times" hint="From the call to the result, including time in the queue">
        <dl className="grid grid-cols-2 gap-x-6 gap-y-3 min-[26rem]:grid-cols-3 sm:grid-cols-4 xl:grid-cols-7">
          {TIMES.map(([key, label]) => (
            <div key={key}>
              <dt className="text-sm text-muted">{label}</dt>
              <dd className="numeric font-medium">{some ? formatDuration(result.responseTime[key]) : "—"}</dd>
            </div>
          ))}
        </dl>
      </Card>
    </>
  );
}
