/** What happens, as it happens, until somebody wants to read it. */
import { Pause, Play, Radio } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { SelectField } from "@/components/Field";
import { EmptyState } from "@/components/States";
import { formatCount } from "@/lib/format";
import { feed, type Feed } from "@/lib/live/feed";
import { useFunctionNames } from "@/lib/names";
import { useStore } from "@/lib/store";
import { FeedRow } from "./FeedRow";
import { FILTERS, passing, readFilter, type FilterId } from "./feedFilter";

/** More than anybody reads, few enough to be drawn four times a second. */
const SHOWN = 60;

export function EventFeed() {
  const now = useStore(feed);
  const [held, setHeld] = useState<Feed | null>(null);
  const [filter, setFilter] = useState<FilterId>("all");
  const nameOf = useFunctionNames();
  const shown = held ?? now;
  const missed = now.total - shown.total;
  const events = passing(shown.events, filter, SHOWN);
  return (
    <Card
      title="Events"
      hint={<span className="numeric">{held ? `Paused; ${formatCount(missed)} more since` : `${formatCount(now.total)} since the page was opened`}</span>}
      actions={
        <>
          <SelectField label="Kinds of events" hideLabel value={filter} onChange={({ target }) => setFilter(readFilter(target.value))}>
            {FILTERS.map(({ id, label }) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </SelectField>
          <Button
            className="w-28"
            icon={held ? <Play aria-hidden className="size-4" /> : <Pause aria-hidden className="size-4" />}
            onClick={() => setHeld(held ? null : now)}
          >
            {held ? "Go on" : "Pause"}
          </Button>
        </>
      }
    >
      <div className="h-[26rem]">
        {events.length === 0 ? (
          <EmptyState icon={Radio} title={shown.events.length === 0 ? "Nothing has happened since the page was opened" : "None of this kind"}>
            {shown.events.length === 0
              ? "Run a function: its start and its end show up here."
              : "Among the latest 200 events there is none that this filter lets through."}
          </EmptyState>
        ) : (
          // A list that scrolls must be reachable by keyboard.
          <ol tabIndex={0} aria-label="Events" className="h-full overflow-y-auto text-sm [overflow-anchor:none]">
            {events.map((event) => (
              <FeedRow key={`${event.epoch}-${event.seq}`} event={event} nameOf={nameOf} />
            ))}
          </ol>
        )}
      </div>
    </Card>
  );
}
