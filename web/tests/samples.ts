/** Sample answers of the API. */
import { sumMoney } from "@/lib/money";
import type { CostParts, CostRow, Execution, Fn, LoadTest, Pricing } from "@/lib/api/types";

export const aFunction = (change: Partial<Fn> = {}): Fn => ({
  _id: "f1",
  name: "add",
  description: "Adds two numbers",
  code: "return input.a + input.b",
  codeLength: 24,
  createdAt: "2026-01-31T12:00:00.000Z",
  updatedAt: "2026-01-31T12:00:00.000Z",
  version: 1,
  status: "active",
  config: { timeout: 30_000, retryCount: 3, retry: null, concurrency: null, concurrencyPerKey: null, memory: null, bindings: null, egress: null, http: null, kv: null, tool: null, runtime: null, env: {}, secrets: [] },
  tier: "basic",
  ...change,
});

export const anExecution = (change: Partial<Execution> = {}): Execution => ({
  _id: "01a207c8-41ed-7000-a324-f4dd6043b235",
  functionId: "f1",
  functionVersion: 1,
  input: { a: 1, b: 2 },
  output: 3,
  status: "completed",
  startTime: "2026-01-31T12:00:00.000Z",
  endTime: "2026-01-31T12:00:00.012Z",
  duration: 12.5,
  cpuTime: 2.5,
  error: null,
  errorKind: null,
  stack: null,
  retryCount: 0,
  retryOf: null,
  instanceId: "i-1",
  cost: {
    tier: "basic",
    baseCost: 0.0001,
    coldStartCost: 0.00005,
    retryCost: 0,
    dataTransferCost: 0.000000012,
    kvCost: 0,
    totalCost: 0.000150012,
    resourceUsage: { memoryMB: 128, cpuCores: 0.1 },
  },
  createdAt: "2026-01-31T12:00:00.000Z",
  queueTime: 0.4,
  coldStart: true,
  logs: [],
  attempts: [],
  hostCalls: [],
  hostCallCount: 0,
  ...change,
});

/** The costs of a function. The total is the sum of the parts. */
export function aCostRow(change: Partial<Omit<CostRow, "costBreakdown">> & { costBreakdown?: Partial<CostParts> } = {}): CostRow {
  const costBreakdown = { baseCost: 0.01, coldStartCost: 0, retryCost: 0, dataTransferCost: 0, kvCost: 0, ...change.costBreakdown };
  const totalCost = sumMoney(Object.values(costBreakdown));
  const executionCount = change.executionCount ?? 100;
  return {
    _id: "f1",
    functionName: "add",
    totalDuration: 5_000,
    tier: "basic",
    averageDuration: 50,
    ...change,
    executionCount,
    costBreakdown,
    totalCost,
    averageCost: totalCost / executionCount,
  };
}

const tier = (name: string, pricePer100ms: number) => ({ name, pricePer100ms, memoryMB: 128, cpuCores: 0.1, description: "" });

export const pricing: Pricing = {
  version: 1,
  tiers: {
    basic: tier("Basic", 0.0001),
    standard: tier("Standard", 0.0003),
    premium: tier("Premium", 0.0008),
    enterprise: tier("Enterprise", 0.002),
  },
  factors: { coldStart: 0.00005, retry: 0.00002, scaling: 0.0001, dataTransfer: 0.000001, storage: 0.0001, kvRead: 0.0000005, kvWrite: 0.000005, kvList: 0.000005 },
  thresholds: {
    basic: { codeLength: 100, timeout: 60_000 },
    standard: { codeLength: 5_000, timeout: 60_000 },
    premium: { codeLength: 10_000, timeout: 120_000 },
  },
};

const parts = { baseCost: 0, coldStartCost: 0, retryCost: 0, dataTransferCost: 0, kvCost: 0 };

export const aLoadTest = (change: Partial<LoadTest> = {}): LoadTest => ({
  _id: "l1",
  functionId: "f1",
  functionName: "add",
  status: "running",
  concurrency: 20,
  durationSeconds: 30,
  rate: null,
  input: {},
  createdAt: "2026-01-31T12:00:00.000Z",
  updatedAt: "2026-01-31T12:00:00.000Z",
  endedAt: null,
  estimate: { requests: 100, total: 0.01, low: 0.01, high: 0.02, duration: 12, basis: "history" },
  result: {
    elapsedSeconds: 0,
    total: 0,
    completed: 0,
    failed: 0,
    successRate: 0,
    requestsPerSecond: 0,
    responseTime: { min: 0, mean: 0, p50: 0, p90: 0, p95: 0, p99: 0, max: 0 },
    coldStarts: 0,
    scalingEvents: [],
    cost: { estimated: { total: 0.01, low: 0.01, high: 0.02 }, actual: 0, perRequest: 0, perSecond: 0, breakdown: parts, differencePercent: null },
    errors: [],
    timeline: [],
  },
  ...change,
});
