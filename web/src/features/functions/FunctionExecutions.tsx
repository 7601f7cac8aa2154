/** The executions of a function, newest first. The address holds the filter and the page. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { History } from "lucide-react";
import { Card } from "@/components/Card";
import { CursorPager } from "@/components/CursorPager";
import { ExecutionTable } from "@/components/ExecutionTable";
import { SelectField } from "@/components/Field";
import { ERROR_KINDS, failureWord } from "@/components/Outcome";
import { EmptyState } from "@/components/States";
import { useAddress } from "@/lib/address";
import { executionsQuery } from "@/lib/api/executions";
import type { ErrorKind, ExecutionStatus } from "@/lib/api/types";

const PAGE = 20;
const STATES: readonly ExecutionStatus[] = ["pending", "running", "completed", "failed"];

interface Filter {
  status?: ExecutionStatus;
  errorKind?: ErrorKind;
}

/** Reads a status or a kind of failure; anything else filters nothing. */
function filterOf(choice: string | null): Filter {
  const status = STATES.find((state) => state === choice);
  if (status) return { status };
  const errorKind = ERROR_KINDS.find((kind) => kind === choice);
  return errorKind ? { errorKind } : {};
}

function emptyTitle({ status, errorKind }: Filter, cursor: string | null) {
  if (cursor !== null) return "No older executions";
  if (errorKind) return `No execution failed with: ${failureWord(errorKind).toLowerCase()}`;
  return status ? `No execution is ${status}` : "No executions yet";
}

export function FunctionExecutions({ functionId }: { functionId: string }) {
  const address = useAddress();
  const filter = filterOf(address.get("status"));
  const cursor = address.get("before");
  const request = { functionId, limit: PAGE, ...filter, ...(cursor === null ? {} : { cursor }) };
  const { data, error, refetch, isPlaceholderData } = useQuery({ ...executionsQuery(request), placeholderData: keepPreviousData });
  return (
    <Card
      title="Executions"
      flush
      actions={
        <SelectField
          label="Status"
          hideLabel
          value={filter.status ?? filter.errorKind ?? ""}
          onChange={({ target }) => address.set({ status: target.value, before: null })}
        >
          <option value="">Every status</option>
          {STATES.map((state) => (
            <option key={state} value={state}>
              {state[0]?.toUpperCase()}
              {state.slice(1)}
            </option>
          ))}
          <optgroup label="Failed with">
            {ERROR_KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {failureWord(kind)}
              </option>
            ))}
          </optgroup>
        </SelectField>
      }
    >
      <div aria-busy={isPlaceholderData}>
        <ExecutionTable
          label="Executions of this function"
          rows={data?.executions}
          error={error}
          onRetry={() => void refetch()}
          expect={8}
          empty={<EmptyState icon={History} title={emptyTitle(filter, cursor)} />}
        />
      </div>
      <CursorPager
        label="Pages of executions"
        cursor={cursor}
        next={data?.nextCursor ?? null}
        busy={isPlaceholderData}
        onCursor={(before) => address.set({ before }, { push: true })}
      />
    </Card>
  );
}
