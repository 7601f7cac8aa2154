// The JavaScript side of an isolate: the globals that user code finds, and the entry points that
// the host calls. Everything it needs later it takes hold of now, before user code can replace it.
//
// Evaluates to a function that the host calls once, with its own functions and with what
// `guards.js` returned.
(function (hostLog, hostSkip, hostNow, hostRandom, guards) {
  'use strict';
  const { put } = guards;
  const { parse, stringify } = JSON;
  const { apply } = Reflect;
  const {
    keys, getPrototypeOf, setPrototypeOf, getOwnPropertyDescriptor, defineProperty, freeze,
  } = Object;
  const { isArray } = Array;
  const { isError } = Error;
  const PromiseClass = Promise, MapClass = Map, SetClass = Set, DateClass = Date;
  const RegExpClass = RegExp, TypeErrorClass = TypeError, RangeErrorClass = RangeError;
  const toText = String, toNumber = Number;
  const { slice, toWellFormed } = String.prototype;
  const symbolText = Symbol.prototype.toString;
  const dateText = Date.prototype.toISOString;
  const mapEach = Map.prototype.forEach, setEach = Set.prototype.forEach;
  const BINARY = getPrototypeOf(Uint8Array);

  // ---- values as text, for the console and for failures ----

  const MAX_DEPTH = 4, MAX_ITEMS = 100, MAX_NODES = 5000, MAX_TEXT = 65536;
  let nodes = 0;

  // Half of a surrogate pair cannot be written in UTF-8.
  const clean = (text) => apply(toWellFormed, text, []);

  const cut = (text, max) => (text.length > max ? apply(slice, text, [0, max]) + '…' : text);

  const ownValue = (object, key) => {
    const property = getOwnPropertyDescriptor(object, key);
    return property === undefined ? undefined : property.value;
  };

  const className = (object) => {
    const prototype = getPrototypeOf(object);
    if (prototype === null) return '[Object: null prototype]';
    const constructor = ownValue(prototype, 'constructor');
    const name = typeof constructor === 'function' ? ownValue(constructor, 'name') : undefined;
    return typeof name === 'string' ? name : '';
  };

  const errorText = (error) => {
    const name = error.name, message = error.message, stack = error.stack;
    let text = head(name, message);
    if (typeof stack === 'string' && stack !== '') text += '\n' + stack;
    return text;
  };

  const head = (name, message) => {
    const title = name === undefined ? 'Error' : plain(name);
    const text = message === undefined ? '' : plain(message);
    return cut(title === '' ? text : text === '' ? title : title + ': ' + text, MAX_TEXT);
  };

  const plain = (value) => (typeof value === 'string' ? value : show(value, 1, []));

  const list = (open, items, more, close) => {
    let text = open;
    for (let i = 0; i < items.length; i++) text += (i === 0 ? ' ' : ', ') + items[i];
    if (more > 0) text += (items.length === 0 ? ' ' : ', ') + '… ' + more + ' more';
    return text + (items.length === 0 && more <= 0 ? close : ' ' + close);
  };

  const show = (value, depth, seen) => {
    switch (typeof value) {
      case 'string': return depth === 0 ? value : stringify(cut(value, 10000));
      case 'bigint': return value + 'n';
      case 'symbol': return apply(symbolText, value, []);
      case 'function': {
        const name = ownValue(value, 'name');
        return typeof name === 'string' && name !== '' ? `[Function: ${name}]` : '[Function (anonymous)]';
      }
      case 'object': return value === null ? 'null' : showObject(value, depth, seen);
      default: return toText(value);
    }
  };

  const showObject = (value, depth, seen) => {
    for (let i = 0; i < seen.length; i++) if (seen[i] === value) return '[Circular]';
    if (isError(value)) return depth === 0 ? errorText(value) : `[${head(value.name, value.message)}]`;
    if (value instanceof DateClass) {
      try { return apply(dateText, value, []); } catch { return 'Invalid Date'; }
    }
    if (value instanceof RegExpClass) return toText(value);
    const name = className(value);
    if (value instanceof PromiseClass) return 'Promise {}';
    if (depth > MAX_DEPTH || ++nodes > MAX_NODES) return isArray(value) ? '[Array]' : `[${name || 'Object'}]`;
    put(seen, value);
    const items = [];
    let total = 0, text;
    if (isArray(value) || value instanceof BINARY) {
      total = value.length;
      for (let i = 0; i < total && i < MAX_ITEMS; i++) put(items, showProperty(value, i, depth, seen));
      text = list(isArray(value) && name === 'Array' ? '[' : `${name}(${total}) [`, items, total - items.length, ']');
    } else if (value instanceof MapClass) {
      apply(mapEach, value, [(item, key) => {
        if (total++ < MAX_ITEMS) put(items, `${show(key, depth + 1, seen)} => ${show(item, depth + 1, seen)}`);
      }]);
      text = list(`Map(${total}) {`, items, total - items.length, '}');
    } else if (value instanceof SetClass) {
      apply(setEach, value, [(item) => {
        if (total++ < MAX_ITEMS) put(items, show(item, depth + 1, seen));
      }]);
      text = list(`Set(${total}) {`, items, total - items.length, '}');
    } else {
      const names = keys(value);
      total = names.length;
      for (let i = 0; i < total && i < MAX_ITEMS; i++) {
        put(items, `${names[i]}: ${showProperty(value, names[i], depth, seen)}`);
      }
      text = list(name === 'Object' || name === '' ? '{' : `${name} {`, items, total - items.length, '}');
    }
    seen.length--;
    return cut(text, MAX_TEXT);
  };

  const showProperty = (object, key, depth, seen) => {
    const property = getOwnPropertyDescriptor(object, key);
    if (property === undefined) return 'undefined';
    if (property.get !== undefined || property.set !== undefined) return '[Getter]';
    return show(property.value, depth + 1, seen);
  };

  const safely = (value) => {
    nodes = 0;
    try { return show(value, 0, []); } catch { return '[a value that cannot be shown]'; }
  };

  // ---- console ----

  const DEBUG = 0, LOG = 1, INFO = 2, WARN = 3, ERROR = 4;
  let full = false;

  const write = (level, values, prefix) => {
    if (full) return void hostSkip();
    let text = prefix;
    for (let i = 0; i < values.length; i++) {
      if (text !== '') text += ' ';
      text = cut(text + safely(values[i]), MAX_TEXT);
    }
    full = hostLog(level, clean(text));
  };
  const writer = (level) => (...values) => write(level, values, '');
  const ignore = () => {};
  const consoleObject = {
    debug: writer(DEBUG),
    log: writer(LOG),
    info: writer(INFO),
    warn: writer(WARN),
    error: writer(ERROR),
    trace: (...values) => write(DEBUG, values, 'Trace:'),
    assert: (condition, ...values) => { if (!condition) write(ERROR, values, 'Assertion failed:'); },
    dir: (value) => write(LOG, [value], ''),
    table: writer(LOG),
    group: writer(LOG),
    groupCollapsed: writer(LOG),
    groupEnd: ignore, time: ignore, timeEnd: ignore, timeLog: ignore,
    count: ignore, countReset: ignore, clear: ignore,
  };

  // ---- timers: a list in the order in which they fall due ----

  const MAX_TIMERS = 10000, MAX_DELAY = 2147483647;
  let first = null, last = null, timers = 0, serial = 0;
  let byId = { __proto__: null };

  const insert = (timer) => {
    let before = last;
    while (before !== null && before.due > timer.due) before = before.previous;
    timer.previous = before;
    timer.next = before === null ? first : before.next;
    if (timer.next === null) last = timer; else timer.next.previous = timer;
    if (before === null) first = timer; else before.next = timer;
    byId[timer.id] = timer;
    timers++;
  };

  const remove = (timer) => {
    if (timer.previous === null) first = timer.next; else timer.previous.next = timer.next;
    if (timer.next === null) last = timer.previous; else timer.next.previous = timer.previous;
    delete byId[timer.id];
    timers--;
  };

  const start = (name, callback, delay, values, repeats) => {
    if (typeof callback !== 'function') throw new TypeErrorClass(name + ' needs a function');
    if (timers >= MAX_TIMERS) throw new RangeErrorClass('more than ' + MAX_TIMERS + ' timers');
    let every = toNumber(delay);
    if (!(every > 0)) every = 0;
    if (every > MAX_DELAY) every = MAX_DELAY;
    if (repeats && every < 1) every = 1;
    const id = ++serial;
    insert({
      __proto__: null, id, callback, values, every: repeats ? every : -1,
      due: hostNow() + every, previous: null, next: null,
    });
    return id;
  };

  const stop = (id) => {
    if (typeof id !== 'number') return;
    const timer = byId[id];
    if (timer !== undefined) remove(timer);
  };

  // Runs at most one timer. Returns the milliseconds until the next one, 0 after running one, -1
  // when there is none.
  const fire = (now) => {
    const timer = first;
    if (timer === null) return -1;
    if (timer.due > now) return timer.due - now;
    remove(timer);
    if (timer.every >= 0) {
      timer.due = now + timer.every;
      insert(timer);
    }
    apply(timer.callback, undefined, timer.values);
    return 0;
  };

  const globals = {
    console: consoleObject,
    setTimeout: (callback, delay, ...values) => start('setTimeout', callback, delay, values, false),
    setInterval: (callback, delay, ...values) => start('setInterval', callback, delay, values, true),
    clearTimeout: (id) => stop(id),
    clearInterval: (id) => stop(id),
  };
  for (const name of keys(globals)) {
    defineProperty(globalThis, name, {
      value: globals[name], writable: true, enumerable: false, configurable: true,
    });
  }

  defineProperty(Math, 'random', {
    value: hostRandom, writable: true, enumerable: false, configurable: true,
  });

  // ---- entry points ----

  let handler, functionId, functionName, readsContext;
  const contextPrototype = {
    toString() { return this.instanceId; },
  };
  defineProperty(contextPrototype, 'toString', { enumerable: false });

  // Not the context's own, so that a context that is logged or copied does not tell secrets.
  const setEnvironment = (env) => {
    defineProperty(contextPrototype, 'env', {
      __proto__: null, value: freeze(setPrototypeOf(env, null)), configurable: true,
    });
  };
  setEnvironment({});

  const CYCLE = 'circular reference', BIG_INT = 'BigInt are forbidden in JSON.stringify';

  // What JSON would leave out without a word.
  const refuseSilent = (_, value) => {
    const type = typeof value;
    if (type === 'function' || type === 'symbol') {
      throw new TypeErrorClass('the result is not JSON: it contains a ' + type);
    }
    return value;
  };

  const finish = (value) => {
    if (value === undefined) return 'null';
    let text;
    try {
      text = typeof value === 'object' ? stringify(value, refuseSilent) : stringify(value);
    } catch (error) {
      if (isError(error)) {
        const message = ownValue(error, 'message');
        if (message === CYCLE) throw new TypeErrorClass('the result is not JSON: it contains a cycle');
        if (message === BIG_INT) throw new TypeErrorClass('the result is not JSON: it contains a BigInt');
      }
      throw error;
    }
    if (text === undefined) {
      const kind = typeof value === 'object' ? 'an object whose toJSON gives no JSON' : 'a ' + typeof value;
      throw new TypeErrorClass('the result is not JSON: it is ' + kind);
    }
    return text;
  };

  // The text of the result, or an object that may be waited for.
  const run = (text, executionId, attempt, deadline, instanceId) => {
    full = false;
    if (timers > 0) {
      first = last = null;
      timers = 0;
      byId = { __proto__: null };
    }
    const value = readsContext
      ? handler(parse(text), {
          __proto__: contextPrototype,
          executionId, functionId, functionName, attempt, deadline, instanceId,
        })
      : handler(parse(text));
    if (value !== null && (typeof value === 'object' || typeof value === 'function')) {
      if (typeof value.then === 'function') return value;
    }
    return finish(value);
  };

  const adopt = (thenable) => new PromiseClass((resolve) => resolve(thenable));

  const install = (code, id, name, reads, environment) => {
    let entry = code;
    if (typeof entry !== 'function' && entry !== null && typeof entry === 'object') {
      entry = typeof code.default === 'function' ? code.default : code.handler;
    }
    if (typeof entry !== 'function') {
      throw new TypeErrorClass('there is no function to call: what is named or exported as the handler is ' + safely(entry));
    }
    handler = entry;
    functionId = id;
    functionName = name;
    readsContext = reads;
    if (reads && environment !== undefined) setEnvironment(parse(environment));
  };

  const rename = (name) => { functionName = name; };

  // Fills `[message, stack]` for what was thrown.
  const describe = (thrown) => {
    nodes = 0;
    if (!isError(thrown)) return [clean(cut(safely(thrown), MAX_TEXT)), undefined];
    const stack = thrown.stack;
    return [
      clean(head(thrown.name, thrown.message)),
      typeof stack === 'string' ? clean(cut(stack, MAX_TEXT)) : undefined,
    ];
  };

  return { run, finish, adopt, fire, install, rename, describe };
})
