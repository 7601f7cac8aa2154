// The classes of events. `events.js` has their targets.
(function (use) {
  'use strict';
  const { expose, constants, need, isObject, dictionary, sequence, usv } = use('idl');
  const { now } = use('clock');

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
      const list = sequence(ports, 'the ports of a MessageEvent');
      if (!list.every(isPort)) throw new TypeError('the ports of a MessageEvent must be MessagePorts');
      if (source !== null && source !== undefined && !isPort(source)) {
        throw new TypeError('the source of a MessageEvent must be a MessagePort');
      }
      return {
        __proto__: null,
        data, origin: usv(origin), lastEventId: `${lastEventId}`, source: source ?? null,
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

  return {
    Event, CustomEvent, ErrorEvent, PromiseRejectionEvent, MessageEvent, ProgressEvent, stateOf,
  };
})
