/** Keeps what is live and what is cached in step with who is signed in. */
import type { QueryClient } from "@tanstack/react-query";
import { startLive } from "@/lib/live/live";
import { refusalOf } from "@/lib/session/roles";
import { confirm, dismissed, session, type Session } from "@/lib/session/session";

/** The key to connect with, null for none; undefined where there is no connection. */
function liveKey(now: Session): string | null | undefined {
  if (now.state === "open") return null;
  return now.state === "signed-in" && refusalOf(now.key.role, "read") === null ? now.text : undefined;
}

/** From now on; the answer ends it. */
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
    // What one key may see is not for whoever comes next.
    if (now.state === "signed-out") client.clear();
  };
  follow();
  const end = session.subscribe(follow);
  return () => {
    end();
    stop();
  };
}
