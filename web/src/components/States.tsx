/** Loading, empty and error states. */
import { CircleAlert, House, MapPinOff, RotateCw, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import type { UseQueryResult } from "@tanstack/react-query";
import { toApiError } from "@/lib/api/client";
import { Button, ButtonLink } from "./Button";

export function EmptyState({ icon: Icon, title, children }: { icon: LucideIcon; title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-10 text-center">
      <Icon aria-hidden className="size-8 text-muted" strokeWidth={1.5} />
      <p className="font-medium">{title}</p>
      {children ? <div className="flex max-w-md flex-col items-center gap-3 text-sm text-muted">{children}</div> : null}
    </div>
  );
}

/** A link that leads away from a page without content. */
export interface WayOut {
  to: string;
  label: string;
}

const HOME: WayOut = { to: "/", label: "Go to the dashboard" };

interface ErrorStateProps {
  error: unknown;
  onRetry?: () => void;
  /** Offered when the resource does not exist, where another try cannot help. */
  wayOut?: WayOut;
}

export function ErrorState({ error, onRetry, wayOut = HOME }: ErrorStateProps) {
  const { message, code, status } = toApiError(error);
  const missing = status === 404;
  const Icon = missing ? MapPinOff : CircleAlert;
  return (
    <div role="alert" className="flex flex-col items-center gap-2 px-4 py-10 text-center">
      <Icon aria-hidden className={`size-8 ${missing ? "text-muted" : "text-bad"}`} strokeWidth={1.5} />
      <p className="font-medium">{missing ? "Not found" : "Loading failed"}</p>
      <p className="max-w-md text-sm break-words text-muted">
        {message} {code === "unknown" || code === "offline" ? null : <code className="text-xs">({code})</code>}
      </p>
      {missing ? (
        <ButtonLink small to={wayOut.to} icon={<House aria-hidden className="size-4" />}>
          {wayOut.label}
        </ButtonLink>
      ) : onRetry ? (
        <Button small icon={<RotateCw aria-hidden className="size-4" />} onClick={onRetry}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}

/** Grey lines while content loads. */
export function Skeleton({ lines = 3, className = "" }: { lines?: number; className?: string }) {
  return (
    <div role="status" aria-label="Loading" className={`flex flex-col gap-3 p-4 sm:p-5 ${className}`}>
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} className="h-4 animate-pulse rounded bg-sunken" style={{ width: `${95 - ((line * 17) % 40)}%` }} />
      ))}
    </div>
  );
}

interface LoadedProps<T> {
  query: Pick<UseQueryResult<T>, "data" | "error" | "refetch">;
  loading?: ReactNode;
  wayOut?: WayOut;
  children: (data: T) => ReactNode;
}

/** The data of a query, or its loading or error state. Data stays visible during a refetch. */
export function Loaded<T>({ query, loading, wayOut = HOME, children }: LoadedProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ErrorState error={query.error} wayOut={wayOut} onRetry={() => void query.refetch()} />;
  return loading ?? <Skeleton />;
}

/** An error beside the control that caused it. */
export function InlineError({ error }: { error: unknown }) {
  if (!error) return null;
  return (
    <p role="alert" className="flex items-start gap-2 rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
      <span className="min-w-0 break-words">{toApiError(error).message}</span>
    </p>
  );
}
