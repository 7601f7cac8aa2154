/** The schedules of all functions. */
import { useQuery } from "@tanstack/react-query";
import { CalendarClock, Plus } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { Badge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { CursorPager } from "@/components/CursorPager";
import { Page } from "@/components/Page";
import { EmptyState } from "@/components/States";
import { Table, type Column } from "@/components/Table";
import { useAddress } from "@/lib/address";
import { schedulesQuery } from "@/lib/api/schedules";
import type { Schedule } from "@/lib/api/types";
import { formatMoment } from "@/lib/format";
import { useFunctionNames } from "@/lib/names";
import { useRefusal } from "@/lib/session/session";
import { ScheduleActions } from "./ScheduleActions";
import { ScheduleDialog } from "./ScheduleDialog";
import { describeTimes, inZone } from "./times";

export function SchedulesPage() {
  const address = useAddress();
  const cursor = address.get("after");
  const refused = useRefusal("develop");
  const nameOf = useFunctionNames();
  const { data, error, refetch, isPlaceholderData } = useQuery(schedulesQuery(cursor));
  // What the dialog edits; null: a new schedule, undefined: the dialog is closed.
  const [edited, setEdited] = useState<Schedule | null | undefined>(undefined);
  const columns: readonly Column<Schedule>[] = [
    {
      header: "Schedule",
      cell: (schedule) => (
        <>
          <p className="font-medium">{schedule.name}</p>
          <p className="text-sm text-muted">{describeTimes(schedule)}</p>
        </>
      ),
    },
    {
      header: "Function",
      cell: ({ functionId }) => (
        <Link to={`/functions/${functionId}`} className="text-accent underline-offset-2 hover:underline">
          {nameOf(functionId)}
        </Link>
      ),
    },
    { header: "Next time", cell: (schedule) => <Next schedule={schedule} /> },
    { header: "Last firing", cell: (schedule) => <Last schedule={schedule} /> },
    { header: "Actions", right: true, cell: (schedule) => <ScheduleActions schedule={schedule} onEdit={() => setEdited(schedule)} /> },
  ];
  return (
    <Page
      title="Schedules"
      trail={[{ to: "/functions", label: "Functions" }]}
      hint="A schedule executes a function by the clock. Several servers fire it once."
      actions={
        <Button look="primary" refused={refused} icon={<Plus aria-hidden className="size-4" />} onClick={() => setEdited(null)}>
          New schedule
        </Button>
      }
    >
      <Card flush>
        <div aria-busy={isPlaceholderData}>
          <Table
            label="Schedules"
            columns={columns}
            rows={data?.schedules}
            rowKey={({ _id }) => _id}
            error={error}
            onRetry={() => void refetch()}
            empty={
              <EmptyState icon={CalendarClock} title="No schedules yet">
                Create one here, with <code className="text-xs">faas schedule add</code>, or in the faas.json of a function.
              </EmptyState>
            }
          />
        </div>
        <CursorPager
          label="Pages of schedules"
          cursor={cursor}
          next={data?.nextCursor ?? null}
          busy={isPlaceholderData}
          words={["First", "Next"]}
          onCursor={(after) => address.set({ after }, { push: true })}
        />
      </Card>
      {edited === undefined ? null : <ScheduleDialog schedule={edited} onClose={() => setEdited(undefined)} />}
    </Page>
  );
}

function Next({ schedule: { enabled, nextAt, timeZone } }: { schedule: Schedule }) {
  if (!enabled) return <Badge>Paused</Badge>;
  if (nextAt === null) return <span className="text-muted">Never</span>;
  const there = inZone(nextAt, timeZone);
  return (
    <>
      <p className="numeric">{formatMoment(nextAt)}</p>
      {there === null ? null : <p className="numeric text-sm text-muted">{there}</p>}
    </>
  );
}

function Last({ schedule: { last, failure } }: { schedule: Schedule }) {
  if (failure !== null) {
    return (
      <>
        <p className="text-bad">Not accepted: {failure.error}</p>
        <p className="numeric text-sm text-muted">{formatMoment(failure.scheduledTime)}</p>
      </>
    );
  }
  if (last === null) return <span className="text-muted">None</span>;
  return (
    <Link to={`/executions/${last.executionId}`} className="numeric text-accent underline-offset-2 hover:underline">
      {formatMoment(last.scheduledTime)}
    </Link>
  );
}
