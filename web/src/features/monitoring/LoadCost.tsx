/** The estimated and the actual cost of a load test. */
import { Card } from "@/components/Card";
import { ShareBar } from "@/components/charts/ShareBar";
import { Money } from "@/components/Figures";
import { isUnderWay } from "@/lib/api/loadTests";
import type { LoadTest } from "@/lib/api/types";
import { formatCount, formatPercent } from "@/lib/format";

export function LoadCost({ test }: { test: LoadTest }) {
  const { cost, total } = test.result;
  const { baseCost, coldStartCost, retryCost, dataTransferCost, kvCost } = cost.breakdown;
  return (
    <div className="grid gap-4 sm:gap-5 lg:grid-cols-2">
      <Card title="Estimate and cost" hint={isUnderWay(test.status) ? "So far" : null}>
        <table className="numeric w-full text-sm">
          <caption className="sr-only">Estimate and cost</caption>
          <thead className="text-muted">
            <tr className="border-b border-line">
              <td />
              <th scope="col" className="py-1.5 text-right font-medium">
                Estimate
              </th>
              <th scope="col" className="py-1.5 text-right font-medium">
                Actual
              </th>
            </tr>
          </thead>
          <tbody>
            <Line label="Cost" estimate={<Money value={cost.estimated.total} />} actual={<Money value={cost.actual} />} />
            <Line label="Calls" estimate={formatCount(test.estimate.requests)} actual={formatCount(total)} />
            <Line
              label="Cost per call"
              estimate={test.estimate.requests > 0 ? <Money value={cost.estimated.total / test.estimate.requests} /> : "—"}
              actual={<Money value={cost.perRequest} />}
            />
            <Line label="Cost per second" estimate={<Money value={cost.estimated.total / test.durationSeconds} />} actual={<Money value={cost.perSecond} />} />
          </tbody>
        </table>
        <p className="mt-3 text-sm text-muted">
          Estimated range: <Money value={cost.estimated.low} /> to <Money value={cost.estimated.high} />. {difference(test)}{" "}
          {origin(test.estimate.basis)}
        </p>
      </Card>
      <Card title="Cost by part">
        <ShareBar
          label="Cost by part"
          format={(value) => <Money value={value} />}
          shares={[
            { label: "Compute", value: baseCost, color: 1 },
            { label: "Cold starts", value: coldStartCost, color: 3 },
            { label: "Retries", value: retryCost, color: 5 },
            { label: "Data transfer", value: dataTransferCost, color: 2 },
            { label: "Keys and values", value: kvCost, color: 6 },
          ]}
        />
      </Card>
    </div>
  );
}

/** A remark on an estimate that is not based on history. */
function origin(basis: string): string | null {
  if (basis === "default") return "The estimate was a guess: the function had no history.";
  return basis === "probe" ? "The function had no history: the estimate is based on the first calls of the test." : null;
}

function difference({ status, result }: LoadTest): string {
  const percent = result.cost.differencePercent;
  if (isUnderWay(status)) return "The difference is shown when the test ends.";
  if (percent === null) return "There is no estimate to compare with.";
  if (percent === 0) return "The cost matches the estimate.";
  return `${formatPercent(Math.abs(percent))} ${percent > 0 ? "more" : "less"} than estimated.`;
}

function Line({ label, estimate, actual }: { label: string; estimate: React.ReactNode; actual: React.ReactNode }) {
  return (
    <tr className="border-b border-line last:border-0">
      <th scope="row" className="py-1.5 text-left font-normal text-muted">
        {label}
      </th>
      <td className="py-1.5 pl-3 text-right">{estimate}</td>
      <td className="py-1.5 pl-3 text-right font-medium">{actual}</td>
    </tr>
  );
}
