/** Charts of the last five minutes, second by second. */
import { useMemo } from "react";
import { Card } from "@/components/Card";
import type { Series } from "@/components/charts/ChartFrame";
import { TimeChart } from "@/components/charts/TimeChart";
import { formatClock, formatCount, formatDuration, shortDuration } from "@/lib/format";
import { metricsHistory, type MetricsPoint } from "@/lib/live/feed";
import type { LiveMetrics } from "@/lib/live/events";
import { useStore } from "@/lib/store";
import { hasTimes, lastMinutes } from "./lastMinutes";

const of = (label: string, color: Series<unknown>["color"], pick: (metrics: LiveMetrics) => number | null): Series<MetricsPoint> => ({
  label,
  color,
  value: ({ metrics }) => (metrics ? pick(metrics) : null),
});

/** A waiting execution has begun and holds no instance: its code waits for a timer or a host call. */
export const CAPACITY = [
  of("Instances", 1, ({ instances }) => instances),
  of("Queued", 3, ({ queued }) => queued),
  of("Running", 2, ({ running }) => running),
  of("Waiting", 4, ({ waiting }) => waiting),
];
/** `completed` does not include the failed executions. */
export const RATE = [
  of("Completed", 1, ({ completed }) => completed),
  of("Failed", 5, ({ failed }) => failed),
  of("Cold starts", 4, ({ coldStarts }) => coldStarts),
];
const LATENCY = [
  of("Median", 1, (metrics) => (hasTimes(metrics) ? metrics.p50 : null)),
  of("95th percentile", 3, (metrics) => (hasTimes(metrics) ? metrics.p95 : null)),
  of("99th percentile", 5, (metrics) => (hasTimes(metrics) ? metrics.p99 : null)),
];

const at = (point: MetricsPoint) => point.at;
const EMPTY = "Waiting for the first second.";

export function LiveCharts() {
  const history = useStore(metricsHistory);
  const points = useMemo(() => lastMinutes(history), [history]);
  const common = { points, at, formatAt: formatClock, empty: EMPTY, height: 190 };
  return (
    <div className="grid gap-4 sm:gap-5 lg:grid-cols-2 2xl:grid-cols-3">
      <Card title="Executions per second" hint="Since the page was opened, up to five minutes">
        <TimeChart {...common} label="Executions per second" series={RATE} format={formatCount} whole />
      </Card>
      <Card title="Instances and queue" hint="Waiting executions have begun and hold no instance: their code waits">
        <TimeChart {...common} label="Instances and queue" series={CAPACITY} format={formatCount} whole />
      </Card>
      <Card title="Run time" hint="Percentiles over the last minute" className="lg:col-span-2 2xl:col-span-1">
        <TimeChart {...common} label="Run time percentiles" series={LATENCY} format={formatDuration} formatShort={shortDuration} />
      </Card>
    </div>
  );
}
