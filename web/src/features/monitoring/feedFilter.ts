/** The filters of the list of events. */
import type { FeedEvent } from "@/lib/live/feed";

export const FILTERS = [
  { id: "all", label: "All events", types: null },
  { id: "ended", label: "Ended executions", types: ["execution_completed", "execution_failed"] },
  { id: "failed", label: "Failures and retries", types: ["execution_failed", "execution_retry"] },
  { id: "refused", label: "Refused requests", types: ["request_refused"] },
  { id: "scaling", label: "Scaling", types: ["scaling_event"] },
  { id: "load", label: "Load tests", types: ["load_test_finished"] },
] as const satisfies readonly { id: string; label: string; types: readonly FeedEvent["type"][] | null }[];

export type FilterId = (typeof FILTERS)[number]["id"];

export const readFilter = (text: string): FilterId => FILTERS.find(({ id }) => id === text)?.id ?? "all";

/** The first `most` events that match. A gap always matches: it may have dropped any kind. */
export function passing(events: readonly FeedEvent[], filter: FilterId, most: number): FeedEvent[] {
  const types: readonly FeedEvent["type"][] | null = FILTERS.find(({ id }) => id === filter)?.types ?? null;
  const passes = types === null ? events : events.filter(({ type }) => type === "gap" || types.includes(type));
  return passes.slice(0, most);
}
