/** Past load tests. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
import { Link } from "react-router";
import { StatusBadge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { Ago, Money } from "@/components/Figures";
import { EmptyState } from "@/components/States";
import { Table, type Column } from "@/components/Table";
import { useSort } from "@/components/useSort";
import { useAddress } from "@/lib/address";
import { loadTestsQuery } from "@/lib/api/loadTests";
import type { LoadTest } from "@/lib/api/types";
import { formatCount, formatDuration, formatPercent } from "@/lib/format";

const FEW = 20;
/** The most that the API lists. */
const MANY = 100;

/** The response time of a test without calls is unknown. */
const ifCalled = ({ result }: LoadTest, value: number) => (result.total > 0 ? value : null);

const COLUMNS: Column<LoadTest>[] = [
  {
    header: "Function",
    sort: { id: "name", value: ({ functionName }) => functionName },
    cell: ({ _id, functionName }) => (
      <Link to={`/monitoring/load-tests/${_id}`} className="font-medium wrap-anywhere text-accent hover:underline">
        {functionName}
      </Link>
    ),
  },
  { header: "Status", sort: { id: "status", value: ({ status }) => status }, cell: ({ status }) => <StatusBadge status={status} /> },
  {
    header: "Load",
    from: "md",
    cell: ({ concurrency, durationSeconds, rate }) =>
      `${concurrency} at once${rate === null ? "" : `, ${formatCount(rate)} per second`}, ${durationSeconds} s`,
  },
  {
    header: "Calls",
    right: true,
    from: "sm",
    sort: { id: "calls", value: ({ result }) => result.total },
    cell: ({ result }) => formatCount(result.total),
  },
  {
    header: "Success",
    right: true,
    from: "lg",
    sort: { id: "success", value: (test) => ifCalled(test, test.result.successRate) },
    cell: ({ result }) => (result.total > 0 ? formatPercent(result.successRate) : "—"),
  },
  {
    header: "95th percentile",
    right: true,
    from: "lg",
    sort: { id: "p95", value: (test) => ifCalled(test, test.result.responseTime.p95) },
    cell: ({ result }) => (result.total > 0 ? formatDuration(result.responseTime.p95) : "—"),
  },
  {
    header: "Cost",
    right: true,
    from: "sm",
    sort: { id: "cost", value: ({ result }) => result.cost.actual },
    cell: ({ result }) => <Money value={result.cost.actual} />,
  },
  {
    header: "When",
    right: true,
    sort: { id: "when", value: ({ createdAt }) => createdAt },
    cell: ({ createdAt, result }) => (
      <>
        <Ago at={createdAt} />
        <span className="block text-muted sm:hidden">
          <Money value={result.cost.actual} />
        </span>
      </>
    ),
  },
];

export function LoadTestHistory() {
  const address = useAddress();
  const limit = address.get("all") === "yes" ? MANY : FEW;
  const { data, error, refetch } = useQuery({ ...loadTestsQuery(limit), placeholderData: keepPreviousData });
  const { sorted, ...sort } = useSort(COLUMNS);
  return (
    <Card title="History" flush>
      <Table
        label="Load tests"
        rows={data && sorted(data)}
        rowKey={({ _id }) => _id}
        error={error}
        onRetry={() => void refetch()}
        empty={
          <EmptyState icon={FlaskConical} title="No load tests yet">
            Start one above. Its results stay here.
          </EmptyState>
        }
        columns={COLUMNS}
        {...sort}
      />
      {limit === FEW && data && data.length >= FEW ? (
        <div className="border-t border-line px-4 py-2 sm:px-5">
          <Button small look="ghost" onClick={() => address.set({ all: "yes" })}>
            Show older tests
          </Button>
        </div>
      ) : null}
    </Card>
  );
}
