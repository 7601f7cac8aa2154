/** Metrics of the platform. */
import { queryOptions } from "@tanstack/react-query";
import { get } from "./client";
import { keys } from "./keys";
import type { HourCount, Overview, ScalingEvent } from "./types";

export const overviewQuery = () =>
  queryOptions({
    queryKey: keys.overview,
    queryFn: ({ signal }) => get<Overview>("/api/metrics", undefined, signal),
    refetchInterval: 30_000,
  });

export const historyQuery = (hours: number) =>
  queryOptions({
    queryKey: keys.history(hours),
    queryFn: ({ signal }) => get<HourCount[]>("/api/metrics/executions/history", { hours }, signal),
    refetchInterval: 60_000,
  });

export const scalingQuery = (hours: number) =>
  queryOptions({
    queryKey: keys.scaling(hours),
    queryFn: ({ signal }) => get<ScalingEvent[]>("/api/metrics/scaling/history", { hours }, signal),
  });
