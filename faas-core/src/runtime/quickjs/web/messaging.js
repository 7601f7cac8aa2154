// `MessageChannel` and `MessagePort`.
//
// A message is delivered in a task of its own, as timers are. Only messages on their way to a port
// that was started keep a call waiting. Those that a call leaves are dropped when the next begins.
(function (use, native, platform) {
  'use strict';
  const { expose, need } = use('idl');
  const { Event, EventTarget, MessageEvent, fire, handlers } = use('events');
  const { serializeWith, transferList } = use('clone');

  const KEY = {};
  let isPort, isDetached, detach, attach, entangle;

  class MessagePort extends EventTarget {
    #other = null;
    #queue = [];
    #isStarted = false;
    #isDetached = false;
    // The call that the messages belong to, and the one whose task will deliver the next.
    #call = 0;
    #pending = 0;

    constructor(key = undefined) {
      if (key !== KEY) throw new TypeError('Illegal constructor');
      super();
    }

    static {
      isPort = (value) => typeof value === 'object' && value !== null && #queue in value;
      isDetached = (port) => port.#isDetached;
      entangle = (one, two) => {
        one.#other = two;
        two.#other = one;
      };
      // Takes what a port is out of it, for another object.
      detach = (port) => {
        const held = { __proto__: null, port: null, other: port.#other, queue: port.#queue };
        port.#isDetached = true;
        port.#other = null;
        port.#queue = [];
        held.port = new MessagePort(KEY);
        held.port.#queue = held.queue;
        held.port.#call = port.#call;
        if (held.other !== null) entangle(held.port, held.other);
        return held;
      };
      attach = (held) => held.port;
    }

    postMessage(message, options = undefined) {
      this.#queue;
      need(arguments.length, 1, 'postMessage');
      const list = transferList(options, true);
      if (list.includes(this)) {
        throw new DOMException('a port cannot transfer itself', 'DataCloneError');
      }
      const target = this.#other, isDoomed = target !== null && list.includes(target);
      const receive = serializeWith(message, list);
      if (target === null || isDoomed) return;
      target.#add(() => {
        let made;
        try {
          made = receive();
        } catch {
          return new MessageEvent('messageerror');
        }
        return new MessageEvent('message', {
          data: made.value, ports: made.transferred.filter(isPort),
        });
      });
    }

    start() {
      if (this.#isStarted || this.#isDetached) return;
      this.#isStarted = true;
      this.#schedule();
    }

    close() {
      const other = this.#other;
      this.#isDetached = true;
      if (other === null) return;
      this.#other = other.#other = null;
      other.#add(() => new Event('close'));
      if (!other.#isStarted) other.start();
    }

    #add(event) {
      const call = platform.call();
      if (this.#call !== call) this.#queue = [];
      this.#call = call;
      this.#queue.push(event);
      this.#schedule();
    }

    #schedule() {
      const call = platform.call();
      if (this.#call !== call || !this.#isStarted || this.#queue.length === 0 || this.#pending === call) return;
      this.#pending = call;
      platform.start(() => {
        this.#pending = 0;
        const event = this.#queue.shift();
        this.#schedule();
        if (event !== undefined) fire(this, event());
      }, 0);
    }
  }
  handlers(MessagePort, ['message', 'messageerror', 'close']);
  const onmessage = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');
  Object.defineProperty(MessagePort.prototype, 'onmessage', {
    ...onmessage,
    set: Object.getOwnPropertyDescriptor({
      set onmessage(value) {
        onmessage.set.call(this, value);
        this.start();
      },
    }, 'onmessage').set,
  });
  expose(MessagePort);

  class MessageChannel {
    #one = new MessagePort(KEY);
    #two = new MessagePort(KEY);
    constructor() { entangle(this.#one, this.#two); }
    get port1() { return this.#one; }
    get port2() { return this.#two; }
  }
  expose(MessageChannel);

  return { MessageChannel, MessagePort, isPort, isDetached, detach, attach };
})
