/** The load tests there were, newest first. */
import { useQuery } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
import { Link } from "react-router";
import { StatusBadge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Ago, Money } from "@/components/Figures";
import { EmptyState } from "@/components/States";
import { Table } from "@/components/Table";
import { loadTestsQuery } from "@/lib/api/loadTests";
import { formatCount, formatDuration, formatPercent } from "@/lib/format";

export function LoadTestHistory() {
  const { data, error, refetch } = useQuery(loadTestsQuery());
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
            cell: ({ concurrency, durationSeconds }) => `${concurrency} at once, ${durationSeconds} s`,
          },
          { header: "Calls", right: true, from: "sm", cell: ({ result }) => formatCount(result.total) },
          { header: "Success", right: true, from: "lg", cell: ({ result }) => formatPercent(result.successRate) },
          { header: "95th percentile", right: true, from: "lg", cell: ({ result }) => formatDuration(result.responseTime.p95) },
          { header: "Cost", right: true, from: "sm", cell: ({ result }) => <Money value={result.cost.actual} /> },
          { header: "When", right: true, cell: ({ createdAt }) => <Ago at={createdAt} /> },
        ]}
      />
    </Card>
  );
}
