/** Load tests. */
import { queryOptions } from "@tanstack/react-query";
import { del, get, post } from "./client";
import { keys } from "./keys";
import type { LoadEstimate, LoadTest, LoadTestStatus, NewLoadTest } from "./types";

const ROOT = "/api/load-tests";
const path = (id: string) => `${ROOT}/${encodeURIComponent(id)}`;

export const isUnderWay = (status: LoadTestStatus) => status === "running" || status === "stopping";

/** The newest tests; `limit` is at most 100. */
export const loadTestsQuery = (limit = 20) =>
  queryOptions({
    queryKey: keys.loadTestList({ limit }),
    queryFn: ({ signal }) => get<LoadTest[]>(ROOT, { limit }, signal),
  });

/** One test. Live events report each second; the refetch covers an event that was missed. */
export const loadTestQuery = (id: string) =>
  queryOptions({
    queryKey: keys.loadTest(id),
    queryFn: ({ signal }) => get<LoadTest>(path(id), undefined, signal),
    refetchInterval: ({ state }) => (state.data && isUnderWay(state.data.status) ? 5_000 : false),
  });

export const loadEstimateQuery = (test: NewLoadTest) =>
  queryOptions({
    queryKey: keys.estimate({ loadTest: test }),
    queryFn: () => post<LoadEstimate>(`${ROOT}/estimate`, test),
    staleTime: 10_000,
    retry: false,
  });

export const startLoadTest = (test: NewLoadTest) => post<LoadTest>(ROOT, test);

export const stopLoadTest = (id: string) => del<LoadTest>(path(id));
