/** The redrives of the server, as far as they have come. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Square } from "lucide-react";
import { StatusBadge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { Ago } from "@/components/Figures";
import { InlineError } from "@/components/States";
import { redrivesQuery, stopRedrive } from "@/lib/api/deadLetters";
import { keys } from "@/lib/api/keys";
import type { Redrive } from "@/lib/api/types";
import { formatCount } from "@/lib/format";
import { useRefusal } from "@/lib/session/session";

/** How many are shown. */
const FEW = 3;

export function Redrives() {
  const { data } = useQuery(redrivesQuery());
  if (!data?.length) return null;
  return (
    <Card title="Redrives" hint="A redrive ends when its server stops. What it has not reached stays open.">
      <ul aria-label="Redrives" className="flex flex-col gap-4">
        {data.slice(0, FEW).map((run) => (
          <Run key={run._id} run={run} />
        ))}
      </ul>
    </Card>
  );
}

function Run({ run }: { run: Redrive }) {
  const { _id, status, startedAt, total, redriven, skipped, failed, error } = run;
  const client = useQueryClient();
  const refused = useRefusal("develop");
  const stop = useMutation({
    mutationFn: () => stopRedrive(_id),
    onSettled: () => void client.invalidateQueries({ queryKey: keys.deadLetters }),
  });
  const done = redriven + skipped + failed;
  return (
    <li className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
        <StatusBadge status={status} />
        <span>
          {formatCount(redriven)} of {total === null ? "many" : formatCount(total)} redriven
          {skipped > 0 ? `, ${formatCount(skipped)} not open any more` : ""}
          {failed > 0 ? `, ${formatCount(failed)} failed` : ""}
        </span>
        <span className="text-muted">
          <Ago at={startedAt} />
        </span>
        {status === "running" ? (
          <Button small refused={refused} busy={stop.isPending} icon={<Square aria-hidden className="size-3.5" />} onClick={() => stop.mutate()}>
            Stop
          </Button>
        ) : null}
      </div>
      {status === "running" && total !== null ? <progress aria-label="Redriven" className="w-full accent-accent" max={Math.max(total, 1)} value={done} /> : null}
      {error === null ? null : <p className="text-sm wrap-anywhere text-bad">{error}</p>}
      <InlineError error={stop.error} />
    </li>
  );
}
