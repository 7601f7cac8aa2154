/** The load tests there were, newest first. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { StatusBadge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { Ago, Money } from "@/components/Figures";
import { EmptyState } from "@/components/States";
import { Table } from "@/components/Table";
import { loadTestsQuery } from "@/lib/api/loadTests";
import { formatCount, formatDuration, formatPercent } from "@/lib/format";

const FEW = 20;
/** More than this the API does not tell. */
const MANY = 100;

export function LoadTestHistory() {
  const [limit, setLimit] = useState(FEW);
  const { data, error, refetch } = useQuery({ ...loadTestsQuery(limit), placeholderData: keepPreviousData });
  return (
    <Card title="History" flush>
      <Table
        label="Load tests"
        rows={data}
        rowKey={({ _id }) => _id}
        error={error}
        onRetry={() => void refetch()}
        empty={
          <EmptyState icon={FlaskConical} title="No load test yet">
            Start one above: its results stay here.
          </EmptyState>
        }
        columns={[
          {
            header: "Function",
            cell: ({ _id, functionName }) => (
              <Link to={`/monitoring/load-tests/${_id}`} className="font-medium text-accent hover:underline">
                {functionName}
              </Link>
            ),
          },
          { header: "Status", cell: ({ status }) => <StatusBadge status={status} /> },
          {
            header: "Load",
            from: "md",
            cell: ({ concurrency, durationSeconds, rate }) =>
              `${concurrency} at once${rate === null ? "" : `, ${formatCount(rate)} a second`}, ${durationSeconds} s`,
          },
          { header: "Calls", right: true, from: "sm", cell: ({ result }) => formatCount(result.total) },
          {
            header: "Success",
            right: true,
            from: "lg",
            cell: ({ result }) => (result.total > 0 ? formatPercent(result.successRate) : "—"),
          },
          {
            header: "95th percentile",
            right: true,
            from: "lg",
            cell: ({ result }) => (result.total > 0 ? formatDuration(result.responseTime.p95) : "—"),
          },
          { header: "Cost", right: true, from: "sm", cell: ({ result }) => <Money value={result.cost.actual} /> },
          { header: "When", right: true, cell: ({ createdAt }) => <Ago at={createdAt} /> },
        ]}
      />
      {limit === FEW && data && data.length >= FEW ? (
        <div className="border-t border-line px-4 py-2 sm:px-5">
          <Button small look="ghost" onClick={() => setLimit(MANY)}>
            Show earlier ones
          </Button>
        </div>
      ) : null}
    </Card>
  );
}
