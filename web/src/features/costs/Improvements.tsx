/** Ways to reduce the costs, largest saving first. */
import { useQuery } from "@tanstack/react-query";
import { CheckCheck, Layers, Repeat, Ruler, Snowflake, Timer, Truck, type LucideIcon } from "lucide-react";
import { useMemo } from "react";
import { Link } from "react-router";
import { Card } from "@/components/Card";
import { Money } from "@/components/Figures";
import { EmptyState, Skeleton } from "@/components/States";
import { pricingQuery } from "@/lib/api/costs";
import { functionsQuery } from "@/lib/api/functions";
import type { CostRow } from "@/lib/api/types";
import { improvementsOf, type Improvement, type ImprovementKind } from "./improvements";

const ICONS: Record<ImprovementKind, LucideIcon> = {
  cold: Snowflake,
  retry: Repeat,
  tier: Ruler,
  rounding: Timer,
  transfer: Truck,
  batch: Layers,
};

export function Improvements({ rows }: { rows: readonly CostRow[] | undefined }) {
  const functions = useQuery(functionsQuery());
  const pricing = useQuery(pricingQuery());
  const found = useMemo(
    () => (rows && functions.data && pricing.data ? improvementsOf(rows, functions.data, pricing.data) : undefined),
    [rows, functions.data, pricing.data],
  );
  return (
    <Card title="Possible savings" hint="Computed from the costs of this period">
      {!found ? (
        <Skeleton lines={3} />
      ) : found.length === 0 ? (
        <EmptyState icon={CheckCheck} title="No savings found">
          No function with at least ten executions spends 15% of its cost on cold starts, retries, data transfer or a tier
          higher than it needs.
        </EmptyState>
      ) : (
        <ul className="grid gap-3 lg:grid-cols-2">
          {found.map((one) => (
            <Item key={`${one.functionId} ${one.kind}`} one={one} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Item({ one }: { one: Improvement }) {
  const Icon = ICONS[one.kind];
  return (
    <li className="flex min-w-0 gap-3 rounded-lg border border-line bg-bg p-4">
      <Icon aria-hidden className="mt-0.5 size-5 shrink-0 text-accent" />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-baseline justify-between gap-x-4">
          <h3 className="min-w-0 flex-1 basis-40 truncate font-semibold" title={one.functionName}>
            <Link to={`/functions/${one.functionId}`} className="text-accent hover:underline">
              {one.functionName}
            </Link>
          </h3>
          <p className="text-sm whitespace-nowrap text-ok">
            saves up to <Money value={one.saving} />
          </p>
        </div>
        <p className="text-sm font-medium">{one.finding}.</p>
        <p className="mt-1 text-sm text-muted">{one.advice}</p>
      </div>
    </li>
  );
}
