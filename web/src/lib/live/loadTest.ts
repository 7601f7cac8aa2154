/** Merges live events into a load test. */
import type { LoadSecond, LoadTest } from "../api/types";

/** The load test of an event. It has the whole timeline, or only its latest second. */
export type HeardLoadTest = Pick<LoadTest, "_id" | "status"> & {
  result: { timeline?: LoadSecond[] | undefined; latest?: LoadSecond | null | undefined };
};

/** Merges an event into the known load test. Known seconds stay. */
export function mergeLoadTest(old: LoadTest, heard: HeardLoadTest): LoadTest {
  const { latest } = heard.result;
  const known = old.result.timeline;
  const timeline = heard.result.timeline ?? (latest ? withSecond(known, latest) : known);
  return { ...old, ...heard, result: { ...old.result, ...heard.result, timeline } };
}

function withSecond(known: readonly LoadSecond[], latest: LoadSecond): LoadSecond[] {
  return [...known.filter(({ second }) => second < latest.second), latest];
}
