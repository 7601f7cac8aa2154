/** Prices, estimates and cost reports. */
import { queryOptions } from "@tanstack/react-query";
import { get, post } from "./client";
import { keys } from "./keys";
import type { CostRow, Estimate, Granularity, Json, Pricing, SystemCost, Trend } from "./types";

/** A period in RFC 3339 times. Without an end it lasts until now. */
export interface CostRange {
  startDate: string;
  endDate?: string;
}

interface Answer<T> {
  success: true;
  data: T;
}

const read = async <T>(report: string, query: CostRange & { granularity?: Granularity; functionId?: string | undefined; lastExecution?: "true" }, signal: AbortSignal) =>
  (await get<Answer<T>>(`/api/costs/${report}`, { ...query }, signal)).data;

export const pricingQuery = () =>
  queryOptions({
    queryKey: keys.pricing,
    queryFn: async ({ signal }) => (await get<Answer<Pricing>>("/api/costs/pricing", undefined, signal)).data,
    staleTime: 5 * 60_000,
  });

export const estimateQuery = (functionId: string, input: Json) =>
  queryOptions({
    queryKey: keys.estimate({ functionId, input }),
    queryFn: async () => (await post<Answer<Estimate>>("/api/costs/estimate", { functionId, input })).data,
    staleTime: 10_000,
    retry: false,
  });

export const systemCostQuery = (range: CostRange) =>
  queryOptions({
    queryKey: keys.cost("system", range),
    queryFn: ({ signal }) => read<SystemCost>("system", range, signal),
  });

/** `lastExecution`: whether to add the newest execution of each function. */
export function breakdownQuery(range: CostRange, { lastExecution = false } = {}) {
  const query = lastExecution ? { ...range, lastExecution: "true" as const } : range;
  return queryOptions({
    queryKey: keys.cost("breakdown", query),
    queryFn: async ({ signal }) => (await read<{ breakdown: CostRow[] }>("breakdown", query, signal)).breakdown,
  });
}

export const trendsQuery = (range: CostRange, granularity: Granularity, functionId?: string) =>
  queryOptions({
    queryKey: keys.cost("trends", { ...range, granularity, functionId }),
    queryFn: async ({ signal }) =>
      (await read<{ trends: Trend[] }>("trends", { ...range, granularity, functionId }, signal)).trends,
  });
