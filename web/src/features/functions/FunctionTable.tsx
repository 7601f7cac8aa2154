/** The functions with their usage, which one request returns for all of them. */
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { Pager } from "@/components/Pager";
import { Table } from "@/components/Table";
import { useSort } from "@/components/useSort";
import { readPage, useAddress, writePage } from "@/lib/address";
import { breakdownQuery } from "@/lib/api/costs";
import type { ListedFn } from "@/lib/api/types";
import { daysBack } from "@/lib/period";
import { functionColumns, USAGE_DAYS } from "./functionColumns";
import { RunDialog } from "./RunDialog";

const PAGE = 20;

interface Props {
  functions: readonly ListedFn[] | undefined;
  error: unknown;
  onRetry: () => void;
  empty: ReactNode;
}

export function FunctionTable({ functions, ...table }: Props) {
  const [running, setRunning] = useState<ListedFn | null>(null);
  const range = useMemo(() => daysBack(USAGE_DAYS), []);
  const usage = useQuery(breakdownQuery(range, { lastExecution: true })).data;
  const columns = useMemo(() => functionColumns(usage, setRunning), [usage]);
  const { sorted, ...sort } = useSort(columns);
  const address = useAddress();
  const last = Math.max(0, Math.ceil((functions?.length ?? 0) / PAGE) - 1);
  const page = Math.min(readPage(address.get("page")), last);
  return (
    <>
      <Table
        label="Functions"
        {...table}
        {...sort}
        columns={columns}
        rows={functions && sorted(functions).slice(page * PAGE, (page + 1) * PAGE)}
        rowKey={(fn) => fn._id}
        expect={8}
      />
      {last > 0 ? <Pager page={page} last={last} onPage={(next) => address.set({ page: writePage(next) }, { push: true })} /> : null}
      {running ? <RunDialog fn={running} onClose={() => setRunning(null)} /> : null}
    </>
  );
}
