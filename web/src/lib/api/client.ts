/**
 * The one file that speaks HTTP. Every failure becomes an {@link ApiError}, whatever its cause, so
 * that the rest of the dashboard has one kind to show.
 */
import axios, { AxiosError, type AxiosRequestConfig } from "axios";

/** Where in uploaded code the server stumbled; counted from 1. */
export interface CodePlace {
  line: number | null;
  column: number | null;
}

/** A request that failed. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    message: string,
    /** The HTTP status; 0 when there was no answer. */
    readonly status: number,
    /** The stable code of the API, `offline` without an answer. */
    readonly code: string,
    readonly place: CodePlace | null = null,
    /** After how many seconds the server takes the next request; null when it does not say. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

const http = axios.create({ timeout: 35_000, headers: { Accept: "application/json" } });

/** Hears of requests that were refused for want of a valid key, and which key they had. */
type RefusedListener = (error: ApiError, key: string | null) => void;

let key: string | null = null;
let onRefused: RefusedListener = () => {};

/** Sends this key with every request from now on; null: none. */
export function sendKey(next: string | null) {
  key = next;
}

/** There is one listener: the session. */
export function listenForRefusal(listener: RefusedListener) {
  onRefused = listener;
}

interface ErrorBody {
  error?: unknown;
  code?: unknown;
  details?: { line?: number | null; column?: number | null } | null;
}

/** What to show of a failed request. */
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

async function request<T>(config: AxiosRequestConfig, as: string | null): Promise<T> {
  try {
    return (await http.request<T>(as === null ? config : { ...config, headers: { Authorization: `Bearer ${as}` } })).data;
  } catch (cause) {
    if (axios.isCancel(cause)) throw cause;
    throw toApiError(cause);
  }
}

async function send<T>(config: AxiosRequestConfig): Promise<T> {
  const as = key;
  try {
    return await request<T>(config, as);
  } catch (cause) {
    if (cause instanceof ApiError && cause.status === 401) onRefused(cause, as);
    throw cause;
  }
}

/** Reads `url` with another key than the one in use, or with none; a refusal is the caller's alone. */
export function getAs<T>(as: string | null, url: string): Promise<T> {
  return request<T>({ method: "GET", url }, as);
}

/** Values of a query; what is undefined is left out. */
export type Query = Record<string, string | number | undefined>;

/** Reads `url`. */
export function get<T>(url: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return send<T>({ method: "GET", url, params: query, signal });
}

/** Sends `body` to `url`. */
export function post<T>(url: string, body?: unknown): Promise<T> {
  return send<T>({ method: "POST", url, data: body });
}

/** Changes what is at `url`. */
export function put<T>(url: string, body: unknown): Promise<T> {
  return send<T>({ method: "PUT", url, data: body });
}

/** Deletes, or stops, what is at `url`. */
export function del<T>(url: string): Promise<T> {
  return send<T>({ method: "DELETE", url });
}
