/** A status as an icon and a word, so that colour is never the only sign. */
import {
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleX,
  Flame,
  LoaderCircle,
  Snowflake,
  type LucideIcon,
} from "lucide-react";
import type { ReactNode } from "react";
import type { Tier } from "@/lib/api/types";

type Tone = "ok" | "bad" | "warn" | "accent" | "plain";

const TONES: Record<Tone, string> = {
  ok: "bg-ok-soft text-ok",
  bad: "bg-bad-soft text-bad",
  warn: "bg-warn-soft text-warn",
  accent: "bg-accent-soft text-accent",
  plain: "bg-sunken text-muted ring-1 ring-line ring-inset",
};

export function Badge({ tone = "plain", icon: Icon, children }: { tone?: Tone; icon?: LucideIcon; children: ReactNode }) {
  return (
    <span
      className={`inline-flex items-center gap-1.5 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap ${TONES[tone]}`}
    >
      {Icon ? <Icon aria-hidden className="size-3.5" /> : null}
      {children}
    </span>
  );
}

const STATES: Record<string, { tone: Tone; icon: LucideIcon; word: string }> = {
  completed: { tone: "ok", icon: CircleCheck, word: "Completed" },
  failed: { tone: "bad", icon: CircleX, word: "Failed" },
  running: { tone: "accent", icon: LoaderCircle, word: "Running" },
  pending: { tone: "plain", icon: CircleDashed, word: "Pending" },
  active: { tone: "ok", icon: CircleCheck, word: "Active" },
  inactive: { tone: "plain", icon: CirclePause, word: "Inactive" },
  delivering: { tone: "accent", icon: LoaderCircle, word: "Delivering" },
  delivered: { tone: "ok", icon: CircleCheck, word: "Delivered" },
  stopping: { tone: "warn", icon: LoaderCircle, word: "Stopping" },
  stopped: { tone: "warn", icon: CirclePause, word: "Stopped" },
  interrupted: { tone: "bad", icon: CircleX, word: "Interrupted" },
};

export function StatusBadge({ status }: { status: string }) {
  const { tone, icon, word } = STATES[status] ?? { tone: "plain" as const, icon: CircleDashed, word: status };
  return (
    <Badge tone={tone} icon={icon}>
      {word}
    </Badge>
  );
}

/** Whether an execution started cold, in a new isolate, or in a warm one. */
export function StartBadge({ cold }: { cold: boolean }) {
  return cold ? <Badge tone="accent" icon={Snowflake}>Cold</Badge> : <Badge icon={Flame}>Warm</Badge>;
}

const TIER_NAMES: Record<Tier, string> = {
  basic: "Basic",
  standard: "Standard",
  premium: "Premium",
  enterprise: "Enterprise",
};

export const tierName = (tier: Tier) => TIER_NAMES[tier];

export function TierBadge({ tier }: { tier: Tier }) {
  return <Badge>{TIER_NAMES[tier]}</Badge>;
}
