/** Runs any function from here. */
import { useQuery } from "@tanstack/react-query";
import { SquareFunction } from "lucide-react";
import { useState } from "react";
import { Card } from "@/components/Card";
import { SelectField } from "@/components/Field";
import { exampleInput } from "@/components/run/exampleInput";
import { RunPanel } from "@/components/run/RunPanel";
import { EmptyState, Skeleton } from "@/components/States";
import { samplesQuery } from "@/lib/api/functions";
import type { Fn } from "@/lib/api/types";

export function QuickRun({ functions }: { functions: readonly Fn[] | undefined }) {
  const samples = useQuery(samplesQuery());
  const [chosen, setChosen] = useState<string | null>(null);
  const active = functions?.filter(({ status }) => status === "active");
  const fn = active?.find(({ _id }) => _id === chosen) ?? active?.[0];
  return (
    <Card title="Quick run">
      {!active || samples.isPending ? (
        <Skeleton lines={6} />
      ) : !fn ? (
        <EmptyState icon={SquareFunction} title="No active function">
          Upload a function, or activate one, to run it from here.
        </EmptyState>
      ) : (
        <div className="flex flex-col gap-4">
          <SelectField label="Function" value={fn._id} onChange={(event) => setChosen(event.target.value)}>
            {active.map(({ _id, name }) => (
              <option key={_id} value={_id}>
                {name}
              </option>
            ))}
          </SelectField>
          <RunPanel key={fn._id} fn={fn} initialInput={exampleInput(fn, samples.data)} />
        </div>
      )}
    </Card>
  );
}
