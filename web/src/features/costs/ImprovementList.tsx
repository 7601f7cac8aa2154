/** What would make it cheaper. */
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { Lightbulb } from "lucide-react";
import { Link } from "react-router";
import { Card } from "@/components/Card";
import { Money } from "@/components/Figures";
import { Loaded } from "@/components/States";
import { pricingQuery } from "@/lib/api/costs";
import { functionsQuery } from "@/lib/api/functions";
import type { CostRow } from "@/lib/api/types";
import { improvements } from "./improvements";

export function ImprovementList({ breakdown }: { breakdown: UseQueryResult<CostRow[]> }) {
  const functions = useQuery(functionsQuery());
  const pricing = useQuery(pricingQuery());
  return (
    <Card title="Cheapest improvements" hint="What would save most of this period's cost">
      <Loaded query={breakdown}>
        {(rows) => {
          if (!functions.data || !pricing.data) return null;
          const found = improvements(rows, functions.data, pricing.data);
          if (found.length === 0) return <p className="text-sm text-muted">There is nothing that would save a twentieth of any function's cost.</p>;
          return (
            <ul className="grid gap-x-8 lg:grid-cols-2">
              {found.map((one) => (
                <li key={`${one.functionId} ${one.finding}`} className="flex items-start gap-3 border-t border-line py-3 text-sm">
                  <Lightbulb aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
                  <div className="min-w-0 flex-1">
                    <p>
                      <Link to={`/functions/${one.functionId}`} className="font-medium text-accent hover:underline">
                        {one.functionName}
                      </Link>
                      : {one.finding}
                    </p>
                    <p className="text-muted">{one.advice}</p>
                  </div>
                  <p className="shrink-0 text-right">
                    <span className="block text-muted">saves up to</span>
                    <span className="font-medium">
                      <Money round value={one.saving} />
                    </span>
                  </p>
                </li>
              ))}
            </ul>
          );
        }}
      </Loaded>
    </Card>
  );
}
