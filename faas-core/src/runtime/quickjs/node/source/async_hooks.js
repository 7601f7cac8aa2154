// `node:async_hooks`: values that follow asynchronous code.
//
// A frame is an immutable map from storages to values; one frame is current. Nothing is tracked
// until a program makes an `AsyncLocalStorage` or an `AsyncResource`. From then on:
//
// - Callbacks given to `then`, timers and `queueMicrotask` run in the frame in which they were given.
// - `await` calls no JavaScript that could be replaced, but it reads `constructor` of the promise,
//   just before it adds its own reaction. So that property becomes an accessor, which adds a reaction
//   that makes the current frame current again; QuickJS runs it just before it goes on after `await`.
// - `await` of anything else makes a new promise, of which the engine tells `fulfilled` before it adds
//   the reaction, and `created` before that.
'use strict';

const { apply } = Reflect;
const { defineProperty } = Object;
const PromiseClass = Promise;
const nativeThen = PromiseClass.prototype.then;
const enqueue = queueMicrotask;

let current, call = -1, isTracking = false, isInternal = false;
let frames = new WeakMap();
let serial = 1;

// The current frame; none of an earlier call.
const frame = () => {
  const now = platform.call();
  if (now !== call) {
    call = now;
    current = undefined;
  }
  return current;
};

const runIn = (wanted, work, self, values) => {
  const outer = frame();
  current = wanted;
  try {
    return apply(work, self, values);
  } finally {
    current = outer;
  }
};

const bound = (work) => {
  if (typeof work !== 'function') return work;
  const wanted = frame();
  return function (...values) { return runIn(wanted, work, this, values); };
};

const track = () => {
  if (isTracking) return;
  isTracking = true;
  platform.bound = bound;

  const addReaction = (promise, wanted) => {
    const restore = () => { current = wanted; };
    isInternal = true;
    try {
      apply(nativeThen, promise, [restore, restore]);
    } finally {
      isInternal = false;
    }
  };
  defineProperty(PromiseClass.prototype, 'constructor', {
    __proto__: null, configurable: true,
    get() {
      if (!isInternal && this !== PromiseClass.prototype) addReaction(this, frame());
      return PromiseClass;
    },
    set(value) {
      defineProperty(this, 'constructor', { __proto__: null, value, writable: true, enumerable: true, configurable: true });
    },
  });

  const { then } = {
    then(onFulfilled, onRejected) {
      const a = bound(onFulfilled), b = bound(onRejected);
      const outer = isInternal;
      isInternal = true;
      try {
        return apply(nativeThen, this, [a, b]);
      } finally {
        isInternal = outer;
      }
    },
  };
  defineProperty(PromiseClass.prototype, 'then', {
    __proto__: null, value: then, writable: true, configurable: true,
  });

  for (const name of ['setTimeout', 'setInterval', 'queueMicrotask']) {
    const original = globalThis[name];
    const wrapped = { [name](callback, ...values) { return original(bound(callback), ...values); } }[name];
    defineProperty(globalThis, name, { __proto__: null, value: wrapped, writable: true, configurable: true });
  }

  native.track(
    (promise) => {
      if (isInternal) return;
      const wanted = frame();
      if (wanted !== undefined) frames.set(promise, wanted);
    },
    (promise) => {
      if (isInternal) return;
      const wanted = frames.get(promise);
      enqueue(() => { current = wanted; });
    },
  );
};

class AsyncLocalStorage {
  #default; #isEnabled = true;
  constructor({ defaultValue, name = '' } = {}) {
    this.#default = defaultValue;
    this.name = name;
    track();
  }
  static bind(work) { return AsyncResource.bind(work); }
  static snapshot() {
    const wanted = frame();
    return (work, ...values) => runIn(wanted, work, undefined, values);
  }
  run(store, work, ...values) {
    this.#isEnabled = true;
    return runIn(new Map(frame()).set(this, store), work, undefined, values);
  }
  exit(work, ...values) {
    const wanted = new Map(frame());
    wanted.delete(this);
    return runIn(wanted, work, undefined, values);
  }
  enterWith(store) {
    this.#isEnabled = true;
    current = new Map(frame()).set(this, store);
  }
  getStore() {
    const found = frame();
    return this.#isEnabled && found !== undefined && found.has(this) ? found.get(this) : this.#default;
  }
  disable() { this.#isEnabled = false; }
}

class AsyncResource {
  #frame; #id = ++serial;
  constructor(type) {
    this.type = type;
    track();
    this.#frame = frame();
  }
  static bind(work, type, self) { return new AsyncResource(type ?? work.name).bind(work, self); }
  bind(work, self) {
    const resource = this;
    const result = function (...values) {
      return resource.runInAsyncScope(work, self ?? this, ...values);
    };
    defineProperty(result, 'length', { __proto__: null, value: work.length, configurable: true });
    return result;
  }
  runInAsyncScope(work, self, ...values) { return runIn(this.#frame, work, self, values); }
  emitDestroy() { return this; }
  asyncId() { return this.#id; }
  triggerAsyncId() { return 0; }
}

module.exports = {
  AsyncLocalStorage, AsyncResource,
  asyncWrapProviders: {},
  createHook: () => ({ enable() { return this; }, disable() { return this; } }),
  executionAsyncId: () => 1,
  executionAsyncResource: () => ({}),
  triggerAsyncId: () => 0,
};
