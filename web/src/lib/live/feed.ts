/** The latest events, newest first, and the metrics of the last minutes. */
import { createStore } from "../store";
import type { EventOf, LiveEvent, LiveMetrics } from "./events";

/** The most events that are kept. */
export const FEED_LENGTH = 200;
/** The most seconds of metrics that are kept. */
export const HISTORY_LENGTH = 300;

export type FeedEvent = Exclude<LiveEvent, EventOf<"metrics"> | EventOf<"load_test_progress">>;

/** One second. `metrics` is null where the connection was lost, so that a chart shows a gap. */
export interface MetricsPoint {
  at: number;
  metrics: LiveMetrics | null;
}

export interface Feed {
  events: readonly FeedEvent[];
  /** The number of events since the page was opened. */
  total: number;
}

export const feed = createStore<Feed>({ events: [], total: 0 });
export const metricsHistory = createStore<readonly MetricsPoint[]>([]);

const isFed = (event: LiveEvent): event is FeedEvent =>
  event.type !== "metrics" && event.type !== "load_test_progress";

/** Adds a batch at the front. */
export function addToFeed(batch: readonly LiveEvent[]) {
  const fed = batch.filter(isFed);
  if (fed.length === 0) return;
  const { events, total } = feed.get();
  feed.set({ events: [...fed.slice(-FEED_LENGTH).toReversed(), ...events].slice(0, FEED_LENGTH), total: total + fed.length });
}

/** Adds a second. */
export function addMetrics(point: MetricsPoint) {
  metricsHistory.set([...metricsHistory.get(), point].slice(-HISTORY_LENGTH));
}

/** Clears everything: the next key may not read what this one could. */
export function clearFeed() {
  feed.set({ events: [], total: 0 });
  metricsHistory.set([]);
}
