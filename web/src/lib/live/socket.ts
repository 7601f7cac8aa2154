/**
 * The only file that uses WebSocket: a connection that reconnects by itself. It keeps no data, and
 * reports events and its state to a listener.
 */
import { backoff } from "./backoff";
import { parseEvent, type LiveEvent } from "./events";

/** The server sends metrics every second. Without a message for this long, in ms, the connection counts as lost. */
const SILENCE = 6_000;
/** The server's close code for an invalid key. Another try would fail too. */
const DISMISSED = 1008;

/** A browser cannot set headers, so the key is sent as a subprotocol. */
const protocols = (key: string | null) => (key === null ? [] : ["faas", `faas.key.${key}`]);

export type Connection =
  | { state: "connecting" }
  | { state: "live" }
  /** `since`: when it was lost; `retryAt`: when the next try is. Both in ms since 1970. */
  | { state: "offline"; since: number; retryAt: number };

export interface Listener {
  onEvent(event: LiveEvent): void;
  onConnection(connection: Connection): void;
  /** The server closed the connection because it requires a valid key. There is no reconnect. */
  onDismissed(): void;
}

export class LiveSocket {
  #socket: WebSocket | null = null;
  #failures = 0;
  #lostAt: number | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    /** Null if the server requires no key. */
    private readonly key: string | null,
    private readonly listener: Listener,
  ) {}

  /** Connects now. */
  connect() {
    this.#drop();
    if (this.#lostAt === null) this.listener.onConnection({ state: "connecting" });
    const socket = new WebSocket(this.url, protocols(this.key));
    this.#socket = socket;
    this.#watch();
    socket.addEventListener("open", () => {
      if (socket !== this.#socket) return;
      this.#failures = 0;
      this.#lostAt = null;
      this.#watch();
      this.listener.onConnection({ state: "live" });
    });
    socket.addEventListener("message", ({ data }) => {
      if (socket !== this.#socket) return;
      this.#watch();
      const event = typeof data === "string" ? parseEvent(data) : null;
      if (event) this.listener.onEvent(event);
    });
    socket.addEventListener("close", ({ code }) => {
      if (socket !== this.#socket) return;
      if (code !== DISMISSED) return this.#lost();
      this.#drop();
      this.listener.onDismissed();
    });
  }

  /** Closes the connection. There is no reconnect. */
  close() {
    this.#drop();
  }

  #lost() {
    this.#drop();
    this.#failures += 1;
    this.#lostAt ??= Date.now();
    const delay = backoff(this.#failures);
    this.#retry = setTimeout(() => this.connect(), delay);
    this.listener.onConnection({ state: "offline", since: this.#lostAt, retryAt: Date.now() + delay });
  }

  #watch() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(), SILENCE);
  }

  #drop() {
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
