/** Does a thing at once, and then not again before a time is over; the last call is never lost. */
export class Throttle {
  readonly #timers = new Map<string, { timer: ReturnType<typeof setTimeout>; again: (() => void) | null }>();

  /** Runs `work`, or keeps it until `every` ms after the last run under the same `name`. */
  run(name: string, every: number, work: () => void) {
    const waiting = this.#timers.get(name);
    if (waiting) {
      waiting.again = work;
      return;
    }
    const entry = {
      again: null as (() => void) | null,
      timer: setTimeout(() => {
        this.#timers.delete(name);
        if (entry.again) this.run(name, every, entry.again);
      }, every),
    };
    this.#timers.set(name, entry);
    work();
  }

  /** Forgets what is kept. */
  clear() {
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
