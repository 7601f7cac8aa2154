/** How often an execution was tried, and what came of it each time. */
import { Hourglass } from "lucide-react";
import { StartBadge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Outcome } from "@/components/Outcome";
import { EmptyState } from "@/components/States";
import { Table } from "@/components/Table";
import type { Attempt } from "@/lib/api/types";
import { formatClock, formatDuration } from "@/lib/format";

export function Attempts({ attempts }: { attempts: readonly Attempt[] }) {
  const numbered = attempts.map((attempt, index) => ({ ...attempt, number: index + 1 }));
  return (
    <Card title="Attempts" flush>
      <Table
        label="Attempts"
        rows={numbered}
        rowKey={({ number }) => String(number)}
        empty={<EmptyState icon={Hourglass} title="It has not been tried yet" />}
        columns={[
          { header: "No.", cell: ({ number }) => number },
          { header: "Began", cell: ({ startTime }) => <time dateTime={startTime}>{formatClock(startTime)}</time> },
          { header: "Start", cell: ({ coldStart }) => <StartBadge cold={coldStart} /> },
          {
            header: "Outcome",
            cell: ({ error, errorKind }) => (
              <>
                <Outcome status={error === null ? "completed" : "failed"} errorKind={errorKind} stacked />
                {error === null ? null : <p className="pt-1 break-words">{error}</p>}
              </>
            ),
          },
          { header: "Duration", right: true, cell: ({ duration }) => formatDuration(duration) },
        ]}
      />
    </Card>
  );
}
