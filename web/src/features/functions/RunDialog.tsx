/** Runs a function without leaving the list. */
import { useQuery } from "@tanstack/react-query";
import { Dialog } from "@/components/Dialog";
import { exampleInput } from "@/components/run/exampleInput";
import { RunPanel } from "@/components/run/RunPanel";
import { Skeleton } from "@/components/States";
import { samplesQuery } from "@/lib/api/functions";
import type { ListedFn } from "@/lib/api/types";

export function RunDialog({ fn, onClose }: { fn: ListedFn; onClose: () => void }) {
  const samples = useQuery(samplesQuery());
  return (
    <Dialog title={`Run ${fn.name}`} wide onClose={onClose}>
      {samples.isPending ? <Skeleton /> : <RunPanel fn={fn} initialInput={exampleInput(fn, samples.data)} />}
    </Dialog>
  );
}
