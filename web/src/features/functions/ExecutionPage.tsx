/** One execution. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ban, RotateCw } from "lucide-react";
import { Link, useNavigate, useParams } from "react-router";
import { StartBadge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { Card, Stat } from "@/components/Card";
import { prettyJson } from "@/components/editor/json";
import { Money } from "@/components/Figures";
import { failureSentence, Outcome } from "@/components/Outcome";
import { Page } from "@/components/Page";
import { Code, Failure, Logs } from "@/components/run/ExecutionResult";
import { InlineError, Loaded } from "@/components/States";
import { announce } from "@/lib/announce";
import { cancelExecution, executionQuery, isOver, retryExecution } from "@/lib/api/executions";
import { keys } from "@/lib/api/keys";
import type { Execution } from "@/lib/api/types";
import { formatDuration, formatMoment, shortId } from "@/lib/format";
import { useFunctionNames } from "@/lib/names";
import { useRefusal } from "@/lib/session/session";
import { Attempts } from "./Attempts";
import { CostParts } from "./CostParts";

export function ExecutionPage() {
  const { id = "" } = useParams();
  const query = useQuery(executionQuery(id));
  if (query.data) return <Detail key={id} execution={query.data} />;
  return (
    <Page title="Execution" trail={[{ to: "/functions", label: "Functions" }]}>
      <Card>
        <Loaded query={query}>{() => null}</Loaded>
      </Card>
    </Page>
  );
}

function Detail({ execution }: { execution: Execution }) {
  const { _id, functionId, status, duration, queueTime, cost, error, errorKind, stack, output, logs } = execution;
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
      actions={<Actions execution={execution} />}
    >
      <dl className="grid grid-cols-2 gap-3 sm:gap-4 lg:grid-cols-4">
        <Stat
          label="Duration"
          value={duration === null ? "—" : formatDuration(duration)}
          detail={duration === null ? null : <StartBadge cold={execution.coldStart} />}
        />
        <Stat label="Waited" value={queueTime === null ? "—" : formatDuration(queueTime)} detail="in the queue" />
        <Stat label="Cost" value={<Money value={cost.totalCost} />} detail={`${cost.tier} tier`} />
        <Stat label="Retries" value={execution.retryCount} detail={execution.instanceId ? `instance ${execution.instanceId}` : null} />
      </dl>
      {execution.retryOf ? (
        <p className="text-sm">
          This repeats{" "}
          <Link to={`/executions/${execution.retryOf}`} className="text-accent underline">
            execution …{shortId(execution.retryOf)}
          </Link>
          .
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
          {status === "completed" ? (
            <Code label="Output" text={prettyJson(output)} />
          ) : (
            <p className="text-sm text-muted">
              {isOver(status) ? "There is no output: it failed." : "There is no output yet."}
            </p>
          )}
        </Card>
      </div>
      <Card>
        {logs.length > 0 ? <Logs logs={logs} /> : <p className="text-sm text-muted">It has written no logs.</p>}
      </Card>
      <div className="grid gap-4 sm:gap-5 lg:grid-cols-2">
        <Attempts attempts={execution.attempts} />
        <CostParts cost={cost} />
      </div>
    </Page>
  );
}

function Actions({ execution }: { execution: Execution }) {
  const client = useQueryClient();
  const refused = useRefusal("develop");
  const navigate = useNavigate();
  const cancel = useMutation({
    mutationFn: () => cancelExecution(execution._id),
    onSuccess: (cancelled) => {
      client.setQueryData(keys.execution(execution._id), cancelled);
      void client.invalidateQueries({ queryKey: keys.executionLists });
      announce("The execution is cancelled.");
    },
  });
  const retry = useMutation({
    mutationFn: () => retryExecution(execution._id),
    onSuccess: ({ executionId }) => navigate(`/executions/${executionId}`),
  });
  return (
    <>
      <InlineError error={cancel.error ?? retry.error} />
      {isOver(execution.status) ? null : (
        <Button look="danger" icon={<Ban aria-hidden className="size-4" />} busy={cancel.isPending} refused={refused} onClick={() => cancel.mutate()}>
          Cancel
        </Button>
      )}
      {execution.status === "failed" ? (
        <Button icon={<RotateCw aria-hidden className="size-4" />} busy={retry.isPending} refused={refused} onClick={() => retry.mutate()}>
          Run again
        </Button>
      ) : null}
    </>
  );
}
