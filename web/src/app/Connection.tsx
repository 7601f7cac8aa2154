/** The state of the live connection. */
import { LoaderCircle, RotateCw, WifiOff } from "lucide-react";
import { Button } from "@/components/Button";
import { useNow } from "@/components/Figures";
import { formatClock } from "@/lib/format";
import { connection, reconnectNow } from "@/lib/live/live";
import { useStore } from "@/lib/store";

export function ConnectionBadge() {
  const { state } = useStore(connection);
  return (
    <span className="inline-flex w-28 items-center gap-2 px-1 text-sm text-muted" data-connection={state}>
      {state === "live" ? (
        <>
          <span aria-hidden className="size-2.5 rounded-full bg-ok" /> Live
        </>
      ) : state === "offline" ? (
        <>
          <WifiOff aria-hidden className="size-4 text-bad" /> Not live
        </>
      ) : (
        <>
          <LoaderCircle aria-hidden className="size-4 animate-spin" /> Connecting
        </>
      )}
    </span>
  );
}

/** Covers the page instead of moving its contents. */
export function ConnectionBanner() {
  const now = useNow(500);
  const current = useStore(connection);
  if (current.state !== "offline") return null;
  const seconds = Math.max(0, Math.ceil((current.retryAt - now) / 1000));
  return (
    <section
      aria-label="Connection"
      className="fixed inset-x-3 bottom-20 z-40 mx-auto flex max-w-2xl flex-wrap items-center gap-x-4 gap-y-2 rounded-xl border border-bad bg-bad-soft px-4 py-3 text-bad shadow-xl lg:bottom-6"
    >
      <WifiOff aria-hidden className="size-5 shrink-0" />
      <p className="min-w-0 flex-1 basis-60 text-sm">
        <strong className="font-semibold">The server cannot be reached.</strong> The page shows the state of{" "}
        <span className="numeric">{formatClock(current.since)}</span>.{" "}
        <span className="numeric">{seconds > 0 ? `Next try in ${seconds} s.` : "Connecting …"}</span>
      </p>
      <Button small icon={<RotateCw aria-hidden className="size-4" />} onClick={reconnectNow}>
        Try now
      </Button>
    </section>
  );
}
