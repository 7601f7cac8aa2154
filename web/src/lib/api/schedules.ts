/** Schedules: functions that are executed by the clock. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { del, get, post, put } from "./client";
import { keys } from "./keys";
import type { Accepted, NewSchedule, Schedule, ScheduleChange, SchedulePage, ScheduleTimes, UpcomingTimes } from "./types";

/** The rows of one page. */
const ROWS = 50;
/** How often the last and the next firings are read again. */
const REFRESH = 5_000;

/** One page of the schedules of all functions. `cursor`: the `nextCursor` of the page before. */
export const schedulesQuery = (cursor: string | null) =>
  queryOptions({
    queryKey: keys.scheduleList(cursor),
    queryFn: ({ signal }) => get<SchedulePage>("/api/schedules", { limit: ROWS, cursor: cursor ?? undefined }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH,
  });

/** When a schedule with these times would fire; null asks nothing. */
export const upcomingQuery = (times: ScheduleTimes | null) =>
  queryOptions({
    queryKey: keys.upcoming(times ?? {}),
    queryFn: () => post<UpcomingTimes>("/api/schedules/preview", times),
    enabled: times !== null,
    retry: false,
    staleTime: REFRESH,
  });

export const createSchedule = (functionId: string, schedule: NewSchedule) =>
  post<Schedule>(`/api/functions/${functionId}/schedules`, schedule);

export const updateSchedule = (id: string, change: ScheduleChange) => put<Schedule>(`/api/schedules/${id}`, change);

export const pauseSchedule = (id: string) => post<Schedule>(`/api/schedules/${id}/pause`);

export const resumeSchedule = (id: string) => post<Schedule>(`/api/schedules/${id}/resume`);

export const fireSchedule = (id: string) => post<Accepted>(`/api/schedules/${id}/fire`);

export const deleteSchedule = (id: string) => del<unknown>(`/api/schedules/${id}`);
