/** The live connection of the page. Its events update the cache; its state is a store. */
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

/** The address of the live events, on the server of this page. */
export function liveUrl(page: { protocol: string; host: string }) {
  return `${page.protocol === "https:" ? "wss:" : "ws:"}//${page.host}/ws`;
}

/** Reconnects at once. */
export const reconnectNow = () => current?.connect();

/** The key of a connection, and what to do when it is refused. */
export interface LiveAccess {
  /** Null if the server requires no key. */
  key: string | null;
  /** The server does not accept the key any more. */
  onDismissed(): void;
  /** The connection failed, perhaps because the key is not valid. */
  onLost(): void;
}

/** Connects. The returned function disconnects and clears the events. */
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
        if (before === "offline") announce("The connection to the server is back.");
        // Events were missed: refetch everything.
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
