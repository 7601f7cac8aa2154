/** Connects and clears the cache as the session changes. */
import type { QueryClient } from "@tanstack/react-query";
import { startLive } from "@/lib/live/live";
import { refusalOf } from "@/lib/session/roles";
import { confirm, dismissed, session, type Session } from "@/lib/session/session";

/** The key of the live connection; null: without a key; undefined: no connection. */
function liveKey(now: Session): string | null | undefined {
  if (now.state === "open") return null;
  return now.state === "signed-in" && refusalOf(now.key.role, "read") === null ? now.text : undefined;
}

/** Follows the session until the returned function is called. */
export function followSession(client: QueryClient): () => void {
  let connected: string | null | undefined;
  let stop = () => {};
  const follow = () => {
    const now = session.get();
    const key = liveKey(now);
    if (key !== connected) {
      stop();
      stop = () => {};
      connected = key;
      if (key !== undefined) stop = startLive(client, { key, onDismissed: dismissed, onLost: () => void confirm() });
    }
    // The next key may not read what this one could.
    if (now.state === "signed-out") client.clear();
  };
  follow();
  const end = session.subscribe(follow);
  return () => {
    end();
    stop();
  };
}
