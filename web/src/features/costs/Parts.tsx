/** The parts of the period's total. */
import { Card } from "@/components/Card";
import { ShareBar } from "@/components/charts/ShareBar";
import { Money } from "@/components/Figures";
import { Skeleton } from "@/components/States";
import type { CostReport } from "./report";

const money = (value: number) => <Money value={value} />;

export function Parts({ report }: { report: CostReport | undefined }) {
  return (
    <Card title="By part" hint="All billed costs">
      {report ? (
        <>
          <ShareBar label="Cost by part" shares={report.parts} format={money} />
          <p className="mt-2 flex justify-between border-t border-line pt-2 pr-16 text-sm font-medium">
            Total <Money value={report.total} />
          </p>
        </>
      ) : (
        <Skeleton lines={7} className="h-64" />
      )}
    </Card>
  );
}
