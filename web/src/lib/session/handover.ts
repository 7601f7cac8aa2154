/**
 * Passes the key of a signed-in tab to other tabs of the same browser, over a `BroadcastChannel`. The
 * key stays in memory and in the session storage of each tab: it is never written to permanent
 * storage, and it is gone when the last tab closes. Only pages of the same origin can listen.
 */

const CHANNEL = "faas.session";

type Message =
  /** A tab without a key asks for one. */
  | { type: "ask"; id: string }
  /** The answer to the request `id`. */
  | { type: "key"; id: string; text: string }
  /** A tab has signed in: tabs without a key can ask. */
  | { type: "signed-in" }
  /** A tab has signed out: tabs with the same key sign out too. */
  | { type: "signed-out"; text: string };

function isMessage(data: unknown): data is Message {
  if (typeof data !== "object" || data === null || !("type" in data)) return false;
  const has = (name: "id" | "text") => name in data && typeof (data as Record<string, unknown>)[name] === "string";
  switch (data.type) {
    case "ask":
      return has("id");
    case "key":
      return has("id") && has("text");
    case "signed-in":
      return true;
    case "signed-out":
      return has("text");
    default:
      return false;
  }
}

export interface HandoverListener {
  /** The key to give to a tab that asks; null gives none. */
  current(): string | null;
  /** Another tab answered the request of this tab. */
  onKey(text: string): void;
  /** Another tab signed in, so a request may be answered now. */
  onSignedIn(): void;
  /** Another tab signed out with this key. */
  onSignedOut(text: string): void;
}

export class Handover {
  readonly #channel: BroadcastChannel | null;
  #asked: string | null = null;

  constructor(private readonly listener: HandoverListener) {
    // Without the API each tab asks for its own key.
    this.#channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
    this.#channel?.addEventListener("message", ({ data }: MessageEvent<unknown>) => this.#receive(data));
  }

  /** Asks the other tabs for a key. The first answer goes to `onKey`, whenever it comes. */
  ask() {
    this.#asked = crypto.getRandomValues(new Uint32Array(2)).join("-");
    this.#send({ type: "ask", id: this.#asked });
  }

  announceSignIn() {
    this.#asked = null;
    this.#send({ type: "signed-in" });
  }

  announceSignOut(text: string) {
    this.#send({ type: "signed-out", text });
  }

  close() {
    this.#channel?.close();
  }

  #receive(data: unknown) {
    if (!isMessage(data)) return;
    switch (data.type) {
      case "ask": {
        const text = this.listener.current();
        if (text !== null) this.#send({ type: "key", id: data.id, text });
        break;
      }
      case "key":
        if (data.id !== this.#asked) return;
        this.#asked = null;
        this.listener.onKey(data.text);
        break;
      case "signed-in":
        this.listener.onSignedIn();
        break;
      case "signed-out":
        this.listener.onSignedOut(data.text);
        break;
    }
  }

  #send(message: Message) {
    this.#channel?.postMessage(message);
  }
}
