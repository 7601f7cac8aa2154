/** The estimated cost of a load test. Without history it offers to measure the function first. */
import type { UseQueryResult } from "@tanstack/react-query";
import { Money } from "@/components/Figures";
import { InlineError } from "@/components/States";
import type { LoadEstimate, NewLoadTest } from "@/lib/api/types";
import { basisWords } from "@/lib/basis";
import { formatCount, formatDuration } from "@/lib/format";
import { TryFirst } from "./TryFirst";

interface Props {
  /** Null while the form is invalid. */
  test: NewLoadTest | null;
  query: Pick<UseQueryResult<LoadEstimate>, "data" | "error" | "refetch">;
}

export function LoadEstimateView({ test, query }: Props) {
  const { data, error } = query;
  if (error && !data) return <InlineError error={error} />;
  return (
    <section aria-label="Estimate" className="flex min-h-24 flex-col gap-2 rounded-lg bg-sunken px-4 py-3 text-sm">
      <h3 className="font-medium">Estimate</h3>
      {data ? <Figures estimate={data} /> : <p className="text-muted">{test ? "…" : "Complete the form to see the estimated cost."}</p>}
      {data && test && isGuess(data) ? <TryFirst key={test.functionId} test={test} onTried={() => void query.refetch()} /> : null}
    </section>
  );
}

/** Whether the server assumed a duration because the function has no history. */
export const isGuess = (estimate: Pick<LoadEstimate, "basis">) => estimate.basis === "default";

function Figures({ estimate }: { estimate: LoadEstimate }) {
  const guess = isGuess(estimate);
  const words = basisWords(estimate.basis);
  return (
    <div>
      <p>
        <strong className="text-lg">
          {guess ? "about " : null}
          <Money value={estimate.total} round={guess} />
        </strong>{" "}
        <span className="text-muted">
          for about <span className="numeric">{formatCount(estimate.requests)}</span> calls of {formatDuration(estimate.duration)}
          {guess || words === null ? null : `, ${words}`}
        </span>
      </p>
      <p className="text-muted">
        Between <Money value={estimate.low} /> and <Money value={estimate.high} />
      </p>
    </div>
  );
}
