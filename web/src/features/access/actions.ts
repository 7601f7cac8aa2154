/** The actions of the audit log, in words. */
import type { AuditAction } from "@/lib/api/types";

type Kind = "function" | "execution" | "schedule" | "load test" | "key" | "namespace";

export const ACTIONS: Record<AuditAction, { done: string; kind: Kind }> = {
  function_created: { done: "Uploaded a function", kind: "function" },
  function_updated: { done: "Changed a function", kind: "function" },
  function_deleted: { done: "Deleted a function", kind: "function" },
  alias_moved: { done: "Set an alias of", kind: "function" },
  alias_deleted: { done: "Deleted an alias of", kind: "function" },
  execution_cancelled: { done: "Cancelled an execution", kind: "execution" },
  execution_retried: { done: "Repeated an execution", kind: "execution" },
  schedule_created: { done: "Created a schedule", kind: "schedule" },
  schedule_updated: { done: "Changed a schedule", kind: "schedule" },
  schedule_deleted: { done: "Deleted a schedule", kind: "schedule" },
  schedule_fired: { done: "Fired a schedule", kind: "schedule" },
  load_test_started: { done: "Started a load test", kind: "load test" },
  load_test_stopped: { done: "Stopped a load test", kind: "load test" },
  kv_written: { done: "Set a value", kind: "namespace" },
  kv_deleted: { done: "Deleted a value", kind: "namespace" },
  kv_namespace_deleted: { done: "Deleted a namespace", kind: "namespace" },
  key_created: { done: "Created a key", kind: "key" },
  key_revoked: { done: "Revoked a key", kind: "key" },
};

/** The page of the target; null if it has none or is deleted. */
export function pageOf(action: AuditAction, target: string): string | null {
  if (action === "function_deleted" || action === "schedule_deleted") return null;
  switch (ACTIONS[action].kind) {
    case "function":
      return `/functions/${target}`;
    case "execution":
      return `/executions/${target}`;
    case "schedule":
      return "/schedules";
    case "load test":
      return `/monitoring/load-tests/${target}`;
    case "key":
    case "namespace":
      return null;
  }
}
