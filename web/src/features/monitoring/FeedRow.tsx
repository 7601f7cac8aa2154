/** One line of the list of events. */
import { CircleCheck, CirclePlay, CircleX, FlaskConical, RotateCw, Scaling, ShieldX, Unplug, type LucideIcon } from "lucide-react";
import { memo } from "react";
import { Link } from "react-router";
import { failureWord } from "@/components/Outcome";
import { formatClock, formatCount, formatDuration } from "@/lib/format";
import { formatMoney } from "@/lib/money";
import type { EventOf } from "@/lib/live/events";
import type { FeedEvent } from "@/lib/live/feed";

interface Line {
  icon: LucideIcon;
  color: string;
  word: string;
  functionId?: string | null;
  to?: string;
  text: string;
}

/** The contents of the line of an event. */
export function lineOf(event: FeedEvent): Line {
  switch (event.type) {
    case "execution_started":
      return { icon: CirclePlay, color: "text-accent", word: "Started", ...about(event.data), text: "" };
    case "execution_completed":
      return {
        icon: CircleCheck,
        color: "text-ok",
        word: "Completed",
        ...about(event.data),
        text: `${formatDuration(event.data.duration)} · ${formatMoney(event.data.cost.totalCost)}`,
      };
    case "execution_failed":
      return {
        icon: CircleX,
        color: "text-bad",
        word: "Failed",
        ...about(event.data),
        text: [event.data.errorKind && failureWord(event.data.errorKind), event.data.error].filter(Boolean).join(" · "),
      };
    case "execution_retry":
      return {
        icon: RotateCw,
        color: "text-warn",
        word: "Retry",
        ...about(event.data),
        text: `retry ${event.data.retryCount} in ${formatDuration(event.data.delay)}`,
      };
    case "scaling_event":
      return {
        icon: Scaling,
        color: "text-accent",
        word: event.data.action === "scale_up" ? "Scaled up" : "Scaled down",
        text: `to ${event.data.instanceCount}: ${event.data.reason}`,
      };
    case "request_refused":
      return {
        icon: ShieldX,
        color: "text-warn",
        word: "Refused",
        ...about(event.data),
        text: refusalText(event.data),
      };
    case "load_test_finished":
      return {
        icon: FlaskConical,
        color: "text-accent",
        word: "Load test",
        to: `/monitoring/load-tests/${event.data._id}`,
        text: event.data.status,
      };
    case "gap":
      return {
        icon: Unplug,
        color: "text-warn",
        word: "Dropped",
        text: `${formatCount(event.data.to - event.data.from + 1)} events were dropped because they came too fast`,
      };
  }
}

/** The request and why it was refused, and how many others of the function were refused unseen. */
function refusalText({ method, host, reason, more }: EventOf<"request_refused">["data"]): string {
  const request = [method, host].filter(Boolean).join(" ");
  return `${request}: ${reason}${more > 0 ? ` (and ${formatCount(more)} more)` : ""}`;
}

const about = (data: { executionId: string; functionId: string }) => ({
  functionId: data.functionId,
  to: `/executions/${data.executionId}`,
});

export const FeedRow = memo(function FeedRow({ event, nameOf }: { event: FeedEvent; nameOf: (id: string) => string }) {
  const { icon: Icon, color, word, functionId, to, text } = lineOf(event);
  return (
    <li className="flex h-8 items-center gap-2 border-b border-line last:border-0">
      <time dateTime={event.timestamp} className="numeric shrink-0 text-muted">
        {formatClock(event.timestamp)}
      </time>
      <span className={`flex shrink-0 items-center gap-1.5 sm:w-28 ${color}`}>
        <Icon aria-hidden className="size-4" /> <span className="sr-only sm:not-sr-only">{word}</span>
      </span>
      {to ? (
        <Link to={to} className="max-w-[45%] shrink-0 truncate hover:underline">
          {functionId ? nameOf(functionId) : "Results"}
        </Link>
      ) : null}
      <span className="numeric min-w-0 flex-1 truncate text-right text-muted" title={text}>
        {text}
      </span>
    </li>
  );
});
