/** The attempts of an execution and their outcomes. */
import { Hourglass } from "lucide-react";
import { StartBadge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Outcome } from "@/components/Outcome";
import { EmptyState } from "@/components/States";
import { Table } from "@/components/Table";
import type { Execution } from "@/lib/api/types";
import { formatClock, formatDuration } from "@/lib/format";

type Props = Pick<Execution, "attempts" | "status">;

/** What is going on besides the attempts that have ended; null when the execution is over. */
function progressOf({ attempts, status }: Props): string | null {
  const next = attempts.length + 1;
  if (status === "running") return `Attempt ${next} is running`;
  if (status === "pending") return next === 1 ? "Waiting to start" : `Attempt ${next} starts after a delay`;
  return null;
}

export function Attempts({ attempts, status }: Props) {
  const numbered = attempts.map((attempt, index) => ({ ...attempt, number: index + 1 }));
  const progress = progressOf({ attempts, status });
  return (
    <Card title="Attempts" hint={attempts.length > 0 ? progress : null} flush>
      <Table
        label="Attempts"
        rows={numbered}
        rowKey={({ number }) => String(number)}
        empty={<EmptyState icon={Hourglass} title={progress ?? "No attempt was made"} />}
        columns={[
          { header: "No.", cell: ({ number }) => number },
          { header: "Started", cell: ({ startTime }) => <time dateTime={startTime}>{formatClock(startTime)}</time> },
          { header: "Start", from: "sm", cell: ({ coldStart }) => <StartBadge cold={coldStart} /> },
          {
            header: "Outcome",
            cell: ({ error, errorKind }) => (
              <>
                <Outcome status={error === null ? "completed" : "failed"} errorKind={errorKind} stacked />
                {error === null ? null : <p className="pt-1 wrap-anywhere">{error}</p>}
              </>
            ),
          },
          { header: "CPU time", right: true, from: "sm", cell: ({ cpuTime }) => (cpuTime > 0 ? formatDuration(cpuTime) : "—") },
          { header: "Duration", right: true, cell: ({ duration }) => formatDuration(duration) },
        ]}
      />
    </Card>
  );
}
