/** What each function cost, dearest first. */
import { useQuery } from "@tanstack/react-query";
import { ReceiptText } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { Badge, TierBadge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Money } from "@/components/Figures";
import { Pager } from "@/components/Pager";
import { EmptyState } from "@/components/States";
import { Table, type Column } from "@/components/Table";
import { functionsQuery } from "@/lib/api/functions";
import type { CostRow, SystemCost } from "@/lib/api/types";
import { formatCount, formatPercent } from "@/lib/format";
import { ExportButton } from "./ExportButton";
import { fileName, functionsCsv } from "./exports";
import type { Span } from "./range";
import { percentOf, type CostReport } from "./report";

/** How many are on a page. */
const PAGE = 15;

interface Props {
  rows: readonly CostRow[] | undefined;
  report: CostReport | undefined;
  system: SystemCost | undefined;
  span: Span;
  /** Whether the rows are those of the period. */
  current: boolean;
}

export function FunctionCosts({ rows, report, system, span, current }: Props) {
  const [page, setPage] = useState(0);
  const last = Math.max(0, Math.ceil((rows?.length ?? 0) / PAGE) - 1);
  // Another period may have fewer.
  const shown = Math.min(page, last);
  const { data: functions } = useQuery(functionsQuery());
  const deleted = (id: string) => functions !== undefined && !functions.some(({ _id }) => _id === id);
  const columns: Column<CostRow>[] = [
    {
      header: "Function",
      cell: ({ _id, functionName }) =>
        deleted(_id) ? (
          <span className="flex items-center gap-2">
            <span className="max-w-40 truncate sm:max-w-60">{functionName}</span> <Badge>Deleted</Badge>
          </span>
        ) : (
          <Link
            to={`/functions/${_id}`}
            title={functionName}
            className="block max-w-40 truncate font-medium text-accent hover:underline sm:max-w-60"
          >
            {functionName}
          </Link>
        ),
    },
    { header: "Tier", from: "sm", cell: ({ tier }) => <TierBadge tier={tier} /> },
    { header: "Executions", right: true, from: "md", cell: ({ executionCount }) => formatCount(executionCount) },
    { header: "Compute", right: true, from: "xl", cell: ({ costBreakdown }) => <Money value={costBreakdown.baseCost} /> },
    { header: "Cold starts", right: true, from: "xl", cell: ({ costBreakdown }) => <Money value={costBreakdown.coldStartCost} /> },
    { header: "Retries", right: true, from: "xl", cell: ({ costBreakdown }) => <Money value={costBreakdown.retryCost} /> },
    { header: "Transfer", right: true, from: "xl", cell: ({ costBreakdown }) => <Money value={costBreakdown.dataTransferCost} /> },
    {
      header: "Share",
      right: true,
      from: "sm",
      cell: ({ totalCost }) => formatPercent(percentOf(totalCost, report?.executionCost ?? 0)),
    },
    { header: "Total", right: true, cell: ({ totalCost }) => <strong className="font-semibold"><Money value={totalCost} /></strong> },
  ];
  return (
    <Card
      title="By function"
      hint="What executions cost, dearest function first"
      flush
      actions={
        <ExportButton
          label="Export the costs of all functions as CSV"
          disabled={!rows || !system || !current}
          file={() => ({ name: fileName("costs-by-function", span), text: rows && system ? functionsCsv(rows, system) : "" })}
        />
      }
    >
      <Table
        label="Cost by function"
        columns={columns}
        rows={rows?.slice(shown * PAGE, (shown + 1) * PAGE)}
        rowKey={({ _id }) => _id}
        empty={
          <EmptyState icon={ReceiptText} title="Nothing was billed in this time">
            Choose a longer period, or run a function: its cost shows up here when it ends.
          </EmptyState>
        }
      />
      {last > 0 ? <Pager page={shown} last={last} onPage={setPage} /> : null}
    </Card>
  );
}
