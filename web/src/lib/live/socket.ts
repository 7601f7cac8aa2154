/**
 * The one file that speaks WebSocket: a connection that comes back by itself. It owns no data; it
 * tells its listener what arrives and in which state it is.
 */
import { backoff } from "./backoff";
import { parseEvent, type LiveEvent } from "./events";

/** A server that lives says something every second: after this long it is taken for gone. */
const SILENCE = 6_000;
/** The server's code for a key that is not, or no longer, valid: it would refuse the next try too. */
const DISMISSED = 1008;

/** What a browser has in the place of a header: the protocol that is spoken, and one that is the key. */
const protocols = (key: string | null) => (key === null ? [] : ["faas", `faas.key.${key}`]);

export type Connection =
  | { state: "connecting" }
  | { state: "live" }
  /** `since`: when it was lost; `retryAt`: when it is tried again. Both in ms since 1970. */
  | { state: "offline"; since: number; retryAt: number };

export interface Listener {
  onEvent(event: LiveEvent): void;
  onConnection(connection: Connection): void;
  /** The server has ended it because a valid key is required. It does not come back. */
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
    /** What it shows to be let in; null where no key is required. */
    private readonly key: string | null,
    private readonly listener: Listener,
  ) {}

  /** Connects, now rather than when it is due. */
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

  /** Ends it for good. */
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
