/** The host calls of an execution. An execution without any shows nothing. */
import { CircleCheck, CircleDashed, CircleX } from "lucide-react";
import { useState } from "react";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Pager } from "@/components/Pager";
import { Table } from "@/components/Table";
import type { Execution, HostCall } from "@/lib/api/types";
import { formatBytes, formatCount, formatDuration } from "@/lib/format";

type Props = Pick<Execution, "attempts" | "hostCalls" | "hostCallCount" | "startTime">;

const ON_A_PAGE = 25;

/** How long after the start of its attempt a call began, in ms. */
export function startOffset(call: HostCall, { attempts, startTime }: Pick<Execution, "attempts" | "startTime">): number {
  const begin = attempts[call.attempt - 1]?.startTime ?? startTime;
  return Math.max(0, new Date(call.startTime).getTime() - new Date(begin).getTime());
}

function hintOf(kept: number, count: number): string | null {
  if (kept === 0) return `${formatCount(count)} made, none kept`;
  return count > kept ? `The first ${formatCount(kept)} of ${formatCount(count)}` : null;
}

export function HostCalls({ attempts, hostCalls, hostCallCount, startTime }: Props) {
  const [page, setPage] = useState(0);
  if (hostCallCount === 0) return null;
  const last = Math.max(0, Math.ceil(hostCalls.length / ON_A_PAGE) - 1);
  const shown = Math.min(page, last);
  const rows = hostCalls
    .map((call, index) => ({ ...call, key: String(index) }))
    .slice(shown * ON_A_PAGE, (shown + 1) * ON_A_PAGE);
  const repeated = attempts.length > 1;
  return (
    <Card title="Host calls" hint={hintOf(hostCalls.length, hostCallCount)} flush>
      <Table
        label="Host calls"
        rows={rows}
        rowKey={({ key }) => key}
        empty={null}
        columns={[
          {
            header: "Call",
            cell: ({ name, attempt, error, request }) => (
              <>
                <code className="wrap-anywhere">{name}</code>
                {request ? <Request request={request} /> : null}
                {repeated ? <span className="block text-xs text-muted">attempt {attempt}</span> : null}
                {/* A narrow screen has no room for the column. */}
                <span className="block pt-1 sm:hidden">
                  <CallOutcome error={error} />
                </span>
              </>
            ),
          },
          { header: "Outcome", from: "sm", cell: ({ error }) => <CallOutcome error={error} /> },
          { header: "Start", right: true, from: "sm", cell: (call) => `+${formatDuration(startOffset(call, { attempts, startTime }))}` },
          { header: "Sent", right: true, from: "sm", cell: ({ bytesIn }) => formatBytes(bytesIn) },
          { header: "Received", right: true, from: "sm", cell: ({ bytesOut }) => formatBytes(bytesOut) },
          { header: "Duration", right: true, cell: ({ duration }) => formatDuration(duration) },
        ]}
      />
      {last > 0 ? <Pager page={shown} last={last} onPage={setPage} /> : null}
    </Card>
  );
}

/** What `fetch` requested. The times of its parts are in microseconds. */
function Request({ request }: { request: NonNullable<HostCall["request"]> }) {
  const { method, scheme, host, port, status, refusal, dns, connect, tls, firstByte } = request;
  const usual = (scheme === "https" && port === 443) || (scheme === "http" && port === 80);
  const parts = Object.entries({ DNS: dns, connect, TLS: tls, "first byte": firstByte });
  const times = parts.flatMap(([name, time]) => (time === null ? [] : [`${name} ${formatDuration(time / 1000)}`]));
  return (
    <span className="block text-xs text-muted">
      <span className="wrap-anywhere">
        {method} {scheme}://{host}
        {usual ? "" : `:${port}`}
        {status === null ? "" : `: ${status}`}
      </span>
      {times.length > 0 ? <span className="block">{times.join(", ")}</span> : null}
      {refusal === null ? null : <span className="block wrap-anywhere text-bad">{refusal}</span>}
    </span>
  );
}

function CallOutcome({ error }: { error: string | null }) {
  if (error === null) return <Badge tone="ok" icon={CircleCheck}>Answered</Badge>;
  if (error === "ERR_DROPPED") return <Badge icon={CircleDashed}>Dropped</Badge>;
  return (
    <span className="inline-flex flex-col items-start">
      <Badge tone="bad" icon={CircleX}>Failed</Badge>
      <code className="pl-1 text-xs wrap-anywhere text-bad">{error}</code>
    </span>
  );
}
