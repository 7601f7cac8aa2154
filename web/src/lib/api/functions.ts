/** Functions and samples. */
import { queryOptions } from "@tanstack/react-query";
import { del, get, post, put } from "./client";
import { keys } from "./keys";
import type { Fn, FunctionChange, NewFunction, Sample } from "./types";

const path = (id: string) => `/api/functions/${encodeURIComponent(id)}`;

export const functionsQuery = () =>
  queryOptions({
    queryKey: keys.functionList,
    queryFn: ({ signal }) => get<Fn[]>("/api/functions", undefined, signal),
    staleTime: 30_000,
  });

export const functionQuery = (id: string) =>
  queryOptions({ queryKey: keys.function(id), queryFn: ({ signal }) => get<Fn>(path(id), undefined, signal) });

export const samplesQuery = () =>
  queryOptions({
    queryKey: keys.samples,
    queryFn: ({ signal }) => get<Sample[]>("/api/samples", undefined, signal),
    staleTime: Infinity,
  });

export const createFunction = (draft: NewFunction) => post<Fn>("/api/functions", draft);

export const updateFunction = (id: string, change: FunctionChange) => put<Fn>(path(id), change);

export const deleteFunction = (id: string) => del<{ message: string }>(path(id));
