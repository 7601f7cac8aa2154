/** The prices, and the functions of each tier. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { tierName } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Money } from "@/components/Figures";
import { ErrorState, Loaded, Skeleton } from "@/components/States";
import { pricingQuery } from "@/lib/api/costs";
import { functionsQuery } from "@/lib/api/functions";
import type { ListedFn, Pricing, Tier } from "@/lib/api/types";
import { formatCount } from "@/lib/format";
import { TIERS } from "@/lib/tier";

/** The functions that a tier shows before it folds the rest. */
const NAMED = 4;

const FACTORS: readonly { name: keyof Pricing["factors"]; label: string; unit: string }[] = [
  { name: "coldStart", label: "Cold start", unit: "each" },
  { name: "retry", label: "Retry", unit: "each" },
  { name: "dataTransfer", label: "Data transfer", unit: "per KiB in and out" },
  { name: "scaling", label: "Scaling event", unit: "each" },
  { name: "storage", label: "Storage of code", unit: "per MiB and hour" },
  { name: "cpuMs", label: "Processor time", unit: "per millisecond" },
  { name: "kvRead", label: "Key read", unit: "each" },
  { name: "kvWrite", label: "Key written or deleted", unit: "each" },
  { name: "kvList", label: "List of keys", unit: "per page" },
];

export function Tiers() {
  const pricing = useQuery(pricingQuery());
  const functions = useQuery(functionsQuery());
  return (
    <Card title="Pricing tiers" hint="The length of the code and the timeout decide the tier">
      <Loaded query={pricing} loading={<Skeleton lines={8} />}>
        {(prices) => (
          <div className="flex flex-col gap-4">
            <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-4">
              {TIERS.map((tier) => (
                <TierCard key={tier} tier={tier} pricing={prices} functions={functions.data?.filter((fn) => fn.tier === tier)} />
              ))}
            </ul>
            {functions.error && !functions.data ? (
              <ErrorState error={functions.error} onRetry={() => void functions.refetch()} />
            ) : null}
            <dl className="grid gap-x-8 gap-y-3 text-sm min-[26rem]:grid-cols-2 lg:grid-cols-5">
              {FACTORS.map(({ name, label, unit }) => {
                const price = prices.factors[name];
                return price === undefined ? null : (
                  <div key={name}>
                    <dt className="text-muted">{label}</dt>
                    <dd>
                      <span className="font-medium">
                        <Money value={price} />
                      </span>{" "}
                      <span className="text-muted">{unit}</span>
                    </dd>
                  </div>
                );
              })}
            </dl>
          </div>
        )}
      </Loaded>
    </Card>
  );
}

function TierCard({ tier, pricing, functions }: { tier: Tier; pricing: Pricing; functions: readonly ListedFn[] | undefined }) {
  const price = pricing.tiers[tier];
  const rest = functions?.slice(NAMED) ?? [];
  return (
    <li className="flex min-w-0 flex-col gap-2 rounded-lg border border-line bg-bg p-4">
      <h3 className="font-medium">{tierName(tier)}</h3>
      <p>
        <span className="text-lg font-semibold">
          <Money value={price.pricePer100ms} />
        </span>{" "}
        <span className="text-sm text-muted">per 100 ms</span>
      </p>
      <p className="text-sm text-muted">
        {formatCount(price.memoryMB)} MB, {price.cpuCores} {price.cpuCores === 1 ? "core" : "cores"}. {price.description}.
      </p>
      <div className="mt-auto border-t border-line pt-2 text-sm">
        <p className="font-medium">
          {functions ? `${formatCount(functions.length)} ${functions.length === 1 ? "function" : "functions"}` : "…"}
        </p>
        <Names functions={functions?.slice(0, NAMED) ?? []} />
        {rest.length > 0 ? (
          <details>
            <summary className="py-0.5 text-muted hover:text-text">{formatCount(rest.length)} more</summary>
            <Names functions={rest} />
          </details>
        ) : null}
      </div>
    </li>
  );
}

function Names({ functions }: { functions: readonly ListedFn[] }) {
  if (functions.length === 0) return null;
  return (
    <ul className="max-h-60 overflow-y-auto">
      {functions.map(({ _id, name }) => (
        <li key={_id} className="truncate py-0.5">
          <Link to={`/functions/${_id}`} title={name} className="text-accent hover:underline">
            {name}
          </Link>
        </li>
      ))}
    </ul>
  );
}
