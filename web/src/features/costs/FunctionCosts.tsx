/** The cost of each function, highest first. */
import { useQuery } from "@tanstack/react-query";
import { ReceiptText } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { Badge, TierBadge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Money } from "@/components/Figures";
import { Pager } from "@/components/Pager";
import { EmptyState } from "@/components/States";
import { Table, type Column } from "@/components/Table";
import { useSort } from "@/components/useSort";
import { readPage, useAddress, writePage } from "@/lib/address";
import { functionsQuery } from "@/lib/api/functions";
import type { CostRow, SystemCost } from "@/lib/api/types";
import { formatCount, formatPercent } from "@/lib/format";
import { TIERS } from "@/lib/tier";
import { ExportButton } from "./ExportButton";
import { fileName, functionsCsv } from "./exports";
import type { Span } from "./range";
import { percentOf, type CostReport } from "./report";

/** The rows of a page. */
const PAGE = 15;

interface Props {
  rows: readonly CostRow[] | undefined;
  report: CostReport | undefined;
  system: SystemCost | undefined;
  span: Span;
  /** Whether the rows belong to the chosen period. */
  current: boolean;
}

const money = (value: number) => <Money value={value} />;

/** A sortable column of numbers. */
const number = (
  header: string,
  id: string,
  from: "md" | "wide",
  value: (row: CostRow) => number,
  format: (value: number) => ReactNode,
): Column<CostRow> => ({ header, right: true, from, sort: { id, value }, cell: (row) => format(value(row)) });

export function FunctionCosts({ rows, report, system, span, current }: Props) {
  const address = useAddress();
  const last = Math.max(0, Math.ceil((rows?.length ?? 0) / PAGE) - 1);
  // Another period may have fewer pages.
  const shown = Math.min(readPage(address.get("page")), last);
  const { data: functions } = useQuery(functionsQuery());
  const deleted = (id: string) => functions !== undefined && !functions.some(({ _id }) => _id === id);
  const columns: Column<CostRow>[] = [
    {
      header: "Function",
      sort: { id: "name", value: ({ functionName }) => functionName },
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
    { header: "Tier", from: "sm", sort: { id: "tier", value: ({ tier }) => TIERS.indexOf(tier) }, cell: ({ tier }) => <TierBadge tier={tier} /> },
    number("Executions", "executions", "md", ({ executionCount }) => executionCount, formatCount),
    number("Compute", "compute", "wide", ({ costBreakdown }) => costBreakdown.baseCost, money),
    number("Cold starts", "cold", "wide", ({ costBreakdown }) => costBreakdown.coldStartCost, money),
    number("Retries", "retries", "wide", ({ costBreakdown }) => costBreakdown.retryCost, money),
    number("Transfer", "transfer", "wide", ({ costBreakdown }) => costBreakdown.dataTransferCost, money),
    number("Keys and values", "kv", "wide", ({ costBreakdown }) => costBreakdown.kvCost, money),
    {
      header: "Share",
      right: true,
      from: "sm",
      cell: ({ totalCost }) => formatPercent(percentOf(totalCost, report?.executionCost ?? 0)),
    },
    {
      header: "Total",
      right: true,
      sort: { id: "total", value: ({ totalCost }) => totalCost },
      cell: ({ totalCost }) => <strong className="font-semibold"><Money value={totalCost} /></strong>,
    },
  ];
  const { sorted, ...sort } = useSort(columns);
  return (
    <Card
      title="By function"
      hint="The cost of executions"
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
        rows={rows && sorted(rows).slice(shown * PAGE, (shown + 1) * PAGE)}
        {...sort}
        rowKey={({ _id }) => _id}
        empty={
          <EmptyState icon={ReceiptText} title="No costs in this period">
            Choose a longer period, or run a function. Its cost appears here when it ends.
          </EmptyState>
        }
      />
      {last > 0 ? <Pager page={shown} last={last} onPage={(page) => address.set({ page: writePage(page) }, { push: true })} /> : null}
    </Card>
  );
}
