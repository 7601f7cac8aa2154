// `node:events`: the package `events`, with what newer releases of Node have.
'use strict';

const EventEmitter = require('events/');
const { once } = EventEmitter;
const { emit } = EventEmitter.prototype;
const errorMonitor = Symbol.for('events.errorMonitor');
const captureRejectionSymbol = Symbol.for('nodejs.rejection');

// An error also goes to the monitors, which do not handle it.
EventEmitter.prototype.emit = function (type, ...values) {
  if (type === 'error' && this._events !== undefined && this._events[errorMonitor] !== undefined) {
    emit.call(this, errorMonitor, ...values);
  }
  return emit.call(this, type, ...values);
};

const aborted = (signal) => {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  error.name = 'AbortError';
  error.code = 'ABORT_ERR';
  return error;
};

const addAbortListener = (signal, listener) => {
  if (signal.aborted) queueMicrotask(() => listener());
  else signal.addEventListener('abort', listener, { once: true });
  const remove = () => signal.removeEventListener('abort', listener);
  return Symbol.dispose === undefined ? { remove } : { [Symbol.dispose]: remove };
};

const subscribe = (emitter, type, listener) => {
  if (typeof emitter.on === 'function') {
    emitter.on(type, listener);
    return () => emitter.removeListener(type, listener);
  }
  emitter.addEventListener(type, listener);
  return () => emitter.removeEventListener(type, listener);
};

EventEmitter.once = (emitter, type, { signal } = {}) => {
  if (signal === undefined) return once(emitter, type);
  if (signal.aborted) return Promise.reject(aborted(signal));
  return new Promise((resolve, reject) => {
    const removers = [];
    const settle = (how) => (value) => {
      for (const remove of removers) remove();
      how(value);
    };
    removers.push(subscribe(emitter, type, (...values) => settle(resolve)(values)));
    if (type !== 'error' && typeof emitter.on === 'function') {
      removers.push(subscribe(emitter, 'error', settle(reject)));
    }
    removers.push(subscribe(signal, 'abort', () => settle(reject)(aborted(signal))));
  });
};

// An iterator over the values with which an event is emitted.
EventEmitter.on = (emitter, type, { signal, close = [] } = {}) => {
  if (signal?.aborted) throw aborted(signal);
  const values = [], waiting = [], removers = [];
  let failure, isDone = false;
  const finish = () => {
    isDone = true;
    for (const remove of removers) remove();
    for (const { resolve } of waiting.splice(0)) resolve({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  };
  const fail = (error) => {
    if (waiting.length > 0) waiting.shift().reject(error); else failure = { error };
    finish();
  };
  removers.push(subscribe(emitter, type, (...found) => {
    if (waiting.length > 0) waiting.shift().resolve({ value: found, done: false });
    else values.push(found);
  }));
  if (type !== 'error' && typeof emitter.on === 'function') removers.push(subscribe(emitter, 'error', fail));
  for (const name of close) removers.push(subscribe(emitter, name, finish));
  if (signal) removers.push(subscribe(signal, 'abort', () => fail(aborted(signal))));
  return {
    next() {
      if (values.length > 0) return Promise.resolve({ value: values.shift(), done: false });
      if (failure !== undefined) {
        const { error } = failure;
        failure = undefined;
        return Promise.reject(error);
      }
      if (isDone) return finish();
      return new Promise((resolve, reject) => { waiting.push({ resolve, reject }); });
    },
    return: finish,
    throw(error) { fail(error); return Promise.reject(error); },
    [Symbol.asyncIterator]() { return this; },
  };
};

class EventEmitterAsyncResource extends EventEmitter {
  #resource;
  constructor(options = {}) {
    super();
    const { AsyncResource } = require('node:async_hooks');
    this.#resource = new AsyncResource(options.name ?? new.target.name);
  }
  get asyncResource() { return this.#resource; }
  get asyncId() { return this.#resource.asyncId(); }
  get triggerAsyncId() { return this.#resource.triggerAsyncId(); }
  emit(...values) { return this.#resource.runInAsyncScope(super.emit, this, ...values); }
  emitDestroy() { this.#resource.emitDestroy(); }
}

Object.assign(EventEmitter, {
  addAbortListener,
  captureRejections: false,
  captureRejectionSymbol,
  errorMonitor,
  EventEmitterAsyncResource,
  getEventListeners: (emitter, type) => emitter.listeners?.(type) ?? [],
  getMaxListeners: (emitter) => emitter.getMaxListeners?.() ?? EventEmitter.defaultMaxListeners,
  listenerCount: (emitter, type) => emitter.listenerCount(type),
  setMaxListeners(count = EventEmitter.defaultMaxListeners, ...targets) {
    if (targets.length === 0) EventEmitter.defaultMaxListeners = count;
    for (const target of targets) target.setMaxListeners?.(count);
  },
  usingDomains: false,
});
module.exports = EventEmitter;
