/** What stands where there is nothing yet, nothing at all, or nothing but an error. */
import { CircleAlert, RotateCw, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import type { UseQueryResult } from "@tanstack/react-query";
import { toApiError } from "@/lib/api/client";
import { Button } from "./Button";

export function EmptyState({ icon: Icon, title, children }: { icon: LucideIcon; title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-10 text-center">
      <Icon aria-hidden className="size-8 text-muted" strokeWidth={1.5} />
      <p className="font-medium">{title}</p>
      {children ? <div className="flex max-w-md flex-col items-center gap-3 text-sm text-muted">{children}</div> : null}
    </div>
  );
}

export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { message, code } = toApiError(error);
  return (
    <div role="alert" className="flex flex-col items-center gap-2 px-4 py-10 text-center">
      <CircleAlert aria-hidden className="size-8 text-bad" strokeWidth={1.5} />
      <p className="font-medium">This could not be loaded</p>
      <p className="max-w-md text-sm break-words text-muted">
        {message} {code === "unknown" || code === "offline" ? null : <code className="text-xs">({code})</code>}
      </p>
      {onRetry ? (
        <Button small icon={<RotateCw aria-hidden className="size-4" />} onClick={onRetry}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}

/** Grey lines in the place of what is being loaded. */
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
  children: (data: T) => ReactNode;
}

/** What a query has brought, or what stands in its place. What was brought stays while it is asked for again. */
export function Loaded<T>({ query, loading, children }: LoadedProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return loading ?? <Skeleton />;
}

/** An error beside what it is about. */
export function InlineError({ error }: { error: unknown }) {
  if (!error) return null;
  return (
    <p role="alert" className="flex items-start gap-2 rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
      <span className="min-w-0 break-words">{toApiError(error).message}</span>
    </p>
  );
}
