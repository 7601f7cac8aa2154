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
  /** Tells functions' names; without it the list is about one function. */
  nameOf?: (id: string) => string;
  error?: unknown;
  onRetry?: () => void;
  empty: React.ReactNode;
  expect?: number;
  /** Where there is little room: without the result and the kind of start. */
  narrow?: boolean;
}

const wide: readonly Column<Execution>[] = [
  {
    header: "Result",
    from: "xl",
    cell: (row) => (
      <span className="block max-w-72 truncate text-muted">
        {row.error ?? (row.status === "completed" ? <code>{preview(row.output)}</code> : "—")}
      </span>
    ),
  },
  { header: "Start", from: "lg", cell: (row) => (row.duration === null ? "—" : <StartBadge cold={row.coldStart} />) },
];

export function ExecutionTable({ nameOf, narrow = false, ...table }: Props) {
  const columns: Column<Execution>[] = [
    {
      header: nameOf ? "Function" : "Execution",
      cell: (row) => (
        <Link to={`/executions/${row._id}`} className="font-medium text-accent hover:underline">
          {nameOf ? nameOf(row.functionId) : <code>…{shortId(row._id)}</code>}
        </Link>
      ),
    },
    { header: "Status", cell: (row) => <Outcome status={row.status} errorKind={row.errorKind} stacked /> },
    ...(narrow ? [] : wide),
    { header: "Duration", right: true, from: "sm", cell: (row) => (row.duration === null ? "—" : formatDuration(row.duration)) },
    { header: "Cost", right: true, from: "sm", cell: (row) => <Money value={row.cost.totalCost} /> },
    { header: "When", right: true, cell: (row) => <Ago at={row.createdAt} /> },
  ];
  return <Table {...table} columns={columns} rowKey={(row) => row._id} />;
}
