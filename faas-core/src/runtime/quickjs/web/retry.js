// The errors with which code says whether and when its execution is tried again.
(function (use, native, platform) {
  'use strict';
  const { isObject } = use('idl');

  // The longest wait, in seconds: a day.
  const LONGEST = 86_400;
  let waitOf;

  class NonRetryableError extends Error {
    #never = true;

    static {
      Object.defineProperty(this.prototype, 'name', { value: 'NonRetryableError', writable: true, configurable: true });
      waitOf = (error) => #never in error ? -1 : undefined;
    }
  }

  class RetryAfterError extends Error {
    #seconds;

    constructor(seconds, message = `retry after ${seconds} s`, options = undefined) {
      super(message, options);
      const wait = Number(seconds);
      if (!(wait >= 0 && wait <= LONGEST)) {
        throw new RangeError(`RetryAfterError expects 0 to ${LONGEST} seconds, not ${seconds}`);
      }
      this.#seconds = wait;
    }

    static {
      Object.defineProperty(this.prototype, 'name', { value: 'RetryAfterError', writable: true, configurable: true });
      const never = waitOf;
      waitOf = (error) => #seconds in error ? error.#seconds : never(error);
    }
  }

  // The seconds until the retry that a thrown value asks for; -1: none; `undefined`: it asks nothing.
  platform.waitOf = (thrown) => isObject(thrown) ? waitOf(thrown) : undefined;

  return { NonRetryableError, RetryAfterError };
})
