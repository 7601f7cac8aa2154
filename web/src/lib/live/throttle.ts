/** Runs work at once, then at most once per interval. The last call always runs. */
export class Throttle {
  readonly #timers = new Map<string, { timer: ReturnType<typeof setTimeout>; again: (() => void) | null }>();

  /** Runs `work` now, or `every` ms after the last run with the same `name`. */
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

  /** Cancels delayed work. */
  clear() {
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
