/** Which tier the code is in as it is typed, and what a run of it costs. */
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
  /** Of a function that is there already: how long it has run tells how long it will. */
  functionId: string | null;
}

/** What a run is taken to last that nobody knows anything about, as the server takes it. */
const UNKNOWN = 1_000;

export function PricePreview({ code, timeout, functionId }: Props) {
  const pricing = useQuery(pricingQuery());
  const estimate = useQuery({ ...estimateQuery(functionId ?? "", {}), enabled: functionId !== null });
  const tier = tierOf(code, timeout);
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
              <Line label="Per started 100 ms">
                <Money value={price.pricePer100ms} />
              </Line>
              <Line label={known ? `A run of ${formatDuration(duration)}, as lately` : `A run of ${formatDuration(duration)}`}>
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
