/**
 * The keys of cached answers. A live event invalidates all keys with a common prefix, so related
 * answers share one.
 */
export const keys = {
  functions: ["functions"] as const,
  functionList: ["functions", "list"] as const,
  function: (id: string) => ["functions", "one", id] as const,
  samples: ["samples"] as const,
  types: ["types"] as const,
  executions: ["executions"] as const,
  executionLists: ["executions", "list"] as const,
  executionList: (filter: object) => ["executions", "list", filter] as const,
  execution: (id: string) => ["executions", "one", id] as const,
  metrics: ["metrics"] as const,
  overview: ["metrics", "overview"] as const,
  history: (hours: number) => ["metrics", "history", hours] as const,
  scaling: (hours: number) => ["metrics", "scaling", hours] as const,
  scalingAll: ["metrics", "scaling"] as const,
  pricing: ["pricing"] as const,
  estimate: (request: object) => ["estimate", request] as const,
  costs: ["costs"] as const,
  cost: (report: string, range: object) => ["costs", report, range] as const,
  loadTests: ["load-tests"] as const,
  loadTestLists: ["load-tests", "list"] as const,
  loadTestList: (filter: object) => ["load-tests", "list", filter] as const,
  loadTest: (id: string) => ["load-tests", "one", id] as const,
  kv: ["kv"] as const,
  namespaces: (cursor: string | null) => ["kv", "namespaces", cursor] as const,
  kvKeys: (namespace: string, prefix: string, cursor: string | null) => ["kv", "keys", namespace, prefix, cursor] as const,
  access: ["access"] as const,
  apiKeys: ["access", "keys"] as const,
  auditPage: (cursor: string | null) => ["access", "audit", cursor] as const,
};
