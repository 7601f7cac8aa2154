/** Namespaces of keys and values. */
import { queryOptions } from "@tanstack/react-query";
import { del, get, getText, putText } from "./client";
import { keys } from "./keys";
import type { KvKeyPage, KvNamespacePage } from "./types";

/** The rows of one page. */
const ROWS = 50;

const at = (namespace: string) => `/api/kv/${encodeURIComponent(namespace)}`;
const valueAt = (namespace: string, key: string) => `${at(namespace)}/values/${encodeURIComponent(key)}`;

/** One page of namespaces, by name. `cursor`: the `nextCursor` of the page before. */
export const namespacesQuery = (cursor: string | null) =>
  queryOptions({
    queryKey: keys.namespaces(cursor),
    queryFn: ({ signal }) => get<KvNamespacePage>("/api/kv", { limit: ROWS, cursor: cursor ?? undefined }, signal),
  });

/** One page of the keys of a namespace that begin with `prefix`. */
export const kvKeysQuery = (namespace: string, prefix: string, cursor: string | null) =>
  queryOptions({
    queryKey: keys.kvKeys(namespace, prefix, cursor),
    queryFn: ({ signal }) =>
      get<KvKeyPage>(`${at(namespace)}/keys`, { limit: ROWS, prefix: prefix || undefined, cursor: cursor ?? undefined }, signal),
  });

/** The value of a key as text. It is read anew each time. */
export const readValue = (namespace: string, key: string) => getText(valueAt(namespace, key));

/** Sets the value of a key to this text. `query`: its `ttl` in seconds and its `metadata`. */
export const writeValue = (namespace: string, key: string, value: string, query: { ttl?: number; metadata?: string }) =>
  putText(valueAt(namespace, key), value, query);

export const deleteValue = (namespace: string, key: string) => del<unknown>(valueAt(namespace, key));

export const deleteNamespace = (namespace: string) => del<unknown>(at(namespace));
