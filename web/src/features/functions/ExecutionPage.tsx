/** One execution. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { StartBadge } from "@/components/Badge";
import { Card, Stat } from "@/components/Card";
import { CopyField } from "@/components/Copy";
import { prettyJson } from "@/components/editor/json";
import { Money } from "@/components/Figures";
import { failureSentence, Outcome } from "@/components/Outcome";
import { Page } from "@/components/Page";
import { Code, Failure, Logs } from "@/components/run/ExecutionResult";
import { Loaded } from "@/components/States";
import { executionQuery, isOver } from "@/lib/api/executions";
import type { Execution } from "@/lib/api/types";
import { executionUrl } from "@/lib/curl";
import { formatCount, formatDuration, formatMoment, formatPercent, shortId } from "@/lib/format";
import { useFunctionNames } from "@/lib/names";
import { Attempts } from "./Attempts";
import { CostParts } from "./CostParts";
import { ExecutionActions } from "./ExecutionActions";
import { HostCalls } from "./HostCalls";

export function ExecutionPage() {
  const { id = "" } = useParams();
  const query = useQuery(executionQuery(id));
  if (query.data) return <Detail key={id} execution={query.data} />;
  return (
    <Page title="Execution" trail={[{ to: "/functions", label: "Functions" }]}>
      <Card>
        <Loaded query={query} wayOut={{ to: "/functions", label: "Go to the functions" }}>
          {() => null}
        </Loaded>
      </Card>
    </Page>
  );
}

function Detail({ execution }: { execution: Execution }) {
  const { _id, functionId, status, duration, queueTime, cost, error, errorKind, stack } = execution;
  const nameOf = useFunctionNames();
  return (
    <Page
      title={`Execution …${shortId(_id)}`}
      trail={[
        { to: "/functions", label: "Functions" },
        { to: `/functions/${functionId}`, label: nameOf(functionId) },
      ]}
      badge={<Outcome status={status} errorKind={errorKind} />}
      hint={`Version ${execution.functionVersion}, accepted ${formatMoment(execution.createdAt)}`}
      actions={<ExecutionActions execution={execution} />}
    >
      <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3 sm:gap-4">
        <Stat
          label="Duration"
          value={duration === null ? "—" : formatDuration(duration)}
          detail={duration === null ? null : <StartBadge cold={execution.coldStart} />}
        />
        <Stat
          label="CPU time"
          value={execution.cpuTime ? formatDuration(execution.cpuTime) : "—"}
          detail={execution.cpuTime && duration ? `${formatPercent((execution.cpuTime / duration) * 100)} of the duration` : null}
        />
        <Stat label="Queue time" value={queueTime === null ? "—" : formatDuration(queueTime)} detail="before it started" />
        <Stat label="Cost" value={<Money value={cost.totalCost} />} detail={isOver(status) ? `${cost.tier} tier` : "so far"} />
        <Stat label="Retries" value={execution.retryCount} detail={execution.instanceId ? `instance ${execution.instanceId}` : null} />
        <Stat label="Host calls" value={formatCount(execution.hostCallCount)} detail={hostTime(execution)} />
        {execution.kv ? (
          <Stat
            label="Keys and values"
            value={formatCount(execution.kv.reads + execution.kv.writes + execution.kv.lists)}
            detail={kvOperations(execution.kv)}
          />
        ) : null}
      </dl>
      <Queueing execution={execution} />
      {execution.caller ? (
        <p className="text-sm">
          Called by <span className="font-medium">{execution.caller.name ?? execution.caller.id}</span>
          {execution.caller.name === null ? null : <span className="text-muted"> ({execution.caller.id})</span>}
        </p>
      ) : null}
      {execution.retryOf ? (
        <p className="text-sm">
          Repeat of{" "}
          <Link to={`/executions/${execution.retryOf}`} className="text-accent underline">
            execution …{shortId(execution.retryOf)}
          </Link>
        </p>
      ) : null}
      {error ? (
        <Card title="Error" hint={errorKind ? failureSentence(errorKind) : null}>
          <Failure message={error} stack={stack} />
        </Card>
      ) : null}
      <div className="grid gap-4 sm:gap-5 lg:grid-cols-2">
        <Card>
          <Code label="Input" text={prettyJson(execution.input)} />
        </Card>
        <Card>
          <Output execution={execution} />
        </Card>
      </div>
      <Card>
        <ExecutionLogs execution={execution} />
      </Card>
      <HostCalls {...execution} />
      <div className="grid gap-4 sm:gap-5 xl:grid-cols-2">
        <Attempts attempts={execution.attempts} status={status} />
        <CostParts cost={cost} />
      </div>
      <Card title="Reference">
        <dl className="grid gap-x-6 gap-y-2 lg:grid-cols-2">
          <CopyField label="execution ID" text={_id} />
          <CopyField label="function ID" text={functionId} />
          <CopyField label="API address" text={executionUrl(window.location.origin, _id)} />
        </dl>
      </Card>
    </Page>
  );
}

/** How the execution is queued, where its caller has said so. */
function Queueing({ execution: { priority, concurrencyKey, singletonKey } }: { execution: Execution }) {
  const parts = [
    priority ? `Priority ${priority}` : null,
    concurrencyKey ? `Concurrency key ${concurrencyKey}` : null,
    singletonKey ? `Singleton key ${singletonKey}` : null,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : <p className="text-sm break-words">{parts.join(", ")}</p>;
}

/** The time of the kept host calls, which may overlap. */
function hostTime({ hostCalls }: Execution) {
  if (hostCalls.length === 0) return null;
  return `${formatDuration(hostCalls.reduce((sum, { duration }) => sum + duration, 0))} in all`;
}

function kvOperations({ reads, writes, lists }: NonNullable<Execution["kv"]>): string {
  return `${formatCount(reads)} read, ${formatCount(writes)} written, ${formatCount(lists)} listed`;
}

function Output({ execution: { status, output } }: { execution: Execution }) {
  if (status === "completed") return <Code label="Output" text={prettyJson(output)} />;
  return (
    <Note title="Output">
      {status === "failed" ? "None: the execution failed." : status === "running" ? "The function is running." : "The function has not started."}
    </Note>
  );
}

function ExecutionLogs({ execution: { status, logs } }: { execution: Execution }) {
  if (logs.length > 0) return <Logs logs={logs} />;
  return <Note title="Logs">{isOver(status) ? "The function wrote no logs." : "The logs appear here when the attempt ends."}</Note>;
}

function Note({ title, children }: { title: string; children: string }) {
  return (
    <div>
      <h3 className="mb-1 text-sm font-medium">{title}</h3>
      <p className="text-sm text-muted">{children}</p>
    </div>
  );
}
