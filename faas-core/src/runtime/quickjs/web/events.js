// The targets of events, as the DOM standard defines them without a tree: an event is dispatched at
// one target.
//
// The global object is a target too: its `error` and `unhandledrejection` events tell of what no
// code caught. Listeners live as long as the isolate: one that a call adds also hears the events of
// later calls, so add such listeners outside of the handler.
(function (use, native, platform) {
  'use strict';
  const { expose, need, isObject } = use('idl');
  const events = use('event');
  const { Event, ErrorEvent, PromiseRejectionEvent, stateOf } = events;

  // ---- targets ----

  const same = function (object) { return object; };

  // Gives an object that is not of the class `EventTarget` a private list of listeners.
  class Listening extends same {
    #listeners = [];
    static of(object) { return #listeners in object ? object.#listeners : undefined; }
  }

  let listenersOf;

  const flatten = (options) =>
    (typeof options === 'object' && options !== null) || typeof options === 'function'
      ? !!options.capture : !!options;

  class EventTarget {
    #listeners = [];

    static {
      listenersOf = (target) =>
        (#listeners in target ? target.#listeners : Listening.of(target));
    }

    addEventListener(type, callback, options = undefined) {
      const target = targetOf(this);
      need(arguments.length, 2, 'addEventListener');
      const text = `${type}`, capture = flatten(options);
      let once = false, passive = false, signal;
      if (isObject(options)) {
        once = !!options.once;
        passive = !!options.passive;
        signal = options.signal;
      }
      if (callback !== null && callback !== undefined && !isObject(callback)) {
        throw new TypeError('a listener must be a function or an object');
      }
      const abort = signal === undefined ? undefined : use('abort');
      if (abort !== undefined && abort.isAborted(signal)) return;
      if (callback === null || callback === undefined) return;
      add(target, {
        __proto__: null, type: text, callback, capture, once, passive, signal, removed: false,
      });
    }

    removeEventListener(type, callback, options = undefined) {
      const target = targetOf(this);
      need(arguments.length, 2, 'removeEventListener');
      const text = `${type}`, capture = flatten(options);
      const listeners = listenersOf(target);
      for (let i = 0; i < listeners.length; i++) {
        const listener = listeners[i];
        if (listener.type === text && listener.callback === callback && listener.capture === capture) {
          return void remove(target, listener);
        }
      }
    }

    dispatchEvent(event) {
      const target = targetOf(this);
      need(arguments.length, 1, 'dispatchEvent');
      if (!(event instanceof Event)) throw new TypeError('dispatchEvent needs an Event');
      const state = stateOf(event);
      if (state.dispatched) {
        throw new DOMException('the event is being dispatched', 'InvalidStateError');
      }
      state.trusted = false;
      return dispatch(target, event);
    }
  }
  expose(EventTarget);

  // What a method is called on. Without an object it is the global object.
  const targetOf = (self) => {
    const target = self === undefined || self === null ? globalThis : self;
    if (!isObject(target) || listenersOf(target) === undefined) {
      throw new TypeError('this is not an EventTarget');
    }
    return target;
  };

  const add = (target, listener) => {
    const listeners = listenersOf(target);
    for (let i = 0; i < listeners.length; i++) {
      const other = listeners[i];
      if (other.type === listener.type && other.callback === listener.callback && other.capture === listener.capture) {
        return;
      }
    }
    listeners.push(listener);
    if (listener.signal !== undefined) {
      use('abort').follow(listener.signal, () => { remove(target, listener); });
    }
  };

  const remove = (target, listener) => {
    if (listener.removed) return;
    listener.removed = true;
    const listeners = listenersOf(target);
    const place = listeners.indexOf(listener);
    if (place >= 0) listeners.splice(place, 1);
  };

  const listens = (target, type) => listenersOf(target).some((listener) => listener.type === type);

  const call = (target, event, state, listener) => {
    const { callback } = listener;
    state.passive = listener.passive;
    try {
      if (listener.handler) {
        listener.handler.call(target, event);
      } else if (typeof callback === 'function') {
        callback.call(target, event);
      } else {
        const handle = callback.handleEvent;
        if (typeof handle !== 'function') throw new TypeError('the listener has no function handleEvent');
        handle.call(callback, event);
      }
    } catch (error) {
      report(error);
    }
    state.passive = false;
  };

  // Calls the listeners. Returns whether the default may happen. An error of a listener is reported,
  // not thrown.
  const dispatch = (target, event) => {
    const state = stateOf(event);
    state.dispatched = true;
    state.target = state.current = target;
    state.phase = 2;
    const all = listenersOf(target);
    if (all.length > 0 && !state.stopped) {
      const { type } = state;
      const listeners = all.filter((listener) => listener.type === type);
      for (let pass = 0; pass < 2 && !state.stopped; pass++) {
        for (let i = 0; i < listeners.length && !state.ended; i++) {
          const listener = listeners[i];
          if (listener.removed || listener.capture !== (pass === 0)) continue;
          if (listener.once) remove(target, listener);
          call(target, event, state, listener);
        }
      }
    }
    state.phase = 0;
    state.current = null;
    state.dispatched = state.stopped = state.ended = false;
    return !state.canceled;
  };

  // Dispatches an event that the platform made.
  const fire = (target, event) => {
    stateOf(event).trusted = true;
    return dispatch(target, event);
  };

  // The event handler attribute `on…` for events of a type: a getter and a setter.
  const handlerAttribute = (type, handle) => {
    const slot = Symbol(type);
    const find = (target) => listenersOf(target).find((listener) => listener.callback === slot);
    return {
      __proto__: null, enumerable: true, configurable: true,
      get() { return find(targetOf(this))?.value ?? null; },
      set(value) {
        const target = targetOf(this), listener = find(target);
        if (!isObject(value)) {
          if (listener !== undefined) remove(target, listener);
        } else if (listener !== undefined) {
          listener.value = value;
        } else {
          const made = {
            __proto__: null, type, callback: slot, capture: false, once: false, passive: false,
            signal: undefined, removed: false, value, handler: undefined,
          };
          made.handler = handle === undefined
            ? function (event) {
              if (typeof made.value === 'function' && made.value.call(this, event) === false) {
                event.preventDefault();
              }
            }
            : function (event) { handle.call(this, made.value, event); };
          add(target, made);
        }
      },
    };
  };

  // Defines `on…` attributes on a class.
  const handlers = (Class, types) => {
    for (const type of types) {
      const { get, set } = handlerAttribute(type);
      const name = 'on' + type;
      Object.defineProperty(get, 'name', { value: 'get ' + name, configurable: true });
      Object.defineProperty(set, 'name', { value: 'set ' + name, configurable: true });
      Object.defineProperty(Class.prototype, name, {
        __proto__: null, get, set, enumerable: true, configurable: true,
      });
    }
  };

  // ---- the global object ----

  new Listening(globalThis);

  const onerror = handlerAttribute('error', function (value, event) {
    if (typeof value !== 'function') return;
    const isOwn = event instanceof ErrorEvent;
    const result = isOwn
      ? value.call(this, event.message, event.filename, event.lineno, event.colno, event.error)
      : value.call(this, event);
    if (isOwn ? result === true : result === false) event.preventDefault();
  });

  // The file, line and column of the first frame of a stack.
  const place = (thrown) => {
    try {
      const found = /\(?([^\s()]+):(\d+):(\d+)\)?/.exec(`${thrown.stack}`);
      if (found !== null) return { filename: found[1], lineno: +found[2], colno: +found[3] };
    } catch { /* A value without a stack. */ }
    return {};
  };

  let reporting = false;

  // Dispatches an `error` event for what no code caught. Returns whether a listener handled it.
  const error = (thrown) => {
    if (reporting || !listens(globalThis, 'error')) return false;
    reporting = true;
    try {
      const message = platform.describe(thrown)[0];
      const event = new ErrorEvent('error', { message: 'Uncaught ' + message, error: thrown, cancelable: true, ...place(thrown) });
      return !fire(globalThis, event);
    } finally {
      reporting = false;
    }
  };

  const report = (thrown) => { if (!error(thrown)) platform.log(thrown); };

  function reportError(e) {
    need(arguments.length, 1, 'reportError');
    report(e);
  }

  platform.listens = () => listens(globalThis, 'unhandledrejection');
  platform.error = error;
  platform.rejection = (promise, reason) =>
    !fire(globalThis, new PromiseRejectionEvent('unhandledrejection', { promise, reason, cancelable: true }));

  const { addEventListener, removeEventListener, dispatchEvent } = EventTarget.prototype;

  return {
    ...events, EventTarget,
    addEventListener, removeEventListener, dispatchEvent, reportError,
    onerror,
    onunhandledrejection: handlerAttribute('unhandledrejection'),
    onrejectionhandled: handlerAttribute('rejectionhandled'),
    fire, handlers, report,
  };
})
