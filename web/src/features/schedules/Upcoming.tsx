/** The next times of a schedule that is being edited, as the server computes them. */
import { useQuery } from "@tanstack/react-query";
import { upcomingQuery } from "@/lib/api/schedules";
import type { ScheduleTimes } from "@/lib/api/types";
import { formatMoment } from "@/lib/format";
import { inZone } from "./times";

export function Upcoming({ times }: { times: ScheduleTimes | null }) {
  const { data, error } = useQuery(upcomingQuery(times));
  return (
    <section aria-live="polite" className="flex flex-col gap-1 text-sm">
      <h3 className="font-medium">Next times</h3>
      {error ? (
        <p className="text-bad">{error.message}</p>
      ) : (
        <ul className="numeric text-muted">
          {data?.upcoming.map((moment) => {
            const there = inZone(moment, times?.timeZone ?? undefined);
            return (
              <li key={moment}>
                {formatMoment(moment)}
                {there === null ? null : ` · ${there}`}
              </li>
            );
          })}
          {data?.upcoming.length === 0 ? <li>It never fires.</li> : null}
        </ul>
      )}
    </section>
  );
}
