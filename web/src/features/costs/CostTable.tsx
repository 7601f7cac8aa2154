/** What each function has cost. */
import type { UseQueryResult } from "@tanstack/react-query";
import { Download, ReceiptText } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { TierBadge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { Money } from "@/components/Figures";
import { Pager } from "@/components/Pager";
import { EmptyState } from "@/components/States";
import { Table } from "@/components/Table";
import type { CostRow } from "@/lib/api/types";
import { formatCount, formatDuration, formatPercent } from "@/lib/format";
import { sumMoney } from "@/lib/money";
import { breakdownCsv, download } from "./csv";
import { toDateField } from "./ranges";

const PAGE = 15;

export function CostTable({ breakdown }: { breakdown: UseQueryResult<CostRow[]> }) {
  const { data, error, refetch } = breakdown;
  const [page, setPage] = useState(0);
  const last = Math.max(0, Math.ceil((data?.length ?? 0) / PAGE) - 1);
  const shown = Math.min(page, last);
  const whole = sumMoney(data?.map(({ totalCost }) => totalCost) ?? []);
  return (
    <Card
      title="By function"
      hint="Dearest first"
      flush
      actions={
        <Button
          small
          icon={<Download aria-hidden className="size-4" />}
          disabled={!data || data.length === 0}
          onClick={() => data && download(`costs-${toDateField(Date.now())}.csv`, breakdownCsv(data))}
        >
          Export as CSV
        </Button>
      }
    >
      <Table
        label="Cost by function"
        rows={data?.slice(shown * PAGE, (shown + 1) * PAGE)}
        rowKey={({ _id }) => _id}
        error={error}
        onRetry={() => void refetch()}
        empty={<EmptyState icon={ReceiptText} title="Nothing has cost anything in this period" />}
        columns={[
          {
            header: "Function",
            cell: ({ _id, functionName }) => (
              <Link to={`/functions/${_id}`} className="font-medium break-words text-accent hover:underline">
                {functionName}
              </Link>
            ),
          },
          { header: "Tier", from: "md", cell: ({ tier }) => <TierBadge tier={tier} /> },
          { header: "Executions", right: true, from: "sm", cell: ({ executionCount }) => formatCount(executionCount) },
          { header: "Average duration", right: true, from: "lg", cell: ({ averageDuration }) => formatDuration(averageDuration) },
          { header: "Cold starts", right: true, from: "xl", cell: ({ costBreakdown }) => <Money value={costBreakdown.coldStartCost} /> },
          { header: "Retries", right: true, from: "xl", cell: ({ costBreakdown }) => <Money value={costBreakdown.retryCost} /> },
          { header: "Average cost", right: true, from: "lg", cell: ({ averageCost }) => <Money value={averageCost} /> },
          { header: "Cost", right: true, cell: ({ totalCost }) => <Money value={totalCost} /> },
          { header: "Share", right: true, from: "sm", cell: ({ totalCost }) => formatPercent(whole === 0 ? 0 : (totalCost * 100) / whole) },
        ]}
      />
      {last > 0 ? <Pager page={shown} last={last} onPage={setPage} /> : null}
    </Card>
  );
}
