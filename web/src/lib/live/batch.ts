/** Collects items and passes them on a few times a second. */

/** The interval in ms, however many events arrive. */
export const FLUSH_EVERY = 250;
/** The most items that are held. A hidden page pauses timers: then the oldest items are dropped. */
const MOST = 2_000;

export class Batch<T> {
  #held: T[] = [];
  #dropped = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly flush: (items: readonly T[], dropped: number) => void) {}

  add(item: T) {
    this.#held.push(item);
    if (this.#held.length >= 2 * MOST) {
      this.#dropped += this.#held.length - MOST;
      this.#held = this.#held.slice(-MOST);
    }
    this.#timer ??= setTimeout(() => this.#hand(), FLUSH_EVERY);
  }

  /** Drops the held items. */
  clear() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#held = [];
    this.#dropped = 0;
  }

  #hand() {
    const [items, dropped] = [this.#held, this.#dropped];
    this.clear();
    this.flush(items, dropped);
  }
}
