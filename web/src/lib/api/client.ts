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
  ) {
    super(message);
  }
}

const http = axios.create({ timeout: 35_000, headers: { Accept: "application/json" } });

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
  const place = body.details ? { line: body.details.line ?? null, column: body.details.column ?? null } : null;
  return new ApiError(message, response.status, code, place);
}

async function send<T>(config: AxiosRequestConfig): Promise<T> {
  try {
    return (await http.request<T>(config)).data;
  } catch (cause) {
    if (axios.isCancel(cause)) throw cause;
    throw toApiError(cause);
  }
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
