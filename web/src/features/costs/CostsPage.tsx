/** What it costs. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { useNow } from "@/components/Figures";
import { Page } from "@/components/Page";
import { breakdownQuery, systemCostQuery } from "@/lib/api/costs";
import { CostParts } from "./CostParts";
import { CostTable } from "./CostTable";
import { CostTotals } from "./CostTotals";
import { CostTrends } from "./CostTrends";
import { ImprovementList } from "./ImprovementList";
import { PricingTiers } from "./PricingTiers";
import { RangePicker } from "./RangePicker";
import { readRange } from "./ranges";

/** A period up to now begins later with the time, but not with every event. */
const STEP = 10 * 60_000;

export function CostsPage() {
  const [params, setParams] = useSearchParams();
  const now = Math.ceil(useNow(60_000) / STEP) * STEP;
  const range = readRange(params, now);
  const enabled = range.error === null;
  const system = useQuery({ ...systemCostQuery(range.query), enabled, placeholderData: keepPreviousData });
  const breakdown = useQuery({ ...breakdownQuery(range.query), enabled, placeholderData: keepPreviousData });
  return (
    <Page title="Cost monitoring" actions={<RangePicker range={range} params={params} onChange={(next) => setParams(next, { replace: true })} />}>
      <CostTotals query={system} />
      <div className="grid gap-4 sm:gap-5 xl:grid-cols-5">
        <div className="min-w-0 xl:col-span-3">
          <CostTrends key={range.preset} range={range} />
        </div>
        <div className="min-w-0 xl:col-span-2">
          <CostParts system={system} breakdown={breakdown} />
        </div>
      </div>
      <ImprovementList breakdown={breakdown} />
      <CostTable breakdown={breakdown} />
      <PricingTiers />
    </Page>
  );
}
