/** The errors and the scaling events of a load test. */
import { CircleCheck, Scaling } from "lucide-react";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/States";
import { Table } from "@/components/Table";
import type { LoadTest, ScalingEvent } from "@/lib/api/types";
import { formatClock, formatCount } from "@/lib/format";

export function LoadErrors({ errors }: { errors: LoadTest["result"]["errors"] }) {
  return (
    <Card title="Errors" flush>
      <Table
        label="Errors"
        rows={errors}
        rowKey={({ message }) => message}
        empty={<EmptyState icon={CircleCheck} title="No call failed" />}
        columns={[
          { header: "Message", cell: ({ message }) => <span className="break-words">{message}</span> },
          { header: "Calls", right: true, cell: ({ count }) => formatCount(count) },
        ]}
      />
    </Card>
  );
}

export function LoadScaling({ events }: { events: readonly ScalingEvent[] }) {
  return (
    <Card title="Scaling" flush>
      <Table
        label="Scaling during the test"
        rows={events}
        rowKey={({ _id }) => _id}
        empty={<EmptyState icon={Scaling} title="The number of instances did not change" />}
        columns={[
          { header: "When", cell: ({ timestamp }) => formatClock(timestamp) },
          { header: "Instances", cell: ({ action, instanceCount }) => `${action === "scale_up" ? "up" : "down"} to ${instanceCount}` },
          { header: "Reason", cell: ({ reason }) => reason },
        ]}
      />
    </Card>
  );
}
