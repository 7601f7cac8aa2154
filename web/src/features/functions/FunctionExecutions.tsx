/** A function's executions, newest first, page after page. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { History } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { ExecutionTable } from "@/components/ExecutionTable";
import { SelectField } from "@/components/Field";
import { ERROR_KINDS, failureWord } from "@/components/Outcome";
import { EmptyState } from "@/components/States";
import { executionPagesQuery, type ExecutionFilter } from "@/lib/api/executions";
import type { ErrorKind, ExecutionStatus } from "@/lib/api/types";
import { formatCount } from "@/lib/format";

const PAGE = 20;
const STATES: readonly ExecutionStatus[] = ["pending", "running", "completed", "failed"];

/** What the list is narrowed to. */
interface Narrow {
  status?: ExecutionStatus;
  errorKind?: ErrorKind;
}

function narrowBy(choice: string): Narrow {
  const status = STATES.find((state) => state === choice);
  if (status) return { status };
  const errorKind = ERROR_KINDS.find((kind) => kind === choice);
  return errorKind ? { errorKind } : {};
}

function emptyTitle({ status, errorKind }: Narrow) {
  if (errorKind) return `None has failed like this: ${failureWord(errorKind).toLowerCase()}`;
  return status ? `No execution is ${status}` : "It has not run yet";
}

export function FunctionExecutions({ functionId }: { functionId: string }) {
  const [narrow, setNarrow] = useState<Narrow>({});
  const filter: ExecutionFilter = { functionId, limit: PAGE, ...narrow };
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
          value={narrow.status ?? narrow.errorKind ?? ""}
          onChange={({ target }) => setNarrow(narrowBy(target.value))}
        >
          <option value="">Every status</option>
          {STATES.map((state) => (
            <option key={state} value={state}>
              {state[0]?.toUpperCase()}
              {state.slice(1)}
            </option>
          ))}
          <optgroup label="Failed for one reason">
            {ERROR_KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {failureWord(kind)}
              </option>
            ))}
          </optgroup>
        </SelectField>
      }
    >
      <ExecutionTable
        label="Executions of this function"
        rows={rows}
        error={error}
        onRetry={() => void refetch()}
        expect={8}
        empty={<EmptyState icon={History} title={emptyTitle(narrow)} />}
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
