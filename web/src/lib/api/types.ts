/** The shapes of the API by the names that the dashboard uses. */

export type Tier = "basic" | "standard" | "premium" | "enterprise";
export type FunctionStatus = "active" | "inactive";
export type ExecutionStatus = "pending" | "running" | "completed" | "failed";
export type Granularity = "minute" | "hour" | "day" | "month";
export type Json = unknown;

export interface FunctionConfig {
  timeout: number;
  retryCount: number;
  concurrency: number | null;
}

export interface Fn {
  _id: string;
  name: string;
  description: string;
  code: string;
  createdAt: string;
  updatedAt: string;
  version: number;
  status: FunctionStatus;
  config: FunctionConfig;
  tier: Tier;
}

export interface Sample {
  name: string;
  description: string;
  code: string;
  input: Json;
  expectedOutput: Json;
}

export interface CostParts {
  baseCost: number;
  coldStartCost: number;
  retryCost: number;
  dataTransferCost: number;
}

export interface ExecutionCost extends CostParts {
  tier: Tier;
  totalCost: number;
  resourceUsage: { memoryMB: number; cpuCores: number };
}

export interface LogLine {
  level: string;
  message: string;
  timestamp: string;
}

export interface Attempt {
  startTime: string;
  duration: number;
  error: string | null;
  instanceId: string | null;
  coldStart: boolean;
}

export interface Execution {
  _id: string;
  functionId: string;
  functionVersion: number;
  input: Json;
  output: Json;
  status: ExecutionStatus;
  startTime: string;
  endTime: string | null;
  duration: number | null;
  error: string | null;
  errorKind: string | null;
  stack: string | null;
  retryCount: number;
  retryOf: string | null;
  instanceId: string | null;
  cost: ExecutionCost;
  createdAt: string;
  queueTime: number | null;
  coldStart: boolean;
  logs: LogLine[];
  attempts: Attempt[];
}

export interface ExecutionPage {
  executions: Execution[];
  nextCursor: string | null;
}

export interface Accepted {
  executionId: string;
}

export interface ScalingEvent {
  _id: string;
  functionId: string | null;
  action: "scale_up" | "scale_down";
  instanceCount: number;
  timestamp: string;
  reason: string;
}

export interface Overview {
  overview: {
    totalExecutions: number;
    recentExecutions: number;
    completedExecutions: number;
    failedExecutions: number;
    pendingExecutions: number;
    successRate: number;
    activeFunctions: number;
    currentInstances: number;
    queuedExecutions: number;
    runningExecutions: number;
    coldStartRate: number;
  };
  performance: {
    averageExecutionTime: number;
    totalExecutionsToday: number;
    p50: number;
    p95: number;
    p99: number;
  };
  scaling: { recentEvents: ScalingEvent[]; currentInstances: number };
}

export interface HourCount {
  bucket: string;
  total: number;
  completed: number;
  failed: number;
}

export interface TierPrice {
  name: string;
  pricePer100ms: number;
  memoryMB: number;
  cpuCores: number;
  description: string;
}

export interface Pricing {
  tiers: Record<Tier, TierPrice>;
  factors: { coldStart: number; retry: number; scaling: number; dataTransfer: number; storage: number };
}

export interface Estimate {
  tier: Tier;
  estimatedCost: number;
  estimatedDuration: number;
  breakdown: { baseCost: number; coldStartCost: number; dataTransferCost: number };
  basis: "history" | "given" | "default";
  range: { low: number; high: number };
}

export interface SystemCost {
  totalSystemCost: number;
  totalExecutions: number;
  averageCostPerExecution: number;
  scalingCost: number;
  storageCost: number;
  grandTotal: number;
}

export interface CostRow {
  _id: string;
  functionName: string;
  totalCost: number;
  executionCount: number;
  totalDuration: number;
  tier: Tier;
  costBreakdown: CostParts;
  averageCost: number;
  averageDuration: number;
}

export interface Trend {
  _id: string;
  totalCost: number;
  executionCount: number;
  averageDuration: number;
  totalDuration: number;
}
