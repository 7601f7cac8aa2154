/** The figures of the latest second. They are unknown without a connection. */
import { Stat } from "@/components/Card";
import { formatCount, formatDuration } from "@/lib/format";
import { metricsHistory } from "@/lib/live/feed";
import { connection } from "@/lib/live/live";
import { useStore } from "@/lib/store";
import { hasTimes } from "./lastMinutes";

const count = (value: number | undefined) => (value === undefined ? "—" : formatCount(value));
const time = (value: number | undefined) => (value === undefined ? "—" : formatDuration(value));

export function LiveFigures() {
  const latest = useStore(metricsHistory).at(-1)?.metrics;
  const { state } = useStore(connection);
  const live = state === "live" ? latest : null;
  const times = live && hasTimes(live) ? live : null;
  const loading = state !== "offline" && !latest;
  return (
    <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3 sm:gap-4 xl:grid-cols-6">
      <Stat loading={loading} label="Executions/s" value={count(live ? live.completed + live.failed : undefined)} detail={`${count(live?.failed)} failed`} />
      <Stat loading={loading} label="Running" value={count(live?.running)} detail={`${count(live?.waiting)} waiting`} />
      <Stat loading={loading} label="Queued" value={count(live?.queued)} detail="for an instance" />
      <Stat loading={loading} label="Instances" value={count(live?.instances)} detail={`${count(live?.warmIsolates)} warm isolates`} />
      <Stat loading={loading} label="Run time, median" value={time(times?.p50)} detail="in the last minute" />
      <Stat loading={loading} label="95th percentile" value={time(times?.p95)} detail={`99th: ${time(times?.p99)}`} />
    </dl>
  );
}
