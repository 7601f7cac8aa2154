/** What the money went to. */
import type { UseQueryResult } from "@tanstack/react-query";
import { Card } from "@/components/Card";
import { ShareBar } from "@/components/charts/ShareBar";
import { Money } from "@/components/Figures";
import { Loaded } from "@/components/States";
import type { CostParts as Parts, CostRow, SystemCost } from "@/lib/api/types";
import { sumMoney } from "@/lib/money";

interface Props {
  system: UseQueryResult<SystemCost>;
  breakdown: UseQueryResult<CostRow[]>;
}

export function CostParts({ system, breakdown }: Props) {
  return (
    <Card title="By part" hint="Of the system total" className="h-full">
      <Loaded query={breakdown}>
        {(rows) => {
          const sum = (part: keyof Parts) => sumMoney(rows.map(({ costBreakdown }) => costBreakdown[part]));
          return (
            <ShareBar
              label="Cost by part"
              format={(value) => <Money value={value} />}
              shares={[
                { label: "Compute", value: sum("baseCost"), color: 1 },
                { label: "Cold starts", value: sum("coldStartCost"), color: 2 },
                { label: "Retries", value: sum("retryCost"), color: 3 },
                { label: "Data transfer", value: sum("dataTransferCost"), color: 4 },
                { label: "Scaling", value: system.data?.scalingCost ?? 0, color: 5 },
                { label: "Storage", value: system.data?.storageCost ?? 0, color: 6 },
              ]}
            />
          );
        }}
      </Loaded>
    </Card>
  );
}
