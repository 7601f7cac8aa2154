/** Answers of the API, as small as a test needs them. */
import type { CostRow, Fn, LoadTest, Pricing } from "@/lib/api/types";

export const pricing = {
  version: 1,
  tiers: {
    basic: { name: "Basic", pricePer100ms: 0.0001, memoryMB: 128, cpuCores: 0.1, description: "Small" },
    standard: { name: "Standard", pricePer100ms: 0.0003, memoryMB: 512, cpuCores: 0.5, description: "Usual" },
    premium: { name: "Premium", pricePer100ms: 0.0008, memoryMB: 1024, cpuCores: 1, description: "Large" },
    enterprise: { name: "Enterprise", pricePer100ms: 0.002, memoryMB: 2048, cpuCores: 2, description: "Largest" },
  },
  factors: { coldStart: 0.00005, retry: 0.00002, scaling: 0.0001, dataTransfer: 0.000001, storage: 0.0001 },
} satisfies Pricing;

export const fnOf = (change: Partial<Fn> & { _id: string }): Fn => ({
  name: change._id,
  description: "",
  code: "x".repeat(300),
  createdAt: "2026-01-31T14:00:00.000Z",
  updatedAt: "2026-01-31T14:00:00.000Z",
  version: 1,
  status: "active",
  config: { timeout: 30_000, retryCount: 3, concurrency: null },
  tier: "standard",
  ...change,
});

/** A function's costs; the total is that of the parts. */
export function rowOf(change: Partial<CostRow> & { _id: string }): CostRow {
  const parts = { baseCost: 0.03, coldStartCost: 0, retryCost: 0, dataTransferCost: 0, ...change.costBreakdown };
  const total = parts.baseCost + parts.coldStartCost + parts.retryCost + parts.dataTransferCost;
  const executionCount = change.executionCount ?? 100;
  return {
    functionName: change._id,
    executionCount,
    totalDuration: 5_000,
    tier: "standard",
    averageCost: total / executionCount,
    averageDuration: 50,
    ...change,
    totalCost: total,
    costBreakdown: parts,
  };
}

/** A load test that runs since three seconds. */
export const loadTestOf = (change: Partial<LoadTest> = {}): LoadTest => ({
  _id: "t1",
  functionId: "f1",
  functionName: "Prime Checker",
  status: "running",
  concurrency: 20,
  durationSeconds: 30,
  rate: null,
  input: { number: "{{i}}" },
  createdAt: "2026-01-31T14:00:00.000Z",
  updatedAt: "2026-01-31T14:00:03.000Z",
  endedAt: null,
  estimate: { requests: 600, total: 0.18, low: 0.17, high: 0.21, duration: 1, basis: "history" },
  result: {
    elapsedSeconds: 3,
    total: 60,
    completed: 58,
    failed: 2,
    successRate: 96.67,
    requestsPerSecond: 20,
    responseTime: { min: 1, mean: 2, p50: 2, p90: 3, p95: 4, p99: 5, max: 6 },
    coldStarts: 3,
    scalingEvents: [],
    cost: {
      estimated: { total: 0.18, low: 0.17, high: 0.21 },
      actual: 0.018,
      perRequest: 0.0003,
      perSecond: 0.006,
      breakdown: { baseCost: 0.018, coldStartCost: 0, retryCost: 0, dataTransferCost: 0 },
      differencePercent: -90,
    },
    errors: [{ message: "no such thing", count: 2 }],
    timeline: [0, 1, 2].map((second) => ({ second, completed: 20, failed: 0, p95: 4, instances: 1, cost: 0.006 })),
  },
  ...change,
});
