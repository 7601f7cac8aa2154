/** The live events. Pause stops the list for reading. The address holds the filter. */
import { Pause, Play, Radio } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { SelectField } from "@/components/Field";
import { EmptyState } from "@/components/States";
import { useAddress } from "@/lib/address";
import { formatCount } from "@/lib/format";
import { feed, type Feed } from "@/lib/live/feed";
import { useFunctionNames } from "@/lib/names";
import { useStore } from "@/lib/store";
import { FeedRow } from "./FeedRow";
import { FILTERS, passing, readFilter } from "./feedFilter";

/** Few enough to be drawn four times a second. */
const SHOWN = 60;

export function EventFeed() {
  const now = useStore(feed);
  const [held, setHeld] = useState<Feed | null>(null);
  const address = useAddress();
  const filter = readFilter(address.get("events") ?? "");
  const nameOf = useFunctionNames();
  const shown = held ?? now;
  const missed = now.total - shown.total;
  const events = passing(shown.events, filter, SHOWN);
  return (
    <Card
      title="Events"
      hint={<span className="numeric">{held ? `Paused, ${formatCount(missed)} new events` : `${formatCount(now.total)} since you opened the page`}</span>}
      actions={
        <>
          <SelectField label="Kinds of events" hideLabel value={filter} onChange={({ target }) => address.set({ events: target.value === "all" ? null : target.value })}>
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
            {held ? "Resume" : "Pause"}
          </Button>
        </>
      }
    >
      <div className="h-[26rem]">
        {events.length === 0 ? (
          <EmptyState icon={Radio} title={shown.events.length === 0 ? "No events since you opened the page" : "No events of this kind"}>
            {shown.events.length === 0
              ? "Run a function. Its start and its end appear here."
              : "None of the latest 200 events matches the filter."}
          </EmptyState>
        ) : (
          // An element that scrolls must be reachable by keyboard.
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
