/** A list of executions. */
import { Link } from "react-router";
import type { Execution } from "@/lib/api/types";
import { formatDuration, preview, shortId } from "@/lib/format";
import { StartBadge } from "./Badge";
import { Ago, Money } from "./Figures";
import { Outcome } from "./Outcome";
import { Table, type Column } from "./Table";

interface Props {
  label: string;
  rows: readonly Execution[] | undefined;
  /** The name of a function by its id. Without it all rows belong to one function. */
  nameOf?: (id: string) => string;
  error?: unknown;
  onRetry?: () => void;
  empty: React.ReactNode;
  expect?: number;
  /** Leaves out the result and the kind of start, for narrow places. */
  narrow?: boolean;
}

/** The error or the start of the output. A list leaves out long outputs. */
function resultOf({ error, status, output, truncated }: Execution) {
  if (error !== null) return error;
  if (status !== "completed") return "—";
  return truncated?.includes("output") ? "too long for the list" : <code>{preview(output)}</code>;
}

const wide: readonly Column<Execution>[] = [
  { header: "Result", from: "xl", cell: (row) => <span className="block max-w-72 truncate text-muted">{resultOf(row)}</span> },
  { header: "Start", from: "lg", cell: (row) => (row.duration === null ? "—" : <StartBadge cold={row.coldStart} />) },
];

export function ExecutionTable({ nameOf, narrow = false, ...table }: Props) {
  const columns: Column<Execution>[] = [
    {
      header: nameOf ? "Function" : "Execution",
      cell: (row) => (
        <Link to={`/executions/${row._id}`} className="font-medium wrap-anywhere text-accent hover:underline">
          {nameOf ? nameOf(row.functionId) : <code className="whitespace-nowrap">…{shortId(row._id)}</code>}
        </Link>
      ),
    },
    { header: "Status", cell: (row) => <Outcome status={row.status} errorKind={row.errorKind} stacked /> },
    ...(narrow ? [] : wide),
    { header: "Duration", right: true, from: "sm", cell: (row) => (row.duration === null ? "—" : formatDuration(row.duration)) },
    { header: "Cost", right: true, from: "sm", cell: (row) => <Money value={row.cost.totalCost} /> },
    {
      header: "When",
      right: true,
      cell: (row) => (
        <>
          <Ago at={row.createdAt} />
          <span className="block text-muted sm:hidden">
            <Money value={row.cost.totalCost} />
          </span>
        </>
      ),
    },
  ];
  return <Table {...table} columns={columns} rowKey={(row) => row._id} />;
}
