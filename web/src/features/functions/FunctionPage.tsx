/** One function. */
import { useQuery } from "@tanstack/react-query";
import { Pencil } from "lucide-react";
import { useMemo } from "react";
import { useNavigate, useParams } from "react-router";
import { StatusBadge, TierBadge } from "@/components/Badge";
import { ButtonLink } from "@/components/Button";
import { Card, Stat } from "@/components/Card";
import { Money } from "@/components/Figures";
import { Page } from "@/components/Page";
import { exampleInput } from "@/components/run/exampleInput";
import { RunPanel } from "@/components/run/RunPanel";
import { Loaded, Skeleton } from "@/components/States";
import { breakdownQuery } from "@/lib/api/costs";
import { functionQuery, samplesQuery } from "@/lib/api/functions";
import type { Fn } from "@/lib/api/types";
import { formatCount, formatDuration } from "@/lib/format";
import { daysBack } from "@/lib/period";
import { useRefusal } from "@/lib/session/session";
import { Bindings } from "./Bindings";
import { CallCard } from "./CallCard";
import { Code } from "./Code";
import { DeliveriesCard } from "./DeliveriesCard";
import { EgressCard } from "./EgressCard";
import { Environment } from "./Environment";
import { DeleteButton, StatusButton } from "./FunctionActions";
import { HttpCard } from "./HttpCard";
import { FunctionExecutions } from "./FunctionExecutions";
import { Versions } from "./Versions";

const FUNCTIONS = { to: "/functions", label: "Functions" };

export function FunctionPage() {
  const { id = "" } = useParams();
  const query = useQuery(functionQuery(id));
  if (query.data) return <Detail fn={query.data} />;
  return (
    <Page title="Function" trail={[FUNCTIONS]}>
      <Card>
        <Loaded query={query} wayOut={{ to: "/functions", label: "Go to the functions" }}>
          {() => null}
        </Loaded>
      </Card>
    </Page>
  );
}

function Detail({ fn }: { fn: Fn }) {
  const navigate = useNavigate();
  const refused = useRefusal("develop");
  const samples = useQuery(samplesQuery());
  const example = exampleInput(fn, samples.data);
  return (
    <Page
      title={fn.name}
      trail={[FUNCTIONS]}
      hint={fn.description}
      badge={
        <>
          <StatusBadge status={fn.status} />
          <TierBadge tier={fn.tier} />
        </>
      }
      actions={
        <>
          <ButtonLink to={`/functions/${fn._id}/edit`} refused={refused} icon={<Pencil aria-hidden className="size-4" />}>
            Edit
          </ButtonLink>
          <StatusButton fn={fn} />
          <DeleteButton fn={fn} onDeleted={() => navigate("/functions")} />
        </>
      }
    >
      <Figures fn={fn} />
      <div className="grid gap-4 sm:gap-5 xl:grid-cols-2">
        <Card title="Run">{samples.isPending ? <Skeleton lines={6} /> : <RunPanel key={fn._id} fn={fn} initialInput={example} />}</Card>
        <Code fn={fn} />
      </div>
      <CallCard functionId={fn._id} input={example} />
      <HttpCard fn={fn} />
      <EgressCard fn={fn} />
      <Environment config={fn.config} />
      <Bindings config={fn.config} />
      <Versions fn={fn} />
      <DeliveriesCard fn={fn} />
      <FunctionExecutions functionId={fn._id} />
    </Page>
  );
}

function Figures({ fn }: { fn: Fn }) {
  const range = useMemo(() => daysBack(30), []);
  const { data } = useQuery(breakdownQuery(range));
  const row = data?.find(({ _id }) => _id === fn._id);
  const loading = !data;
  const { timeout, retryCount, concurrency, memory } = fn.config;
  return (
    <dl className="grid grid-cols-2 gap-3 sm:gap-4 lg:grid-cols-4">
      <Stat label="Executions, 30 days" loading={loading} value={formatCount(row?.executionCount ?? 0)} />
      <Stat
        label="Cost, 30 days"
        loading={loading}
        value={<Money value={row?.totalCost ?? 0} />}
        detail={row ? <>each <Money value={row.averageCost} /></> : null}
      />
      <Stat label="Average duration" loading={loading} value={row ? formatDuration(row.averageDuration) : "—"} />
      <Stat
        label="Timeout"
        value={formatDuration(timeout)}
        detail={`${retryCount} ${retryCount === 1 ? "retry" : "retries"}${concurrency === null ? "" : `, ${concurrency} at once`}${memory === null ? "" : `, ${memory} MiB`}`}
      />
    </dl>
  );
}
