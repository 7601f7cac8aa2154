/** Executions. */
import { queryOptions } from "@tanstack/react-query";
import { get, post } from "./client";
import { keys } from "./keys";
import type { Accepted, ErrorKind, Execution, ExecutionPage, ExecutionStatus, Json } from "./types";

/** Which executions a list contains, newest first. */
export interface ExecutionFilter {
  functionId?: string;
  status?: ExecutionStatus;
  errorKind?: ErrorKind;
  from?: string;
  to?: string;
  limit: number;
  /** Where the page begins: the `nextCursor` of the page before. */
  cursor?: string;
}

const path = (id: string) => `/api/executions/${encodeURIComponent(id)}`;

export const isOver = (status: ExecutionStatus) => status === "completed" || status === "failed";

export const executionsQuery = (filter: ExecutionFilter) =>
  queryOptions({
    queryKey: keys.executionList(filter),
    queryFn: ({ signal }) => get<ExecutionPage>("/api/executions", { ...filter }, signal),
  });

/** One execution. Live events report its changes; the refetch covers an event that was missed. */
export const executionQuery = (id: string) =>
  queryOptions({
    queryKey: keys.execution(id),
    queryFn: ({ signal }) => get<Execution>(path(id), undefined, signal),
    refetchInterval: ({ state }) => (state.data && isOver(state.data.status) ? false : 2_000),
  });

export const execute = (functionId: string, input: Json) =>
  post<Accepted>(`/api/functions/${encodeURIComponent(functionId)}/execute`, { input });

export const cancelExecution = (id: string) => post<Execution>(`${path(id)}/cancel`);

/** Repeats an execution that has ended: with the same input, or with `change.input`. */
export const retryExecution = (id: string, change: { input?: Json } = {}) => post<Accepted>(`${path(id)}/retry`, change);
