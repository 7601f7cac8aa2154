/** The cost of executions over time, of all functions or of one. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Card } from "@/components/Card";
import type { Series } from "@/components/charts/ChartFrame";
import { TimeChart } from "@/components/charts/TimeChart";
import { SelectField } from "@/components/Field";
import { Loaded, Skeleton } from "@/components/States";
import { useAddress } from "@/lib/address";
import { trendsQuery, type CostRange } from "@/lib/api/costs";
import type { CostRow } from "@/lib/api/types";
import { formatMoney, shortMoney } from "@/lib/money";
import type { TrendPoint } from "@/lib/series";
import { fits, granularityOf, GRANULARITIES, type Span } from "./range";
import { TrendsExport } from "./TrendsExport";
import { nameOfStep, trendPoints } from "./trendPoints";

const SERIES: Series<TrendPoint>[] = [{ label: "Cost of executions", value: ({ cost }) => cost, color: 1 }];
const at = (point: TrendPoint) => point.at;
/** With more points than this, bars would be thinner than a line. */
const MOST_BARS = 200;

interface Props {
  span: Span;
  range: CostRange;
  rows: readonly CostRow[] | undefined;
}

export function Trends({ span, range, rows }: Props) {
  const address = useAddress();
  const functionId = address.get("function") ?? "";
  const granularity = granularityOf(span, address.get("by"));
  const query = useQuery({ ...trendsQuery(range, granularity, functionId || undefined), placeholderData: keepPreviousData });
  const points = useMemo(() => trendPoints(query.data ?? [], granularity, span), [query.data, granularity, span]);
  const name = useMemo(() => nameOfStep(granularity, span), [granularity, span]);
  const chosen = rows?.find(({ _id }) => _id === functionId);
  return (
    <Card
      title="Over time"
      hint={granularity === "day" || granularity === "month" ? "Executions by the UTC day they were accepted" : "Executions by the time they were accepted"}
      actions={
        <>
          <div className="w-40">
            <SelectField label="Function" hideLabel value={functionId} onChange={({ target }) => address.set({ function: target.value })}>
              <option value="">All functions</option>
              {functionId && !chosen ? <option value={functionId}>Not in this period</option> : null}
              {rows?.map(({ _id, functionName }) => (
                <option key={_id} value={_id}>
                  {functionName}
                </option>
              ))}
            </SelectField>
          </div>
          <div className="w-32">
            <SelectField
              label="Step"
              hideLabel
              value={granularity}
              onChange={({ target }) => address.set({ by: target.value })}
            >
              {GRANULARITIES.map(({ id, label }) => (
                <option key={id} value={id} disabled={!fits(span, id)}>
                  {label}
                </option>
              ))}
            </SelectField>
          </div>
          <TrendsExport points={points} name={chosen?.functionName ?? "all"} granularity={granularity} current={!query.isPlaceholderData} />
        </>
      }
    >
      <Loaded query={query} loading={<Skeleton lines={7} className="h-[19.5rem]" />}>
        {() => (
          <TimeChart
            label="Cost over time"
            points={points}
            at={at}
            formatAt={name}
            series={SERIES}
            format={formatMoney}
            formatShort={shortMoney}
            bars={points.length <= MOST_BARS}
            height={272}
            empty="No costs in this period."
          />
        )}
      </Loaded>
    </Card>
  );
}
