// `node:diagnostics_channel`.
'use strict';

const channels = new Map();

class Channel {
  #subscribers = []; #stores = new Map();
  constructor(name) { this.name = name; }
  get hasSubscribers() { return this.#subscribers.length > 0 || this.#stores.size > 0; }
  subscribe(subscriber) {
    if (typeof subscriber !== 'function') throw new TypeError('a subscriber must be a function');
    this.#subscribers = [...this.#subscribers, subscriber];
  }
  unsubscribe(subscriber) {
    const index = this.#subscribers.indexOf(subscriber);
    if (index < 0) return false;
    this.#subscribers = this.#subscribers.toSpliced(index, 1);
    return true;
  }
  bindStore(store, transform) { this.#stores.set(store, transform); }
  unbindStore(store) { return this.#stores.delete(store); }
  publish(message) {
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(message, this.name);
      } catch (error) {
        queueMicrotask(() => { throw error; });
      }
    }
  }
  runStores(message, work, self, ...values) {
    let run = () => {
      this.publish(message);
      return Reflect.apply(work, self, values);
    };
    for (const [store, transform = (value) => value] of this.#stores) {
      const inner = run;
      run = () => store.run(transform(message), inner);
    }
    return run();
  }
}

const channel = (name) => {
  let found = channels.get(name);
  if (found === undefined) channels.set(name, found = new Channel(name));
  return found;
};

const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];

class TracingChannel {
  constructor(names) {
    for (const event of EVENTS) {
      this[event] = typeof names === 'string' ? channel(`tracing:${names}:${event}`) : names[event];
    }
  }
  get hasSubscribers() { return EVENTS.some((event) => this[event].hasSubscribers); }
  subscribe(subscribers) { for (const event of EVENTS) if (subscribers[event]) this[event].subscribe(subscribers[event]); }
  unsubscribe(subscribers) {
    return EVENTS.every((event) => !subscribers[event] || this[event].unsubscribe(subscribers[event]));
  }
  traceSync(work, context = {}, self, ...values) {
    return this.start.runStores(context, () => {
      try {
        return context.result = Reflect.apply(work, self, values);
      } catch (error) {
        context.error = error;
        this.error.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }
  tracePromise(work, context = {}, self, ...values) {
    const settle = (name, then) => (value) => {
      context[name] = value;
      if (name === 'error') this.error.publish(context);
      this.asyncStart.publish(context);
      this.asyncEnd.publish(context);
      return then(value);
    };
    return this.start.runStores(context, () => {
      try {
        return Promise.resolve(Reflect.apply(work, self, values))
          .then(settle('result', (value) => value), settle('error', (error) => Promise.reject(error)));
      } finally {
        this.end.publish(context);
      }
    });
  }
  traceCallback(work, position = -1, context = {}, self, ...values) {
    const callback = values.at(position);
    values.splice(position, 1, (error, result) => {
      if (error) { context.error = error; this.error.publish(context); } else context.result = result;
      this.asyncStart.runStores(context, () => {
        try { return Reflect.apply(callback, self, [error, result]); } finally { this.asyncEnd.publish(context); }
      });
    });
    return this.traceSync(work, context, self, ...values);
  }
}

module.exports = {
  Channel, channel,
  hasSubscribers: (name) => channels.get(name)?.hasSubscribers ?? false,
  subscribe: (name, subscriber) => channel(name).subscribe(subscriber),
  unsubscribe: (name, subscriber) => channel(name).unsubscribe(subscriber),
  tracingChannel: (names) => new TracingChannel(names),
};
