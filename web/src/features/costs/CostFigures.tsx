/** The totals of the period. */
import { Stat } from "@/components/Card";
import { Money } from "@/components/Figures";
import { formatCount, formatPercent } from "@/lib/format";
import { percentOf, type CostReport } from "./report";

export function CostFigures({ report }: { report: CostReport | undefined }) {
  const largest = report?.parts.toSorted((a, b) => b.value - a.value)[0];
  return (
    <dl className="grid grid-cols-1 gap-3 min-[26rem]:grid-cols-2 sm:gap-4 xl:grid-cols-4">
      <Stat
        label="Total"
        loading={!report}
        value={report ? <Money value={report.total} /> : null}
        detail={report ? <>executions: <Money value={report.executionCost} /></> : null}
      />
      <Stat label="Executions" loading={!report} value={formatCount(report?.executions ?? 0)} detail="ended and billed" />
      <Stat
        label="Average per execution"
        loading={!report}
        value={report?.average == null ? "—" : <Money value={report.average} />}
        detail="without scaling and storage"
      />
      <Stat
        label="Largest part"
        loading={!report}
        value={report && largest && report.total > 0 ? largest.label : "—"}
        detail={report && largest && report.total > 0 ? `${formatPercent(percentOf(largest.value, report.total))} of the total` : "no cost"}
      />
    </dl>
  );
}
