/** API keys and the audit log, for admins. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { del, get, post } from "./client";
import { keys } from "./keys";
import type { ApiKey, AuditPage, NewApiKey } from "./types";

/** How many entries of the audit log are asked for at once. */
const ENTRIES = 25;

export const apiKeysQuery = () =>
  queryOptions({ queryKey: keys.apiKeys, queryFn: ({ signal }) => get<ApiKey[]>("/api/keys", undefined, signal) });

/** The audit log, newest first, page after page. */
export const auditQuery = () =>
  infiniteQueryOptions({
    queryKey: keys.audit,
    queryFn: ({ signal, pageParam }) =>
      get<AuditPage>("/api/audit", { limit: ENTRIES, cursor: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });

/** The answer alone has the key's text. */
export const createApiKey = (key: NewApiKey) => post<ApiKey>("/api/keys", key);

export const revokeApiKey = (id: string) => del<ApiKey>(`/api/keys/${encodeURIComponent(id)}`);
