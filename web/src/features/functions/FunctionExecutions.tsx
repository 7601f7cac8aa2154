/** A function's executions, newest first, page after page. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { History } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { ExecutionTable } from "@/components/ExecutionTable";
import { SelectField } from "@/components/Field";
import { EmptyState } from "@/components/States";
import { executionPagesQuery, type ExecutionFilter } from "@/lib/api/executions";
import type { ExecutionStatus } from "@/lib/api/types";
import { formatCount } from "@/lib/format";

const PAGE = 20;
const STATES: readonly ExecutionStatus[] = ["pending", "running", "completed", "failed"];

export function FunctionExecutions({ functionId }: { functionId: string }) {
  const [status, setStatus] = useState<ExecutionStatus | undefined>();
  const filter: ExecutionFilter = { functionId, limit: PAGE, ...(status ? { status } : {}) };
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(executionPagesQuery(filter));
  const rows = data?.pages.flatMap(({ executions }) => executions);
  return (
    <Card
      title="Executions"
      flush
      actions={
        <SelectField
          label="Status"
          hideLabel
          value={status ?? ""}
          onChange={({ target }) => setStatus(STATES.find((state) => state === target.value))}
        >
          <option value="">Every status</option>
          {STATES.map((state) => (
            <option key={state} value={state}>
              {state[0]?.toUpperCase()}
              {state.slice(1)}
            </option>
          ))}
        </SelectField>
      }
    >
      <ExecutionTable
        label="Executions of this function"
        rows={rows}
        error={error}
        onRetry={() => void refetch()}
        expect={8}
        empty={<EmptyState icon={History} title={status ? `No execution is ${status}` : "It has not run yet"} />}
      />
      {rows && rows.length > 0 ? (
        <div className="flex items-center justify-between gap-3 border-t border-line px-4 py-3 sm:px-5">
          <p className="numeric text-sm text-muted">
            {formatCount(rows.length)} shown{hasNextPage ? "" : ", all there are"}
          </p>
          {hasNextPage ? (
            <Button small busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              Older executions
            </Button>
          ) : null}
        </div>
      ) : null}
    </Card>
  );
}
