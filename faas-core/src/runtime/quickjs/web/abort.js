// `AbortController` and `AbortSignal`.
(function (use, native, platform) {
  'use strict';
  const { expose, need, sequence, enforced } = use('idl');
  const { Event, EventTarget, fire, handlers } = use('events');

  const KEY = {};
  let isSignal, isAborted, follow, unfollow, abort;

  class AbortSignal extends EventTarget {
    #isAborted = false;
    #reason;
    // What to do when the signal is aborted, before its event.
    #algorithms = null;
    // The signals that this one was made from by `any`, and those that were made from this one.
    #sources = null;
    #dependents = null;

    constructor(key = undefined) {
      if (key !== KEY) throw new TypeError('Illegal constructor');
      super();
    }

    static {
      isSignal = (value) => typeof value === 'object' && value !== null && #isAborted in value;
      const check = (value) => {
        if (!isSignal(value)) throw new TypeError('the signal must be an AbortSignal');
      };
      isAborted = (signal) => { check(signal); return signal.#isAborted; };
      // Calls `algorithm` when the signal is aborted.
      follow = (signal, algorithm) => {
        check(signal);
        if (!signal.#isAborted) (signal.#algorithms ??= new Set()).add(algorithm);
      };
      unfollow = (signal, algorithm) => { signal.#algorithms?.delete(algorithm); };
      abort = (signal, reason) => {
        if (signal.#isAborted) return;
        const set = (one) => {
          one.#isAborted = true;
          one.#reason = reason;
        };
        set(signal);
        const aborted = [];
        for (const dependent of signal.#dependents ?? []) {
          if (dependent.#isAborted) continue;
          set(dependent);
          aborted.push(dependent);
        }
        signal.#run();
        for (const dependent of aborted) dependent.#run();
      };
    }

    #run() {
      const algorithms = this.#algorithms ?? [];
      this.#algorithms = null;
      for (const source of this.#sources ?? []) source.#dependents?.delete(this);
      this.#sources = this.#dependents = null;
      for (const algorithm of algorithms) algorithm();
      fire(this, new Event('abort'));
    }

    static abort(reason = undefined) {
      const signal = new AbortSignal(KEY);
      signal.#isAborted = true;
      signal.#reason = reason === undefined ? aborted() : reason;
      return signal;
    }

    static any(signals) {
      need(arguments.length, 1, 'AbortSignal.any');
      const list = sequence(signals, 'the list of signals');
      const made = new AbortSignal(KEY);
      for (const signal of list) {
        if (!isSignal(signal)) throw new TypeError('AbortSignal.any needs AbortSignals');
      }
      const first = list.find((signal) => signal.#isAborted);
      if (first !== undefined) {
        made.#isAborted = true;
        made.#reason = first.#reason;
        return made;
      }
      made.#sources = new Set();
      for (const signal of list) {
        for (const source of signal.#sources ?? [signal]) {
          made.#sources.add(source);
          (source.#dependents ??= new Set()).add(made);
        }
      }
      return made;
    }

    // The timer is one of the call's: while it runs, the call can wait for it.
    static timeout(milliseconds) {
      need(arguments.length, 1, 'AbortSignal.timeout');
      const delay = enforced(milliseconds, 'the time');
      const signal = new AbortSignal(KEY);
      platform.start(() => {
        abort(signal, new DOMException('the operation timed out', 'TimeoutError'));
      }, Math.min(delay, 2147483647));
      return signal;
    }

    get aborted() { return this.#isAborted; }
    get reason() { return this.#reason; }
    throwIfAborted() { if (this.#isAborted) throw this.#reason; }
  }
  handlers(AbortSignal, ['abort']);
  expose(AbortSignal);

  const aborted = () => new DOMException('the operation was aborted', 'AbortError');

  class AbortController {
    #signal = new AbortSignal(KEY);
    get signal() { return this.#signal; }
    abort(reason = undefined) { abort(this.#signal, reason === undefined ? aborted() : reason); }
  }
  expose(AbortController);

  return { AbortController, AbortSignal, isSignal, isAborted, follow, unfollow };
})
