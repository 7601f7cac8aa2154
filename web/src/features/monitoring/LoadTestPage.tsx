/** One load test, while it runs and after. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Square } from "lucide-react";
import { useEffect } from "react";
import { useParams } from "react-router";
import { StatusBadge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { Page } from "@/components/Page";
import { InlineError, Loaded } from "@/components/States";
import { announce } from "@/lib/announce";
import { isUnderWay, loadTestQuery, stopLoadTest } from "@/lib/api/loadTests";
import { keys } from "@/lib/api/keys";
import type { LoadTest } from "@/lib/api/types";
import { formatCount, formatMoment } from "@/lib/format";
import { formatMoney } from "@/lib/money";
import { LoadCharts } from "./LoadCharts";
import { LoadCost } from "./LoadCost";
import { LoadErrors, LoadScaling } from "./LoadNotes";
import { LoadFigures } from "./LoadFigures";
import { Progress } from "./Progress";

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
        <Loaded query={query}>{() => null}</Loaded>
      </Card>
    </Page>
  );
}

function Detail({ test }: { test: LoadTest }) {
  const underWay = isUnderWay(test.status);
  const { status, result, concurrency, durationSeconds, rate } = test;
  useEffect(() => {
    if (!isUnderWay(status)) {
      announce(`Load test ${status}: ${formatCount(result.total)} calls for ${formatMoney(result.cost.actual)}.`);
    }
    // Said once, when it is over.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [status]);
  return (
    <Page
      title={`Load test of ${test.functionName}`}
      trail={TRAIL}
      badge={<StatusBadge status={status} />}
      hint={`${concurrency} calls at once${rate === null ? "" : `, ${rate} a second`} for ${durationSeconds} s, begun ${formatMoment(test.createdAt)}`}
      actions={underWay ? <StopButton test={test} /> : null}
    >
      <Progress test={test} />
      <LoadFigures result={result} />
      <LoadCharts timeline={result.timeline} />
      <LoadCost test={test} />
      <div className="grid gap-4 sm:gap-5 lg:grid-cols-2">
        <LoadErrors errors={result.errors} />
        <LoadScaling events={result.scalingEvents} />
      </div>
    </Page>
  );
}

function StopButton({ test }: { test: LoadTest }) {
  const client = useQueryClient();
  const stop = useMutation({
    mutationFn: () => stopLoadTest(test._id),
    onSuccess: (stopped) => client.setQueryData(keys.loadTest(test._id), stopped),
  });
  return (
    <>
      <InlineError error={stop.error} />
      <Button
        look="danger"
        icon={<Square aria-hidden className="size-4" />}
        busy={stop.isPending || test.status === "stopping"}
        onClick={() => stop.mutate()}
      >
        Stop
      </Button>
    </>
  );
}
