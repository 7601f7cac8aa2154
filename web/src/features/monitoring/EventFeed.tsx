/** What happens, as it happens, until somebody wants to read it. */
import { Pause, Play, Radio } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/States";
import { formatCount } from "@/lib/format";
import { feed, type Feed } from "@/lib/live/feed";
import { useFunctionNames } from "@/lib/names";
import { useStore } from "@/lib/store";
import { FeedRow } from "./FeedRow";

/** More than anybody reads, few enough to be drawn four times a second. */
const SHOWN = 60;

export function EventFeed() {
  const now = useStore(feed);
  const [held, setHeld] = useState<Feed | null>(null);
  const nameOf = useFunctionNames();
  const shown = held ?? now;
  const missed = now.total - shown.total;
  return (
    <Card
      title="Events"
      hint={held ? `Paused; ${formatCount(missed)} more since` : "Newest first"}
      actions={
        <Button
          small
          aria-pressed={held !== null}
          icon={held ? <Play aria-hidden className="size-4" /> : <Pause aria-hidden className="size-4" />}
          onClick={() => setHeld(held ? null : now)}
        >
          {held ? "Go on" : "Pause"}
        </Button>
      }
    >
      <div className="h-[26rem]">
        {shown.events.length === 0 ? (
          <EmptyState icon={Radio} title="Nothing has happened since this page was opened">
            Run a function: its start and its end show up here.
          </EmptyState>
        ) : (
          // A list that scrolls must be reachable by keyboard.
          <ol tabIndex={0} aria-label="Events" className="h-full overflow-y-auto text-sm [overflow-anchor:none]">
            {shown.events.slice(0, SHOWN).map((event) => (
              <FeedRow key={`${event.epoch}-${event.seq}`} event={event} nameOf={nameOf} />
            ))}
          </ol>
        )}
      </div>
    </Card>
  );
}
