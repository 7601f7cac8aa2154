/**
 * The only file that sends HTTP requests. Every failure becomes an {@link ApiError}, whatever its
 * cause, so that the rest of the dashboard handles one kind of error.
 */
import axios, { AxiosError, type AxiosRequestConfig, type AxiosResponse } from "axios";

/** A place in uploaded code that the server reports, counted from 1. */
export interface CodePlace {
  line: number | null;
  column: number | null;
}

/** A request that failed. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    message: string,
    /** The HTTP status; 0 without an answer. */
    readonly status: number,
    /** The stable code of the API; `offline` or `timeout` without an answer. */
    readonly code: string,
    readonly place: CodePlace | null = null,
    /** The seconds to wait before the next request; null when the server does not say. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

const http = axios.create({ timeout: 35_000, headers: { Accept: "application/json" } });

/** Called for each request that is refused because it has no valid key, with the key that it had. */
type RefusedListener = (error: ApiError, key: string | null) => void;

let key: string | null = null;
let onRefused: RefusedListener = () => {};

/** Sends this key with every request from now on; null sends none. */
export function sendKey(next: string | null) {
  key = next;
}

/** Sets the one listener: the session. */
export function listenForRefusal(listener: RefusedListener) {
  onRefused = listener;
}

interface ErrorBody {
  error?: unknown;
  code?: unknown;
  details?: { line?: number | null; column?: number | null } | null;
}

/** Converts any error to an {@link ApiError}. */
export function toApiError(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  if (!(cause instanceof AxiosError)) {
    return new ApiError(cause instanceof Error ? cause.message : String(cause), 0, "unknown");
  }
  const response = cause.response;
  if (!response) {
    const timedOut = cause.code === AxiosError.ECONNABORTED || cause.code === AxiosError.ETIMEDOUT;
    return timedOut
      ? new ApiError("The server took too long to answer.", 0, "timeout")
      : new ApiError("The server cannot be reached.", 0, "offline");
  }
  const body: ErrorBody = typeof response.data === "object" && response.data !== null ? response.data : {};
  const message = typeof body.error === "string" ? body.error : `The server answered ${response.status}.`;
  const code = typeof body.code === "string" ? body.code : "unknown";
  const place = body.details?.line !== undefined ? { line: body.details.line ?? null, column: body.details.column ?? null } : null;
  const wait = Number.parseInt(String(response.headers["retry-after"] ?? ""), 10);
  return new ApiError(message, response.status, code, place, Number.isFinite(wait) ? wait : null);
}

async function request<T>(config: AxiosRequestConfig, as: string | null): Promise<AxiosResponse<T>> {
  try {
    return await http.request<T>(as === null ? config : { ...config, headers: { ...config.headers, Authorization: `Bearer ${as}` } });
  } catch (cause) {
    if (axios.isCancel(cause)) throw cause;
    throw toApiError(cause);
  }
}

async function answer<T>(config: AxiosRequestConfig): Promise<AxiosResponse<T>> {
  const as = key;
  try {
    return await request<T>(config, as);
  } catch (cause) {
    if (cause instanceof ApiError && cause.status === 401) onRefused(cause, as);
    throw cause;
  }
}

const send = async <T>(config: AxiosRequestConfig) => (await answer<T>(config)).data;

/** Reads `url` with another key than the current one, or with none. Only the caller learns of a refusal. */
export async function getAs<T>(as: string | null, url: string): Promise<T> {
  return (await request<T>({ method: "GET", url }, as)).data;
}

/** The parameters of a query; undefined ones are left out. */
export type Query = Record<string, string | number | undefined>;

/** Reads `url`. */
export function get<T>(url: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return send<T>({ method: "GET", url, params: query, signal });
}

/** One page of a list. `nextCursor`: where the next page begins; null after the last one. */
export interface ListPage<T> {
  data: T;
  nextCursor: string | null;
}

/** Reads one page of a list whose cursor is in the header `X-Next-Cursor`. */
export async function getPage<T>(url: string, query: Query, signal?: AbortSignal): Promise<ListPage<T>> {
  const { data, headers } = await answer<T>({ method: "GET", url, params: query, signal });
  const cursor: unknown = headers["x-next-cursor"];
  return { data, nextCursor: typeof cursor === "string" && cursor !== "" ? cursor : null };
}

/** Sends `body` to `url`. */
export function post<T>(url: string, body?: unknown): Promise<T> {
  return send<T>({ method: "POST", url, data: body });
}

/** Changes the resource at `url`. */
export function put<T>(url: string, body: unknown): Promise<T> {
  return send<T>({ method: "PUT", url, data: body });
}

/** A text, with the headers of its answer. `isText`: whether it is text at all. */
export interface TextAnswer {
  text: string;
  isText: boolean;
  metadata: string | null;
  expiresAt: string | null;
}

/** Reads a stored value as text, without parsing it. */
export async function getText(url: string): Promise<TextAnswer> {
  const { data, headers } = await answer<string>({ method: "GET", url, responseType: "text", transformResponse: (text: string) => text, headers: { Accept: "*/*" } });
  const header = (name: string) => (typeof headers[name] === "string" ? headers[name] : null);
  return {
    text: data,
    isText: (header("content-type") ?? "").startsWith("text/plain"),
    metadata: header("x-kv-metadata"),
    expiresAt: header("x-kv-expires-at"),
  };
}

/** Stores this text at `url`, as it is. */
export function putText(url: string, text: string, query: Query): Promise<unknown> {
  return send({ method: "PUT", url, params: query, data: new Blob([text]), headers: { "Content-Type": "application/octet-stream" } });
}

/** Deletes or stops the resource at `url`. */
export function del<T>(url: string): Promise<T> {
  return send<T>({ method: "DELETE", url });
}
