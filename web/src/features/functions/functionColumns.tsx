/** The columns of the list of functions. */
import { Link } from "react-router";
import { StatusBadge, tierName, TierBadge } from "@/components/Badge";
import { Ago, Money } from "@/components/Figures";
import { Outcome } from "@/components/Outcome";
import type { Column } from "@/components/Table";
import type { CostRow, LastExecution, ListedFn } from "@/lib/api/types";
import { formatCount, formatDuration } from "@/lib/format";
import { TIERS } from "@/lib/tier";
import { RowActions } from "./RowActions";

/** The period of the usage columns. */
export const USAGE_DAYS = 30;

const LOADING = <span className="text-muted">…</span>;

/** `usage`: the usage of all functions; undefined while it loads. */
export function functionColumns(usage: readonly CostRow[] | undefined, onRun: (fn: ListedFn) => void): Column<ListedFn>[] {
  const rows = new Map(usage?.map((row) => [row._id, row]));
  const cost = (fn: ListedFn) => rows.get(fn._id)?.totalCost ?? 0;
  const runs = (fn: ListedFn) => rows.get(fn._id)?.executionCount ?? 0;
  const duration = (fn: ListedFn) => rows.get(fn._id)?.averageDuration ?? null;
  const lastRun = (fn: ListedFn) => rows.get(fn._id)?.lastExecution ?? null;
  return [
    {
      header: "Name",
      sort: { id: "name", value: ({ name }) => name },
      cell: (fn) => (
        <div className="min-w-28 py-0.5">
          <Link to={`/functions/${fn._id}`} className="font-medium wrap-anywhere text-accent hover:underline">
            {fn.name}
          </Link>
          <p className="line-clamp-1 max-w-96 text-muted">{fn.description}</p>
          {usage ? (
            <p className="numeric text-muted xl:hidden">
              {runs(fn) === 0 ? `no runs in ${USAGE_DAYS} days` : <>{runsText(runs(fn))}, <Money value={cost(fn)} /></>}
            </p>
          ) : null}
        </div>
      ),
    },
    { header: "Status", sort: { id: "status", value: ({ status }) => status }, cell: (fn) => <StatusBadge status={fn.status} /> },
    {
      header: "Tier",
      from: "wide",
      sort: { id: "tier", value: ({ tier }) => TIERS.indexOf(tier) },
      cell: (fn) => <span title={tierName(fn.tier)}><TierBadge tier={fn.tier} /></span>,
    },
    {
      header: "Last run",
      from: "xl",
      sort: { id: "last", value: (fn) => lastRun(fn)?.createdAt ?? null },
      cell: (fn) => (usage ? <LastRun execution={lastRun(fn)} /> : LOADING),
    },
    {
      header: `Runs, ${USAGE_DAYS} days`,
      from: "xl",
      right: true,
      sort: { id: "runs", value: runs },
      cell: (fn) => (usage ? formatCount(runs(fn)) : LOADING),
    },
    {
      header: "Average",
      from: "wide",
      right: true,
      sort: { id: "duration", value: duration },
      cell: (fn) => (usage ? durationText(duration(fn)) : LOADING),
    },
    {
      header: `Cost, ${USAGE_DAYS} days`,
      from: "xl",
      right: true,
      sort: { id: "cost", value: cost },
      cell: (fn) => (usage ? <Money value={cost(fn)} /> : LOADING),
    },
    {
      header: "Changed",
      from: "2xl",
      right: true,
      sort: { id: "changed", value: ({ updatedAt }) => updatedAt },
      cell: ({ updatedAt }) => <Ago at={updatedAt} />,
    },
    { header: "Actions", right: true, cell: (fn) => <RowActions fn={fn} onRun={() => onRun(fn)} /> },
  ];
}

const runsText = (runs: number) => (runs === 1 ? "1 run" : `${formatCount(runs)} runs`);
const durationText = (duration: number | null) => (duration === null ? "—" : formatDuration(duration));

function LastRun({ execution }: { execution: LastExecution | null }) {
  if (!execution) return <span className="text-muted">—</span>;
  return (
    <Link to={`/executions/${execution._id}`} className="inline-flex flex-col items-start gap-0.5 hover:underline">
      <Outcome status={execution.status} errorKind={execution.errorKind} stacked />
      <span className="text-muted">
        <Ago at={execution.createdAt} />
      </span>
    </Link>
  );
}
