/** Dead letters: asynchronous executions that have failed for good. */
import { queryOptions } from "@tanstack/react-query";
import { del, get, post } from "./client";
import { keys } from "./keys";
import type { DeadLetterGroups, DeadLetterPage, DeadLetterRequest, Discarded, Redrive } from "./types";

/** The rows of one page. */
const ROWS = 50;

/** How often what others change is read again. */
const REFRESH = 10_000;

export const deadLetterGroupsQuery = () =>
  queryOptions({
    queryKey: keys.deadLetterGroups,
    queryFn: ({ signal }) => get<DeadLetterGroups>("/api/dead-letters/groups", undefined, signal),
    refetchInterval: REFRESH,
  });

/** One page of a group, newest first. `cursor`: the `nextCursor` of the page before. */
export const deadLettersQuery = (group: string, cursor: string | null) =>
  queryOptions({
    queryKey: keys.deadLetterPage(group, cursor),
    queryFn: ({ signal }) => get<DeadLetterPage>("/api/dead-letters", { limit: ROWS, group, cursor: cursor ?? undefined }, signal),
    refetchInterval: REFRESH,
  });

/** The redrives of the server. Those that run are followed. */
export const redrivesQuery = () =>
  queryOptions({
    queryKey: keys.redrives,
    queryFn: ({ signal }) => get<Redrive[]>("/api/dead-letters/redrives", undefined, signal),
    refetchInterval: ({ state }) => (state.data?.some(({ status }) => status === "running") ? 1_000 : REFRESH),
  });

export const redriveDeadLetters = (request: DeadLetterRequest) => post<Redrive>("/api/dead-letters/redrive", request);

export const stopRedrive = (id: string) => del<Redrive>(`/api/dead-letters/redrives/${encodeURIComponent(id)}`);

/** Discards at most 1,000. */
export const discardDeadLetters = (request: DeadLetterRequest) => post<Discarded>("/api/dead-letters/discard", request);
