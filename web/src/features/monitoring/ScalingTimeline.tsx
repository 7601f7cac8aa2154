/** The scaling events and their reasons. The address holds the period. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Scaling } from "lucide-react";
import { Card } from "@/components/Card";
import { SelectField } from "@/components/Field";
import { Ago } from "@/components/Figures";
import { EmptyState, Loaded } from "@/components/States";
import { readChoice, useAddress } from "@/lib/address";
import { scalingQuery } from "@/lib/api/metrics";
import type { ScalingEvent } from "@/lib/api/types";
import { formatCount } from "@/lib/format";

const SHOWN = 100;

export function ScalingTimeline() {
  const address = useAddress();
  const hours = readChoice(address.get("scaling"), [24, 1, 168]);
  const query = useQuery({ ...scalingQuery(hours), placeholderData: keepPreviousData });
  return (
    <Card
      title="Scaling"
      hint="Newest first"
      actions={
        <SelectField label="Period of scaling events" hideLabel value={hours} onChange={({ target }) => address.set({ scaling: target.value })}>
          <option value={1}>Last hour</option>
          <option value={24}>Last 24 hours</option>
          <option value={168}>Last 7 days</option>
        </SelectField>
      }
    >
      <div className="h-[26rem]">
        <Loaded query={query}>
          {(events) =>
            events.length === 0 ? (
              <EmptyState icon={Scaling} title="No scaling events">
                The platform adds instances when the queue grows. You see here when and why.
              </EmptyState>
            ) : (
              // An element that scrolls must be reachable by keyboard.
              <ol tabIndex={0} aria-label="Scaling events" className="h-full overflow-y-auto pr-1">
                {events.slice(0, SHOWN).map((event) => (
                  <Change key={event._id} event={event} />
                ))}
                {events.length > SHOWN ? (
                  <li className="py-2 text-sm text-muted">and {formatCount(events.length - SHOWN)} older events</li>
                ) : null}
              </ol>
            )
          }
        </Loaded>
      </div>
    </Card>
  );
}

function Change({ event }: { event: ScalingEvent }) {
  const up = event.action === "scale_up";
  const Icon = up ? ArrowUp : ArrowDown;
  return (
    <li className="flex items-start gap-3 border-l-2 border-line py-2 pl-3">
      <span
        className={`flex size-7 shrink-0 items-center justify-center rounded-full ${up ? "bg-accent-soft text-accent" : "bg-sunken text-muted"}`}
      >
        <Icon aria-hidden className="size-4" />
      </span>
      <div className="min-w-0 flex-1 text-sm">
        <p className="flex justify-between gap-3 font-medium">
          <span>
            {up ? "Up" : "Down"} to {event.instanceCount}
          </span>
          <span className="font-normal text-muted">
            <Ago at={event.timestamp} />
          </span>
        </p>
        <p className="break-words text-muted">{event.reason}</p>
      </div>
    </li>
  );
}
