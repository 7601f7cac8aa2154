/** What a load test will probably do and cost. */
import { useQuery, type keepPreviousData } from "@tanstack/react-query";
import { Money } from "@/components/Figures";
import { InlineError } from "@/components/States";
import { loadEstimateQuery } from "@/lib/api/loadTests";
import type { NewLoadTest } from "@/lib/api/types";
import { formatCount, formatDuration } from "@/lib/format";

const WORDS = {
  history: "as its recent runs",
  given: "as given",
  probe: "as its first calls",
  default: "a guess: it has not run yet, so the test begins with a few calls",
};

export function LoadEstimateView({ test, keep }: { test: NewLoadTest | null; keep: typeof keepPreviousData }) {
  const { data, error } = useQuery({
    ...loadEstimateQuery(test ?? { functionId: "" }),
    enabled: test !== null,
    placeholderData: keep,
  });
  if (error && !data) return <InlineError error={error} />;
  return (
    <section aria-label="Estimate" className="min-h-24 rounded-lg bg-sunken px-4 py-3 text-sm">
      <h3 className="font-medium">Estimate</h3>
      {data ? (
        <>
          <p>
            <strong className="text-lg">
              <Money value={data.total} />
            </strong>{" "}
            <span className="text-muted">
              for about <span className="numeric">{formatCount(data.requests)}</span> calls of {formatDuration(data.duration)},{" "}
              {WORDS[data.basis]}
            </span>
          </p>
          <p className="text-muted">
            Between <Money value={data.low} /> and <Money value={data.high} />
          </p>
        </>
      ) : (
        <p className="text-muted">{test ? "…" : "Fill in the form to see what it will cost."}</p>
      )}
    </section>
  );
}
