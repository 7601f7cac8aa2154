/** Functions, each with its last run and its cost, and with what can be done with it. */
import { useQuery } from "@tanstack/react-query";
import { Pencil, Play } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";
import { Link } from "react-router";
import { StatusBadge, TierBadge } from "@/components/Badge";
import { IconButton } from "@/components/Button";
import { Ago, Money } from "@/components/Figures";
import { Outcome } from "@/components/Outcome";
import { Table, type Column } from "@/components/Table";
import { breakdownQuery } from "@/lib/api/costs";
import { executionsQuery } from "@/lib/api/executions";
import type { Fn } from "@/lib/api/types";
import { daysBack } from "@/lib/period";
import { useRefusal } from "@/lib/session/session";
import { DeleteButton, StatusButton } from "./FunctionActions";
import { RunDialog } from "./RunDialog";

interface Props {
  rows: readonly Fn[] | undefined;
  error: unknown;
  onRetry: () => void;
  empty: ReactNode;
}

export function FunctionTable(props: Props) {
  const [running, setRunning] = useState<Fn | null>(null);
  const [noRun, noEdit] = [useRefusal("invoke"), useRefusal("develop")];
  const columns: Column<Fn>[] = [
    {
      header: "Name",
      cell: (fn) => (
        <div className="min-w-28 py-0.5">
          <Link to={`/functions/${fn._id}`} className="font-medium break-words text-accent hover:underline">
            {fn.name}
          </Link>
          <p className="line-clamp-1 max-w-96 text-muted">{fn.description}</p>
        </div>
      ),
    },
    { header: "Status", cell: (fn) => <StatusBadge status={fn.status} /> },
    { header: "Tier", from: "md", cell: (fn) => <TierBadge tier={fn.tier} /> },
    { header: "Last run", from: "sm", cell: (fn) => <LastRun functionId={fn._id} /> },
    { header: "Cost, 30 days", from: "lg", right: true, cell: (fn) => <FunctionCost functionId={fn._id} /> },
    {
      header: "Actions",
      right: true,
      cell: (fn) => (
        <div className="flex justify-end">
          <IconButton
            label={`Run ${fn.name}`}
            icon={<Play aria-hidden className="size-4" />}
            refused={noRun}
            onClick={() => setRunning(fn)}
          />
          <span className="hidden sm:contents">
            {noEdit ? (
              <IconButton label={`Edit ${fn.name}`} icon={<Pencil aria-hidden className="size-4" />} refused={noEdit} />
            ) : (
              <Link
                to={`/functions/${fn._id}/edit`}
                aria-label={`Edit ${fn.name}`}
                title={`Edit ${fn.name}`}
                className="inline-flex size-10 items-center justify-center rounded-lg text-muted hover:text-text"
              >
                <Pencil aria-hidden className="size-4" />
              </Link>
            )}
          </span>
          <span className="hidden md:contents">
            <StatusButton fn={fn} icon />
            <DeleteButton fn={fn} icon />
          </span>
        </div>
      ),
    },
  ];
  return (
    <>
      <Table label="Functions" {...props} columns={columns} rowKey={(fn) => fn._id} expect={8} />
      {running ? <RunDialog fn={running} onClose={() => setRunning(null)} /> : null}
    </>
  );
}

/** Asked for only of the functions on the page that is shown. */
function LastRun({ functionId }: { functionId: string }) {
  const { data } = useQuery(executionsQuery({ functionId, limit: 1 }));
  if (!data) return <span className="text-muted">…</span>;
  const [last] = data.executions;
  if (!last) return <span className="text-muted">never</span>;
  return (
    <Link to={`/executions/${last._id}`} className="inline-flex items-center gap-2 hover:underline">
      <Outcome status={last.status} errorKind={last.errorKind} stacked />
      <Ago at={last.createdAt} />
    </Link>
  );
}

function FunctionCost({ functionId }: { functionId: string }) {
  const range = useMemo(() => daysBack(30), []);
  const { data } = useQuery(breakdownQuery(range));
  if (!data) return <span className="text-muted">…</span>;
  return <Money value={data.find(({ _id }) => _id === functionId)?.totalCost ?? 0} />;
}
