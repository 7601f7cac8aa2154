/** A load test that runs, second by second. */
import type { LoadSecond, LoadTest } from "../api/types";

/** What an event tells of a load test: all of it, or all but the seconds before the latest one. */
export type HeardLoadTest = Pick<LoadTest, "_id" | "status"> & {
  result: { timeline?: LoadSecond[] | undefined; latest?: LoadSecond | null | undefined };
};

/** Puts what was heard over what was known; the seconds that are known stay. */
export function mergeLoadTest(old: LoadTest, heard: HeardLoadTest): LoadTest {
  const { latest } = heard.result;
  const known = old.result.timeline;
  const timeline = heard.result.timeline ?? (latest ? withSecond(known, latest) : known);
  return { ...old, ...heard, result: { ...old.result, ...heard.result, timeline } };
}

function withSecond(known: readonly LoadSecond[], latest: LoadSecond): LoadSecond[] {
  return [...known.filter(({ second }) => second < latest.second), latest];
}
