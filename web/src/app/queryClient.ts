/** The cache of server state. */
import { QueryClient } from "@tanstack/react-query";
import { toApiError } from "@/lib/api/client";

/** Live events, not the clock, make cached answers stale. */
export function createClient() {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: true,
        // A browser that is offline can still reach a server on the same machine.
        networkMode: "always",
        // The server would refuse the same request again; the live connection notices a lost server.
        retry: (failures, error) => failures < 2 && toApiError(error).status >= 500,
      },
      mutations: { networkMode: "always" },
    },
  });
}
