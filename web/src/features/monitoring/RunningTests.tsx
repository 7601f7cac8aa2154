/** The load tests that are running, of all users. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { StatusBadge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Money } from "@/components/Figures";
import { isUnderWay, loadTestsQuery } from "@/lib/api/loadTests";
import type { LoadTest } from "@/lib/api/types";
import { formatCount, formatDuration } from "@/lib/format";
import { LoadRate } from "./LoadCharts";
import { Progress } from "./Progress";
import { StopButton } from "./StopButton";

export function RunningTests() {
  const { data } = useQuery(loadTestsQuery());
  return data?.filter(({ status }) => isUnderWay(status)).map((test) => <Running key={test._id} test={test} />);
}

function Running({ test }: { test: LoadTest }) {
  const { result } = test;
  return (
    <Card
      title={
        <span className="flex flex-wrap items-center gap-2">
          <Link to={`/monitoring/load-tests/${test._id}`} className="text-accent hover:underline">
            {test.functionName}
          </Link>
          <StatusBadge status={test.status} />
        </span>
      }
      actions={<StopButton test={test} />}
    >
      <Progress test={test} />
      <p className="numeric my-2 text-sm text-muted">
        {formatCount(result.total)} calls, {formatCount(result.failed)} failed, 95th percentile{" "}
        {formatDuration(result.responseTime.p95)}, <Money value={result.cost.actual} /> so far
      </p>
      <LoadRate timeline={result.timeline} seconds={test.durationSeconds} />
    </Card>
  );
}
