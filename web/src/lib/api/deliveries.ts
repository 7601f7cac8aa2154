/** Deliveries of results to destinations. */
import { queryOptions } from "@tanstack/react-query";
import { get, post } from "./client";
import { keys } from "./keys";
import type { Delivery, DeliveryPage } from "./types";

/** Of how many executions. */
const EXECUTIONS = 20;

/** The deliveries of the newest executions of a function. */
export const deliveriesQuery = (functionId: string, failed: boolean) =>
  queryOptions({
    queryKey: keys.deliveries(functionId, failed),
    queryFn: ({ signal }) =>
      get<DeliveryPage>(
        `/api/functions/${encodeURIComponent(functionId)}/deliveries`,
        { limit: EXECUTIONS, status: failed ? "failed" : undefined },
        signal,
      ),
    refetchInterval: 5_000,
  });

export const replayDelivery = (id: string) => post<Delivery>(`/api/deliveries/${encodeURIComponent(id)}/replay`);
