/** The state of an execution, and its result when it has ended. */
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link } from "react-router";
import { announce } from "@/lib/announce";
import { executionQuery, isOver } from "@/lib/api/executions";
import type { Execution, LogLine } from "@/lib/api/types";
import { formatClock, formatDuration } from "@/lib/format";
import { formatMoney } from "@/lib/money";
import { StartBadge } from "../Badge";
import { prettyJson } from "../editor/json";
import { CopyButton } from "../Copy";
import { Money } from "../Figures";
import { Outcome } from "../Outcome";
import { Loaded } from "../States";

export function ExecutionResult({ id }: { id: string }) {
  const query = useQuery(executionQuery(id));
  const execution = query.data;
  const over = execution ? isOver(execution.status) : false;
  useEffect(() => {
    if (execution && over) {
      announce(`Execution ${execution.status} in ${formatDuration(execution.duration ?? 0)} for ${formatMoney(execution.cost.totalCost)}.`);
    }
    // Announce each execution once, when it ends.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [id, over]);
  return (
    <section aria-label="Result" className="min-h-40">
      <Loaded query={query}>{(execution) => <Result execution={execution} />}</Loaded>
    </section>
  );
}

function Result({ execution }: { execution: Execution }) {
  const { status, duration, cost, coldStart, error, errorKind, stack, output, logs, retryCount } = execution;
  return (
    <div className="flex flex-col gap-3">
      <dl className="flex flex-wrap items-center gap-x-5 gap-y-2 text-sm">
        <Fact label="Status">
          <Outcome status={status} errorKind={errorKind} />
        </Fact>
        <Fact label="Duration">
          <span className="numeric">{duration === null ? "—" : formatDuration(duration)}</span>
        </Fact>
        <Fact label="Cost">
          <Money value={cost.totalCost} />
        </Fact>
        {duration === null ? null : (
          <Fact label="Start">
            <StartBadge cold={coldStart} />
          </Fact>
        )}
        {retryCount > 0 ? <Fact label="Retries">{retryCount}</Fact> : null}
        <Link to={`/executions/${execution._id}`} className="text-accent hover:underline">
          Details
        </Link>
      </dl>
      {error ? <Failure message={error} stack={stack} /> : null}
      {status === "completed" ? <Code label="Output" text={prettyJson(output)} /> : null}
      {isOver(status) ? null : (
        <p className="text-sm text-muted">{status === "running" ? "The function is running." : "The function has not started."}</p>
      )}
      {logs.length > 0 ? <Logs logs={logs} /> : null}
    </div>
  );
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className="flex items-center gap-1.5">
      <dt className="text-muted">{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Code or JSON in a box that scrolls, with a button that copies it. */
export function Code({ label, text }: { label: string; text: string }) {
  return (
    <div>
      <div className="flex items-center justify-between">
        <h3 className="text-sm font-medium">{label}</h3>
        <CopyButton label={`Copy ${label}`} text={text} />
      </div>
      {/* An element that scrolls must be reachable by keyboard. */}
      <pre role="group" aria-label={label} tabIndex={0} className="max-h-80 overflow-auto rounded-lg bg-sunken p-3 font-mono text-[0.8125rem] break-words whitespace-pre-wrap">
        {text}
      </pre>
    </div>
  );
}

/** The error with its stack. */
export function Failure({ message, stack }: { message: string; stack: string | null }) {
  return (
    <div className="rounded-lg bg-bad-soft p-3 text-sm text-bad">
      <p className="font-medium break-words">{message}</p>
      {stack ? <pre className="mt-2 overflow-x-auto font-mono text-[0.8125rem] whitespace-pre-wrap">{stack}</pre> : null}
    </div>
  );
}

/** The lines that the function wrote with `console`. */
export function Logs({ logs }: { logs: readonly LogLine[] }) {
  return (
    <div>
      <h3 className="mb-1 text-sm font-medium">Logs</h3>
      {/* An element that scrolls must be reachable by keyboard. */}
      <ol tabIndex={0} aria-label="Logs" className="max-h-80 overflow-auto rounded-lg bg-sunken p-3 font-mono text-[0.8125rem]">
        {logs.map(({ level, message, timestamp }, index) => (
          <li key={index} className="flex gap-3">
            <time dateTime={timestamp} className="shrink-0 text-muted">
              {formatClock(timestamp)}
            </time>
            <span className={`w-12 shrink-0 ${level === "error" ? "text-bad" : level === "warn" ? "text-warn" : "text-muted"}`}>
              {level}
            </span>
            <span className="min-w-0 break-words whitespace-pre-wrap">{message}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
