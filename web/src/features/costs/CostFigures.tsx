/** The totals of the period. */
import { Stat } from "@/components/Card";
import { Money } from "@/components/Figures";
import { formatCount, formatPercent } from "@/lib/format";
import { percentOf, type CostReport } from "./report";

export function CostFigures({ report }: { report: CostReport | undefined }) {
  const dearest = report?.parts.toSorted((a, b) => b.value - a.value)[0];
  return (
    <dl className="grid grid-cols-1 gap-3 min-[26rem]:grid-cols-2 sm:gap-4 xl:grid-cols-4">
      <Stat
        label="Total"
        loading={!report}
        value={report ? <Money value={report.total} /> : null}
        detail={report ? <>executions: <Money value={report.executionCost} /></> : null}
      />
      <Stat label="Executions" loading={!report} value={formatCount(report?.executions ?? 0)} detail="that ended and were billed" />
      <Stat
        label="Average execution"
        loading={!report}
        value={report?.average == null ? "—" : <Money value={report.average} />}
        detail="without scaling and storage"
      />
      <Stat
        label="Dearest part"
        loading={!report}
        value={report && dearest && report.total > 0 ? dearest.label : "—"}
        detail={report && dearest && report.total > 0 ? `${formatPercent(percentOf(dearest.value, report.total))} of the total` : "nothing was billed"}
      />
    </dl>
  );
}
