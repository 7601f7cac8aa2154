/** The destinations of a function, and the latest deliveries to them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { RotateCw, Send } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { StatusBadge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { SelectField } from "@/components/Field";
import { Ago } from "@/components/Figures";
import { EmptyState, InlineError } from "@/components/States";
import { Table, type Column } from "@/components/Table";
import { announce } from "@/lib/announce";
import { deliveriesQuery, replayDelivery } from "@/lib/api/deliveries";
import { keys } from "@/lib/api/keys";
import type { Delivery, Fn } from "@/lib/api/types";
import { shortId } from "@/lib/format";
import { useRefusal } from "@/lib/session/session";
import { shownTarget } from "./destinations";

/** Shown for functions with destinations only. */
export function DeliveriesCard({ fn }: { fn: Fn }) {
  return fn.config.destinations ? <Deliveries functionId={fn._id} /> : null;
}

function Deliveries({ functionId }: { functionId: string }) {
  const client = useQueryClient();
  const refused = useRefusal("develop");
  const [failed, showFailed] = useState(false);
  const { data, error, refetch } = useQuery(deliveriesQuery(functionId, failed));
  const replay = useMutation({
    mutationFn: replayDelivery,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.functionDeliveries(functionId) });
      announce("The delivery will be made again.");
    },
  });
  const columns: readonly Column<Delivery>[] = [
    { header: "To", cell: ({ target }) => <span className="wrap-anywhere">{shownTarget(target)}</span> },
    {
      header: "Execution",
      from: "sm",
      cell: ({ executionId }) => (
        <Link to={`/executions/${executionId}`} className="text-accent hover:underline">
          <code className="whitespace-nowrap">…{shortId(executionId)}</code>
        </Link>
      ),
    },
    { header: "Status", cell: ({ status }) => <StatusBadge status={status} /> },
    {
      header: "Last attempt",
      from: "md",
      cell: ({ attempts, attemptCount }) => {
        const latest = attempts.at(-1);
        return latest ? (
          <span className="block max-w-72 wrap-anywhere text-muted">
            {attemptCount > 1 ? `${attemptCount} attempts, ` : ""}
            {latest.message} <Ago at={latest.at} />
          </span>
        ) : (
          "—"
        );
      },
    },
    {
      header: "Actions",
      right: true,
      cell: ({ _id, status, executionId }) =>
        status === "delivered" || status === "failed" ? (
          <Button
            small
            refused={refused}
            busy={replay.isPending && replay.variables === _id}
            icon={<RotateCw aria-hidden className="size-4" />}
            aria-label={`Replay the delivery of execution …${shortId(executionId)}`}
            onClick={() => replay.mutate(_id)}
          >
            Replay
          </Button>
        ) : null,
    },
  ];
  return (
    <Card
      title="Deliveries"
      hint="Results of the newest asynchronous executions on their way to the destinations."
      flush
      actions={
        <SelectField label="Deliveries" hideLabel value={failed ? "failed" : ""} onChange={({ target }) => showFailed(target.value === "failed")}>
          <option value="">All</option>
          <option value="failed">Failed</option>
        </SelectField>
      }
    >
      <Table
        label="Deliveries"
        columns={columns}
        rows={data?.deliveries}
        rowKey={({ _id }) => _id}
        error={error}
        onRetry={() => void refetch()}
        empty={<EmptyState icon={Send} title={failed ? "No delivery has failed" : "No deliveries yet"} />}
      />
      <InlineError error={replay.error} />
    </Card>
  );
}
