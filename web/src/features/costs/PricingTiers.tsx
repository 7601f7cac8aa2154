/** The prices, and which functions are in which tier. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { Card } from "@/components/Card";
import { Money } from "@/components/Figures";
import { Loaded } from "@/components/States";
import { pricingQuery } from "@/lib/api/costs";
import { functionsQuery } from "@/lib/api/functions";
import type { Fn, Pricing } from "@/lib/api/types";
import { formatCount } from "@/lib/format";
import { TIERS } from "@/lib/tier";

export function PricingTiers() {
  const pricing = useQuery(pricingQuery());
  const { data: functions } = useQuery(functionsQuery());
  return (
    <Card title="Pricing" hint="By the length of the code and by the timeout">
      <Loaded query={pricing}>
        {(prices) => (
          <div className="flex flex-col gap-5">
            <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-4">
              {TIERS.map((tier) => (
                <Tier key={tier} price={prices.tiers[tier]} functions={functions?.filter((fn) => fn.tier === tier)} />
              ))}
            </ul>
            <Factors prices={prices} />
          </div>
        )}
      </Loaded>
    </Card>
  );
}

/** Longer lists are found by the search on the page of functions. */
const NAMED = 20;

function Tier({ price, functions }: { price: Pricing["tiers"]["basic"]; functions: readonly Fn[] | undefined }) {
  return (
    <li className="flex flex-col gap-1 rounded-lg border border-line bg-bg p-4">
      <h3 className="font-medium">{price.name}</h3>
      <p>
        <span className="text-xl font-semibold">
          <Money value={price.pricePer100ms} />
        </span>{" "}
        <span className="text-sm text-muted">per started 100 ms</span>
      </p>
      <p className="text-sm text-muted">
        {formatCount(price.memoryMB)} MB, {price.cpuCores} cores
      </p>
      <p className="text-sm text-muted">{price.description}</p>
      {functions === undefined ? null : functions.length === 0 ? (
        <p className="mt-auto pt-2 text-sm text-muted">No function is in it.</p>
      ) : (
        <details className="mt-auto pt-2 text-sm">
          <summary className="text-accent">
            {formatCount(functions.length)} {functions.length === 1 ? "function" : "functions"}
          </summary>
          <ul className="mt-1 flex flex-col gap-1">
            {functions.slice(0, NAMED).map(({ _id, name }) => (
              <li key={_id} className="truncate">
                <Link to={`/functions/${_id}`} className="hover:underline">
                  {name}
                </Link>
              </li>
            ))}
            {functions.length > NAMED ? (
              <li>
                <Link to={`/functions?search=${price.name.toLowerCase()}`} className="text-accent hover:underline">
                  all {formatCount(functions.length)}
                </Link>
              </li>
            ) : null}
          </ul>
        </details>
      )}
    </li>
  );
}

function Factors({ prices }: { prices: Pricing }) {
  const { coldStart, retry, dataTransfer, scaling, storage } = prices.factors;
  const lines: [string, number][] = [
    ["Each cold start", coldStart],
    ["Each retry", retry],
    ["Each KiB of input and output", dataTransfer],
    ["Each change of capacity", scaling],
    ["Each MiB of code, for an hour", storage],
  ];
  return (
    <dl className="grid gap-x-8 gap-y-1 text-sm sm:grid-cols-2 xl:grid-cols-3">
      {lines.map(([label, price]) => (
        <div key={label} className="flex justify-between gap-4">
          <dt className="text-muted">{label}</dt>
          <dd>
            <Money value={price} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
