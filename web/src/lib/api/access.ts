/** API keys and the audit log. Only admins may read them. */
import { queryOptions } from "@tanstack/react-query";
import { del, get, post } from "./client";
import { keys } from "./keys";
import type { ApiKey, AuditPage, NewApiKey } from "./types";

/** The entries of one page of the audit log. */
const ENTRIES = 25;

export const apiKeysQuery = () =>
  queryOptions({ queryKey: keys.apiKeys, queryFn: ({ signal }) => get<ApiKey[]>("/api/keys", undefined, signal) });

/** One page of the audit log, newest first. `cursor`: the `nextCursor` of the page before. */
export const auditQuery = (cursor: string | null) =>
  queryOptions({
    queryKey: keys.auditPage(cursor),
    queryFn: ({ signal }) => get<AuditPage>("/api/audit", { limit: ENTRIES, cursor: cursor ?? undefined }, signal),
  });

/** Only this answer contains the text of the key. */
export const createApiKey = (key: NewApiKey) => post<ApiKey>("/api/keys", key);

export const revokeApiKey = (id: string) => del<ApiKey>(`/api/keys/${encodeURIComponent(id)}`);
