/** The messages of the WebSocket, validated. */
import { z } from "zod";

// Compiled validators would need `unsafe-eval` in the content security policy.
z.config({ jitless: true });

const tier = z.enum(["basic", "standard", "premium", "enterprise"]);

const cost = z.object({
  tier,
  duration: z.number().optional(),
  durationIn100ms: z.number().optional(),
  resourceUsage: z.object({ memoryMB: z.number(), cpuCores: z.number() }).optional(),
  baseCost: z.number(),
  coldStartCost: z.number(),
  retryCost: z.number(),
  dataTransferCost: z.number(),
  kvCost: z.number(),
  totalCost: z.number(),
});

const about = { executionId: z.string(), functionId: z.string() };

const liveMetrics = z.object({
  queued: z.number(),
  running: z.number(),
  /** Executions that have begun and hold no instance, because their code waits. */
  waiting: z.number(),
  instances: z.number(),
  completed: z.number(),
  failed: z.number(),
  coldStarts: z.number(),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
  warmIsolates: z.number(),
});

const second = z.object({
  second: z.number(),
  completed: z.number(),
  failed: z.number(),
  p95: z.number(),
  instances: z.number(),
  cost: z.number(),
});

/** The members that differ from the API. */
const loadTest = z.looseObject({
  _id: z.string(),
  status: z.enum(["running", "stopping", "completed", "stopped", "interrupted"]),
  result: z.looseObject({ timeline: z.array(second).optional(), latest: second.nullish() }),
});

const envelope = <T extends string, D extends z.ZodType>(type: T, data: D) =>
  z.object({ type: z.literal(type), data, timestamp: z.string(), seq: z.number(), epoch: z.number() });

const schema = z.discriminatedUnion("type", [
  envelope("execution_started", z.object({ ...about, status: z.literal("running") })),
  envelope(
    "execution_completed",
    z.object({ ...about, status: z.literal("completed"), duration: z.number(), output: z.unknown(), cost }),
  ),
  envelope("execution_retry", z.object({ ...about, retryCount: z.number(), delay: z.number() })),
  envelope(
    "execution_failed",
    z.object({
      ...about,
      status: z.literal("failed"),
      error: z.string().nullable(),
      errorKind: z.string().nullable(),
      retryCount: z.number(),
      duration: z.number(),
      cost,
    }),
  ),
  envelope(
    "alias_moved",
    z.object({
      functionId: z.string(),
      alias: z.string(),
      to: z.object({ version: z.number(), movedAt: z.string(), weights: z.record(z.string(), z.number()).optional(), reason: z.string().optional() }).nullable(),
    }),
  ),
  envelope(
    "scaling_event",
    z.object({
      action: z.enum(["scale_up", "scale_down"]),
      instanceCount: z.number(),
      reason: z.string(),
      timestamp: z.string(),
      functionId: z.string().nullable(),
    }),
  ),
  envelope(
    "request_refused",
    z.object({
      ...about,
      method: z.string(),
      host: z.string(),
      port: z.number(),
      refusedBy: z.enum(["server", "function"]),
      reason: z.string(),
      more: z.number(),
    }),
  ),
  envelope("metrics", liveMetrics),
  envelope("load_test_progress", loadTest),
  envelope("load_test_finished", loadTest),
  envelope("gap", z.object({ from: z.number(), to: z.number() })),
]);

export type LiveEvent = z.infer<typeof schema>;
export type LiveMetrics = z.infer<typeof liveMetrics>;
export type EventOf<T extends LiveEvent["type"]> = Extract<LiveEvent, { type: T }>;

/** Parses a message; null if the dashboard does not know it. */
export function parseEvent(text: string): LiveEvent | null {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = schema.safeParse(message);
  return parsed.success ? parsed.data : null;
}
