/** One load test, during and after the run. */
import { useQuery } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { useEffect, useRef } from "react";
import { useParams } from "react-router";
import { StatusBadge } from "@/components/Badge";
import { ButtonLink } from "@/components/Button";
import { Card } from "@/components/Card";
import { prettyJson } from "@/components/editor/json";
import { Code } from "@/components/run/ExecutionResult";
import { Page } from "@/components/Page";
import { Loaded } from "@/components/States";
import { announce } from "@/lib/announce";
import { isUnderWay, loadTestQuery } from "@/lib/api/loadTests";
import type { LoadTest } from "@/lib/api/types";
import { formatCount, formatMoment } from "@/lib/format";
import { formatMoney } from "@/lib/money";
import { useRefusal } from "@/lib/session/session";
import { LoadCharts } from "./LoadCharts";
import { LoadCost } from "./LoadCost";
import { LoadErrors, LoadScaling } from "./LoadNotes";
import { LoadFigures } from "./LoadFigures";
import { Progress } from "./Progress";
import { StopButton } from "./StopButton";

const TRAIL = [
  { to: "/monitoring", label: "Monitoring" },
  { to: "/monitoring/load-tests", label: "Load tests" },
];

export function LoadTestPage() {
  const { id = "" } = useParams();
  const query = useQuery(loadTestQuery(id));
  if (query.data) return <Detail key={id} test={query.data} />;
  return (
    <Page title="Load test" trail={TRAIL}>
      <Card>
        <Loaded query={query} wayOut={{ to: "/monitoring/load-tests", label: "Go to the load tests" }}>
          {() => null}
        </Loaded>
      </Card>
    </Page>
  );
}

function Detail({ test }: { test: LoadTest }) {
  const underWay = isUnderWay(test.status);
  const { status, result, concurrency, durationSeconds, rate } = test;
  const template = prettyJson(test.input);
  const watched = useRef(false);
  useEffect(() => {
    if (underWay) watched.current = true;
    else if (watched.current) {
      announce(`Load test ${status}: ${formatCount(result.total)} calls for ${formatMoney(result.cost.actual)}.`);
    }
    // Announced once, if the test ends while the page is open.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [status]);
  return (
    <Page
      title={`Load test of ${test.functionName}`}
      trail={TRAIL}
      badge={<StatusBadge status={status} />}
      hint={`${concurrency} calls at once${rate === null ? "" : `, ${rate} per second`} for ${durationSeconds} s, started ${formatMoment(test.createdAt)}`}
      actions={underWay ? <StopButton test={test} /> : <AgainLink test={test} />}
    >
      <Progress test={test} />
      <LoadFigures result={result} />
      <LoadCharts timeline={result.timeline} seconds={underWay ? durationSeconds : null} />
      <LoadCost test={test} />
      <div className="grid items-start gap-4 sm:gap-5 lg:grid-cols-2">
        <LoadErrors errors={result.errors} />
        <LoadScaling events={result.scalingEvents} />
      </div>
      <Card title="Input" hint={template.includes("{{") ? "Each call gets its own values for the double braces" : "The same for every call"}>
        <Code label="Input (JSON)" text={template} />
      </Card>
    </Page>
  );
}

function AgainLink({ test }: { test: LoadTest }) {
  const refused = useRefusal("develop");
  return (
    <ButtonLink to={`/monitoring/load-tests?again=${test._id}`} refused={refused} icon={<RotateCw aria-hidden className="size-4" />}>
      Run again
    </ButtonLink>
  );
}
