/** How server state is kept. */
import { QueryClient } from "@tanstack/react-query";
import { toApiError } from "@/lib/api/client";

/** A client whose answers grow old through events, not through the clock. */
export function createClient() {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: true,
        // A browser's own opinion on being online says nothing about a server on the same machine.
        networkMode: "always",
        // What the server refuses, it refuses again; a server that is gone is the live connection's to notice.
        retry: (failures, error) => failures < 2 && toApiError(error).status >= 500,
      },
      mutations: { networkMode: "always" },
    },
  });
}
