/** Runs any active function. The address holds the chosen one. */
import { useQuery } from "@tanstack/react-query";
import { SquareFunction } from "lucide-react";
import { Card } from "@/components/Card";
import { SelectField } from "@/components/Field";
import { exampleInput } from "@/components/run/exampleInput";
import { RunPanel } from "@/components/run/RunPanel";
import { EmptyState, Skeleton } from "@/components/States";
import { useAddress } from "@/lib/address";
import { samplesQuery } from "@/lib/api/functions";
import type { ListedFn } from "@/lib/api/types";

export function QuickRun({ functions }: { functions: readonly ListedFn[] | undefined }) {
  const samples = useQuery(samplesQuery());
  const address = useAddress();
  const chosen = address.get("run");
  const active = functions?.filter(({ status }) => status === "active");
  const fn = active?.find(({ _id }) => _id === chosen) ?? active?.[0];
  return (
    <Card title="Quick run">
      {!active || samples.isPending ? (
        <Skeleton lines={6} />
      ) : !fn ? (
        <EmptyState icon={SquareFunction} title="No active function">
          Upload or activate a function to run it here.
        </EmptyState>
      ) : (
        <div className="flex flex-col gap-4">
          <SelectField label="Function" value={fn._id} onChange={({ target }) => address.set({ run: target.value })}>
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
