/** Functions and samples. */
import { queryOptions } from "@tanstack/react-query";
import { del, get, getPage, post, put } from "./client";
import { keys } from "./keys";
import type { EgressCheck, EgressExplanation, Fn, FunctionChange, ListedFn, NewFunction, Sample } from "./types";

const ROOT = "/api/functions";
const path = (id: string) => `${ROOT}/${encodeURIComponent(id)}`;

/** How many functions one request returns. */
const PAGE = 1_000;
/** The list stops here: the dashboard filters and sorts it in memory. */
const MOST = 20_000;

async function listFunctions(signal: AbortSignal): Promise<ListedFn[]> {
  const all: ListedFn[] = [];
  let cursor: string | undefined;
  do {
    const page = await getPage<ListedFn[]>(ROOT, { code: "false", limit: PAGE, cursor }, signal);
    all.push(...page.data);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && all.length < MOST);
  return all;
}

/** All functions, newest first, without their code. */
export const functionsQuery = () =>
  queryOptions({ queryKey: keys.functionList, queryFn: ({ signal }) => listFunctions(signal), staleTime: 30_000 });

export const functionQuery = (id: string) =>
  queryOptions({ queryKey: keys.function(id), queryFn: ({ signal }) => get<Fn>(path(id), undefined, signal) });

export const samplesQuery = () =>
  queryOptions({
    queryKey: keys.samples,
    queryFn: ({ signal }) => get<Sample[]>("/api/samples", undefined, signal),
    staleTime: Infinity,
  });

/** The types of what code finds in `context`, as a TypeScript declaration file. */
export const typesQuery = () =>
  queryOptions({
    queryKey: keys.types,
    queryFn: ({ signal }) => get<string>("/api/types.d.ts", undefined, signal),
    staleTime: Infinity,
  });

export const createFunction = (draft: NewFunction) => post<Fn>(ROOT, draft);

export const updateFunction = (id: string, change: FunctionChange) => put<Fn>(path(id), change);

/** Explains what would happen to a request of the code, and makes none. */
export const checkRequest = (id: string, request: EgressCheck) => post<EgressExplanation>(`${path(id)}/egress/check`, request);

export const deleteFunction = (id: string) => del<{ message: string }>(path(id));
