/** The tier of the code while it is typed, and the price of a run. */
import { useQuery } from "@tanstack/react-query";
import { TierBadge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Money } from "@/components/Figures";
import { Loaded } from "@/components/States";
import { estimateQuery, pricingQuery } from "@/lib/api/costs";
import { formatCount, formatDuration } from "@/lib/format";
import { LONGEST, runPrice, tierOf } from "@/lib/tier";

interface Props {
  code: string;
  /** ms */
  timeout: number;
  /** An existing function, whose recent duration gives the price of a run. */
  functionId: string | null;
}

/** The duration that the server assumes for a function without history, in ms. */
const UNKNOWN = 1_000;

export function PricePreview({ code, timeout, functionId }: Props) {
  const pricing = useQuery(pricingQuery());
  const estimate = useQuery({ ...estimateQuery(functionId ?? "", {}), enabled: functionId !== null });
  const tier = tierOf(code.length, timeout);
  const known = estimate.data?.basis === "history";
  const duration = estimate.data?.estimatedDuration ?? UNKNOWN;
  const limit = tier === "enterprise" ? null : LONGEST[tier];
  return (
    <Card title="Price" actions={<TierBadge tier={tier} />}>
      <Loaded query={pricing}>
        {(prices) => {
          const price = prices.tiers[tier];
          const run = runPrice(prices, tier, duration);
          return (
            <dl className="flex flex-col gap-2 text-sm">
              <Line label="Length">
                {formatCount(code.length)}
                {limit === null || code.length > limit ? " characters" : ` of ${formatCount(limit)} characters`}
              </Line>
              <Line label="Per 100 ms, rounded up">
                <Money value={price.pricePer100ms} />
              </Line>
              <Line label={known ? `A run of ${formatDuration(duration)} (recent median)` : `A run of ${formatDuration(duration)} (assumed)`}>
                <Money value={run} />
              </Line>
              <Line label="With a cold start">
                <Money value={run + prices.factors.coldStart} />
              </Line>
              <Line label="1,000 warm runs">
                <Money value={run * 1_000} />
              </Line>
              <Line label="Memory, cores">
                {price.memoryMB} MB, {price.cpuCores}
              </Line>
            </dl>
          );
        }}
      </Loaded>
    </Card>
  );
}

function Line({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className="flex justify-between gap-4">
      <dt className="text-muted">{label}</dt>
      <dd className="numeric text-right">{children}</dd>
    </div>
  );
}
