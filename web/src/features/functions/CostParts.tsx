/** The parts of an execution's cost. */
import { Card } from "@/components/Card";
import { ShareBar } from "@/components/charts/ShareBar";
import { Money } from "@/components/Figures";
import type { ExecutionCost } from "@/lib/api/types";

export function CostParts({ cost }: { cost: ExecutionCost }) {
  const { memoryMB, cpuCores } = cost.resourceUsage;
  return (
    <Card title="Cost" hint={<>Total <Money value={cost.totalCost} />, with {memoryMB} MB and {cpuCores} {cpuCores === 1 ? "core" : "cores"}</>}>
      <ShareBar
        label="Cost by part"
        format={(value) => <Money value={value} />}
        shares={[
          { label: "Compute", value: cost.baseCost, color: 1 },
          { label: "Cold start", value: cost.coldStartCost, color: 2 },
          { label: "Retries", value: cost.retryCost, color: 3 },
          { label: "Data transfer", value: cost.dataTransferCost, color: 4 },
          { label: "Keys and values", value: cost.kvCost, color: 6 },
        ]}
      />
    </Card>
  );
}
