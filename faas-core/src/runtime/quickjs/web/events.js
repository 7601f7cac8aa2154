// Events and their targets, as the DOM standard defines them without a tree: an event is dispatched
// at one target.
//
// The global object is a target too: its `error` and `unhandledrejection` events tell of what no
// code caught. Listeners live as long as the isolate: one that a call adds also hears the events of
// later calls, so add such listeners outside of the handler.
(function (use, native, platform) {
  'use strict';
  const { expose, constants, need, isObject, dictionary } = use('idl');
  const { now } = use('clock');

  // ---- events ----

  // What an event is, and how far its dispatch has come.
  let stateOf, trusted;

  class Event {
    #state;

    constructor(type, init = undefined) {
      need(arguments.length, 1, 'Event');
      const text = `${type}`;
      const { bubbles, cancelable, composed } = dictionary(init, 'the options of an event');
      this.#state = {
        __proto__: null,
        type: text, bubbles: !!bubbles, cancelable: !!cancelable, composed: !!composed,
        time: now(), target: null, current: null, phase: 0, trusted: false,
        canceled: false, stopped: false, ended: false, passive: false, dispatched: false,
      };
      Object.defineProperty(this, 'isTrusted', trusted);
    }

    static {
      stateOf = (event) => event.#state;
      const { get } = Object.getOwnPropertyDescriptor({
        get isTrusted() { return stateOf(this).trusted; },
      }, 'isTrusted');
      trusted = { __proto__: null, get, enumerable: true, configurable: false };
    }

    get type() { return this.#state.type; }
    get target() { return this.#state.target; }
    get srcElement() { return this.#state.target; }
    get currentTarget() { return this.#state.current; }
    composedPath() { const { current } = this.#state; return current === null ? [] : [current]; }
    get eventPhase() { return this.#state.phase; }
    stopPropagation() { this.#state.stopped = true; }
    get cancelBubble() { return this.#state.stopped; }
    set cancelBubble(value) { if (value) this.#state.stopped = true; else this.#state; }
    stopImmediatePropagation() { const state = this.#state; state.stopped = state.ended = true; }
    get bubbles() { return this.#state.bubbles; }
    get cancelable() { return this.#state.cancelable; }
    get returnValue() { return !this.#state.canceled; }
    set returnValue(value) { const state = this.#state; if (!value) cancel(state); }
    preventDefault() { cancel(this.#state); }
    get defaultPrevented() { return this.#state.canceled; }
    get composed() { return this.#state.composed; }
    get timeStamp() { return this.#state.time; }
    initEvent(type, bubbles = false, cancelable = false) {
      const state = this.#state;
      need(arguments.length, 1, 'initEvent');
      const text = `${type}`;
      if (state.dispatched) return;
      state.stopped = state.ended = state.canceled = state.trusted = false;
      state.target = null;
      state.type = text;
      state.bubbles = !!bubbles;
      state.cancelable = !!cancelable;
    }
  }
  constants(Event, { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 });
  expose(Event);

  const cancel = (state) => {
    if (state.cancelable && !state.passive) state.canceled = true;
  };

  class CustomEvent extends Event {
    #detail;
    constructor(type, init = undefined) {
      need(arguments.length, 1, 'CustomEvent');
      super(type, init);
      const { detail = null } = dictionary(init);
      this.#detail = detail;
    }
    get detail() { return this.#detail; }
    initCustomEvent(type, bubbles = false, cancelable = false, detail = null) {
      this.#detail;
      need(arguments.length, 1, 'initCustomEvent');
      this.initEvent(type, bubbles, cancelable);
      if (!stateOf(this).dispatched) this.#detail = detail;
    }
  }
  expose(CustomEvent);

  class ErrorEvent extends Event {
    #values;
    constructor(type, init = undefined) {
      need(arguments.length, 1, 'ErrorEvent');
      super(type, init);
      const { colno = 0, error, filename = '', lineno = 0, message = '' } = dictionary(init);
      this.#values = {
        __proto__: null,
        message: `${message}`, filename: `${filename}`, lineno: lineno >>> 0, colno: colno >>> 0, error,
      };
    }
    get message() { return this.#values.message; }
    get filename() { return this.#values.filename; }
    get lineno() { return this.#values.lineno; }
    get colno() { return this.#values.colno; }
    get error() { return this.#values.error; }
  }
  expose(ErrorEvent);

  class PromiseRejectionEvent extends Event {
    #promise; #reason;
    constructor(type, init) {
      need(arguments.length, 2, 'PromiseRejectionEvent');
      super(type, init);
      const { promise, reason } = dictionary(init);
      if (!isObject(promise)) throw new TypeError('the options of a PromiseRejectionEvent need a promise');
      this.#promise = promise;
      this.#reason = reason;
    }
    get promise() { return this.#promise; }
    get reason() { return this.#reason; }
  }
  expose(PromiseRejectionEvent);

  class MessageEvent extends Event {
    #values;
    constructor(type, init = undefined) {
      need(arguments.length, 1, 'MessageEvent');
      super(type, init);
      const {
        data = null, lastEventId = '', origin = '', ports = [], source = null,
      } = dictionary(init);
      this.#values = MessageEvent.#convert(data, origin, lastEventId, source, ports);
    }
    static #convert(data, origin, lastEventId, source, ports) {
      const { isPort } = use('messaging');
      const list = use('idl').sequence(ports, 'the ports of a MessageEvent');
      if (!list.every(isPort)) throw new TypeError('the ports of a MessageEvent must be MessagePorts');
      if (source !== null && source !== undefined && !isPort(source)) {
        throw new TypeError('the source of a MessageEvent must be a MessagePort');
      }
      return {
        __proto__: null,
        data, origin: use('idl').usv(origin), lastEventId: `${lastEventId}`, source: source ?? null,
        ports: Object.freeze(list),
      };
    }
    get data() { return this.#values.data; }
    get origin() { return this.#values.origin; }
    get lastEventId() { return this.#values.lastEventId; }
    get source() { return this.#values.source; }
    get ports() { return this.#values.ports; }
    initMessageEvent(type, bubbles = false, cancelable = false, data = null, origin = '', lastEventId = '', source = null, ports = []) {
      this.#values;
      need(arguments.length, 1, 'initMessageEvent');
      const values = MessageEvent.#convert(data, origin, lastEventId, source, ports);
      this.initEvent(type, bubbles, cancelable);
      if (!stateOf(this).dispatched) this.#values = values;
    }
  }
  expose(MessageEvent);

  class ProgressEvent extends Event {
    #values;
    constructor(type, init = undefined) {
      need(arguments.length, 1, 'ProgressEvent');
      super(type, init);
      const { lengthComputable = false, loaded = 0, total = 0 } = dictionary(init);
      this.#values = {
        __proto__: null,
        lengthComputable: !!lengthComputable, loaded: Number(loaded) || 0, total: Number(total) || 0,
      };
    }
    get lengthComputable() { return this.#values.lengthComputable; }
    get loaded() { return this.#values.loaded; }
    get total() { return this.#values.total; }
  }
  expose(ProgressEvent);

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
    Event, EventTarget, CustomEvent, ErrorEvent, PromiseRejectionEvent, MessageEvent, ProgressEvent,
    addEventListener, removeEventListener, dispatchEvent, reportError,
    onerror,
    onunhandledrejection: handlerAttribute('unhandledrejection'),
    onrejectionhandled: handlerAttribute('rejectionhandled'),
    fire, handlers, listens, report,
  };
})
