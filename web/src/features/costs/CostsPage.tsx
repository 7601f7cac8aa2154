/** The costs of a period. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { useNow } from "@/components/Figures";
import { Page } from "@/components/Page";
import { ErrorState } from "@/components/States";
import { breakdownQuery, systemCostQuery } from "@/lib/api/costs";
import { CostFigures } from "./CostFigures";
import { FunctionCosts } from "./FunctionCosts";
import { Improvements } from "./Improvements";
import { Parts } from "./Parts";
import { RangePicker } from "./RangePicker";
import { costRange, readChoice, spanOf } from "./range";
import { reportOf } from "./report";
import { Tiers } from "./Tiers";
import { Trends } from "./Trends";

export function CostsPage() {
  const [params] = useSearchParams();
  const now = useNow(60_000);
  const span = useMemo(() => spanOf(readChoice(params), now), [params, now]);
  const range = costRange(span);
  const system = useQuery({ ...systemCostQuery(range), placeholderData: keepPreviousData });
  const breakdown = useQuery({ ...breakdownQuery(range), placeholderData: keepPreviousData });
  const rows = breakdown.data;
  const report = useMemo(() => (system.data && rows ? reportOf(system.data, rows) : undefined), [system.data, rows]);
  const error = system.error ?? breakdown.error;
  const retry = () => {
    void system.refetch();
    void breakdown.refetch();
  };
  // The figures of the period before, while those of the new one load.
  const old = system.isPlaceholderData || breakdown.isPlaceholderData;
  return (
    <Page title="Cost monitoring" hint="Updated as executions finish.">
      <RangePicker span={span} />
      {error && !report ? (
        <ErrorState error={error} onRetry={retry} />
      ) : (
        <div aria-busy={old} className="flex flex-col gap-4 sm:gap-5">
          <CostFigures report={report} />
          <div className="grid gap-4 sm:gap-5 xl:grid-cols-3">
            <div className="min-w-0 xl:col-span-2">
              <Trends span={span} range={range} rows={rows} />
            </div>
            <Parts report={report} />
          </div>
          <FunctionCosts rows={rows} report={report} system={system.data} span={span} current={!old} />
          <Improvements rows={rows} />
        </div>
      )}
      <Tiers />
    </Page>
  );
}
