/** The page's live connection: one socket, whose events go into the cache, and whose state all can see. */
import type { QueryClient } from "@tanstack/react-query";
import { announce } from "../announce";
import { createStore } from "../store";
import { Batch } from "./batch";
import type { LiveEvent } from "./events";
import { addMetrics, clearFeed } from "./feed";
import { Patches } from "./patches";
import { LiveSocket, type Connection } from "./socket";

export const connection = createStore<Connection>({ state: "connecting" });

let current: LiveSocket | null = null;

/** Where the live events of the server are that served this page. */
export function liveUrl(page: { protocol: string; host: string }) {
  return `${page.protocol === "https:" ? "wss:" : "ws:"}//${page.host}/ws`;
}

/** Tries at once to connect again. */
export const reconnectNow = () => current?.connect();

/** How a connection is let in, and who hears that it is not. */
export interface LiveAccess {
  /** Null where no key is required. */
  key: string | null;
  /** The key is not valid, or not any more. */
  onDismissed(): void;
  /** It was lost, or could not be made: perhaps because the key is not valid. */
  onLost(): void;
}

/** Connects; the answer ends it, and forgets what was heard. */
export function startLive(client: QueryClient, access: LiveAccess): () => void {
  const patches = new Patches(client);
  const batch = new Batch<LiveEvent>((events, dropped) => patches.apply(events, dropped));
  const socket = new LiveSocket(liveUrl(window.location), access.key, {
    onEvent: (event) => batch.add(event),
    onDismissed: access.onDismissed,
    onConnection: (next) => {
      const before = connection.get().state;
      connection.set(next);
      if (next.state === "offline") access.onLost();
      if (next.state === "live" && before !== "live") {
        if (before === "offline") announce("Connected to the server again.");
        // What happened before is unknown: everything is asked for again.
        void client.invalidateQueries();
      } else if (next.state === "offline" && before !== "offline") {
        announce("The connection to the server is lost.");
        batch.clear();
        patches.clear();
        addMetrics({ at: Date.now(), metrics: null });
      }
    },
  });
  current = socket;
  socket.connect();
  // A page that wakes up does not wait for the next try.
  const wake = () => {
    if (document.visibilityState === "visible" && connection.get().state === "offline") socket.connect();
  };
  document.addEventListener("visibilitychange", wake);
  window.addEventListener("online", wake);
  return () => {
    document.removeEventListener("visibilitychange", wake);
    window.removeEventListener("online", wake);
    batch.clear();
    patches.clear();
    clearFeed();
    socket.close();
    connection.set({ state: "connecting" });
    current = null;
  };
}
