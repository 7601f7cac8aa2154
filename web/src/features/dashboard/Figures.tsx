/** The figures at the top. */
import { useQuery } from "@tanstack/react-query";
import { Stat } from "@/components/Card";
import { Money, useNow } from "@/components/Figures";
import { ErrorState } from "@/components/States";
import { systemCostQuery } from "@/lib/api/costs";
import { overviewQuery } from "@/lib/api/metrics";
import { formatCount, formatPercent } from "@/lib/format";
import { formatMoney } from "@/lib/money";
import { connection } from "@/lib/live/live";
import { useStore } from "@/lib/store";
import { compare, timeZone, today, yesterday } from "./days";

export function Figures() {
  const now = useNow(60_000);
  const metrics = useQuery(overviewQuery());
  // Both figures of today come from one report, so that they have the same period.
  const costToday = useQuery(systemCostQuery(today(now)));
  const costYesterday = useQuery(systemCostQuery(yesterday(now)));
  const offline = useStore(connection).state === "offline";
  const figures = metrics.data?.overview;
  if (!figures && metrics.error) {
    return <ErrorState error={metrics.error} onRetry={() => void metrics.refetch()} />;
  }
  const loading = !figures;
  /** A value of this moment is unknown without a connection. */
  const live = (value: number | undefined) => (offline || value === undefined ? "—" : formatCount(value));
  return (
    <div className="flex flex-col gap-2">
      <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3 sm:gap-4 xl:grid-cols-6">
        <Stat
          label="Executions"
          loading={loading}
          value={formatCount(figures?.totalExecutions ?? 0)}
          detail={costToday.data ? `${formatCount(costToday.data.totalExecutions)} today` : null}
        />
        <Stat
          label="Success rate"
          loading={loading}
          value={figures && figures.recentExecutions > 0 ? formatPercent(figures.successRate) : "—"}
          detail={`last hour: ${formatCount(figures?.recentExecutions ?? 0)}`}
        />
        <Stat label="Running" loading={loading} value={live(figures?.runningExecutions)} detail={`${live(figures?.waitingExecutions)} waiting`} />
        <Stat label="Queued" loading={loading} value={live(figures?.queuedExecutions)} detail="for an instance" />
        <Stat
          label="Instances"
          loading={loading}
          value={live(figures?.currentInstances)}
          detail={functionsText(figures?.activeFunctions ?? 0)}
        />
        <Stat
          label="Cost today"
          loading={!costToday.data || !costYesterday.data}
          value={costToday.data ? <Money round value={costToday.data.grandTotal} /> : null}
          detail={
            costToday.data && costYesterday.data ? (
              <span title={`Yesterday: ${formatMoney(costYesterday.data.grandTotal)}`}>
                {compare(costToday.data.grandTotal, costYesterday.data.grandTotal)}
              </span>
            ) : null
          }
        />
      </dl>
      <p className="text-sm text-muted">Today starts at midnight in your time zone ({timeZone()}).</p>
    </div>
  );
}

const functionsText = (count: number) => (count === 1 ? "1 active function" : `${formatCount(count)} active functions`);
