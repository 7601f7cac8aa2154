/** The latest executions. */
import { useQuery } from "@tanstack/react-query";
import { History } from "lucide-react";
import { Card } from "@/components/Card";
import { ExecutionTable } from "@/components/ExecutionTable";
import { EmptyState } from "@/components/States";
import { executionsQuery } from "@/lib/api/executions";
import { useFunctionNames } from "@/lib/names";

export function RecentActivity() {
  const { data, error, refetch } = useQuery(executionsQuery({ limit: 10 }));
  const nameOf = useFunctionNames();
  return (
    <Card title="Recent activity" flush>
      <ExecutionTable
        label="Recent executions"
        rows={data?.executions}
        nameOf={nameOf}
        error={error}
        onRetry={() => void refetch()}
        expect={10}
        narrow
        empty={
          <EmptyState icon={History} title="No executions yet">
            Run a function. Its execution appears here at once.
          </EmptyState>
        }
      />
    </Card>
  );
}
