/** What everything has cost together. */
import type { UseQueryResult } from "@tanstack/react-query";
import { Stat } from "@/components/Card";
import { Money } from "@/components/Figures";
import { ErrorState } from "@/components/States";
import type { SystemCost } from "@/lib/api/types";
import { formatCount } from "@/lib/format";

export function CostTotals({ query }: { query: UseQueryResult<SystemCost> }) {
  const { data, error, refetch } = query;
  if (!data && error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  const loading = !data;
  return (
    <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3 sm:gap-4 xl:grid-cols-6">
      <Stat label="System total" loading={loading} value={<Money round value={data?.grandTotal ?? 0} />} detail="all there is" />
      <Stat label="Executions" loading={loading} value={<Money round value={data?.totalSystemCost ?? 0} />} detail="their costs" />
      <Stat label="Scaling" loading={loading} value={<Money round value={data?.scalingCost ?? 0} />} detail="capacity" />
      <Stat label="Storage" loading={loading} value={<Money round value={data?.storageCost ?? 0} />} detail="kept code" />
      <Stat label="Ended" loading={loading} value={formatCount(data?.totalExecutions ?? 0)} detail="executions" />
      <Stat label="Per execution" loading={loading} value={<Money round value={data?.averageCostPerExecution ?? 0} />} detail="on average" />
    </dl>
  );
}
