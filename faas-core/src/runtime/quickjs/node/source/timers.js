// `node:timers`, `node:timers/promises`, and the globals of Node that belong to them. The timers of
// the web platform are numbers; those of this module are objects, as in Node.
'use strict';

const web = {
  setTimeout: globalThis.setTimeout, setInterval: globalThis.setInterval,
  clearTimeout: globalThis.clearTimeout, clearInterval: globalThis.clearInterval,
};

// Callbacks run in the frame of `node:async_hooks` in which they are given.
const follow = (callback) => (platform.bound === undefined ? callback : platform.bound(callback));

class Timeout {
  #id; #start; #hasRef = true;
  constructor(start) {
    this.#start = start;
    this.#id = start();
  }
  refresh() {
    web.clearTimeout(this.#id);
    this.#id = this.#start();
    return this;
  }
  ref() { this.#hasRef = true; return this; }
  unref() { this.#hasRef = false; return this; }
  hasRef() { return this.#hasRef; }
  close() { web.clearTimeout(this.#id); return this; }
  [Symbol.toPrimitive]() { return this.#id; }
}
if (Symbol.dispose !== undefined) Timeout.prototype[Symbol.dispose] = Timeout.prototype.close;

class Immediate {
  #id;
  constructor(id) { this.#id = id; }
  ref() { return this; }
  unref() { return this; }
  hasRef() { return true; }
  [Symbol.toPrimitive]() { return this.#id; }
}

const setTimeout = (callback, delay, ...values) =>
  new Timeout(web.setTimeout.bind(undefined, follow(callback), delay, ...values));
const setInterval = (callback, delay, ...values) =>
  new Timeout(web.setInterval.bind(undefined, follow(callback), delay, ...values));
const clear = (timer) => {
  if (timer !== undefined && timer !== null) web.clearTimeout(Number(timer));
};
const setImmediate = (callback, ...values) => {
  if (typeof callback !== 'function') throw new TypeError('setImmediate needs a function');
  return new Immediate(web.setTimeout(follow(callback), 0, ...values));
};
const clearImmediate = clear;

const aborted = (signal) => {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  error.name = 'AbortError';
  error.code = 'ABORT_ERR';
  return error;
};
const wait = (delay, value, { signal } = {}) => new Promise((resolve, reject) => {
  if (signal?.aborted) return reject(aborted(signal));
  const abort = () => {
    web.clearTimeout(id);
    reject(aborted(signal));
  };
  const id = web.setTimeout(() => {
    signal?.removeEventListener('abort', abort);
    resolve(value);
  }, delay);
  signal?.addEventListener('abort', abort, { once: true });
  return undefined;
});

const promises = {
  setTimeout: (delay, value, options) => wait(delay, value, options),
  setImmediate: (value, options) => wait(0, value, options),
  async *setInterval(delay, value, options) {
    while (true) yield await wait(delay, value, options);
  },
  scheduler: {
    wait: (delay, options) => wait(delay, undefined, options),
    yield: () => wait(0),
  },
};
const custom = Symbol.for('nodejs.util.promisify.custom');
Object.defineProperty(setTimeout, custom, { __proto__: null, value: promises.setTimeout });
Object.defineProperty(setImmediate, custom, { __proto__: null, value: promises.setImmediate });

module.exports = {
  setTimeout, setInterval, setImmediate, clearTimeout: clear, clearInterval: clear, clearImmediate,
  promises,
};
