// The JavaScript side of an isolate: the globals that user code finds, and the entry points that
// the host calls. It keeps a reference to each builtin that it needs, before user code can replace it.
//
// Evaluates to a function that the host calls once, with its own functions and with what
// `guards.js` returned, to which the host added the object that `web/loader.js` returned.
(function (hostLog, hostSkip, hostNow, hostRandom, hostLoad, guards, hostFunctions, hostModules) {
  'use strict';
  const { put, cleanStack, release, useMaps, platform } = guards;
  const { use } = platform;
  const { parse, stringify } = JSON;
  const { apply, ownKeys } = Reflect;
  const {
    keys, getPrototypeOf, setPrototypeOf, getOwnPropertyDescriptor, defineProperty, freeze,
  } = Object;
  const { isError } = Error;
  const { withResolvers } = Promise;
  const PromiseClass = Promise, TypeErrorClass = TypeError, RangeErrorClass = RangeError;
  const toText = String, toNumber = Number;
  const { slice, startsWith, toWellFormed, indexOf, lastIndexOf, charCodeAt } = String.prototype;
  const { bind } = Function.prototype;
  const { toStringTag } = Symbol;

  // What `inspect.js`, `console.js` and `bindings.js` need: they are loaded when they are first
  // used, and user code may have replaced anything by then.
  const builtins = {
    __proto__: null,
    apply, ownKeys, keys, getPrototypeOf, getOwnPropertyDescriptor, isError, put, stringify,
    toText, toNumber, slice, indexOf, charCodeAt, parseInt, parseFloat,
    isArray: Array.isArray, min: Math.min,
    toFixed: Number.prototype.toFixed,
    symbolText: Symbol.prototype.toString,
    dateText: Date.prototype.toISOString,
    regExpText: RegExp.prototype.toString,
    objectText: Object.prototype.toString, arrayText: Array.prototype.toString,
    errorText: Error.prototype.toString,
    mapEach: Map.prototype.forEach, setEach: Set.prototype.forEach,
    ErrorClass: Error, ProxyClass: Proxy, ExceptionClass: DOMException, DateClass: Date, RegExpClass: RegExp, PromiseClass, MapClass: Map, SetClass: Set,
    BinaryClass: getPrototypeOf(Uint8Array),
  };

  const MAX_TEXT = 65536;

  // Half of a surrogate pair cannot be written in UTF-8.
  const clean = (text) => apply(toWellFormed, text, []);

  const cut = (text, max) => (text.length > max ? apply(slice, text, [0, max]) + '…' : text);

  const ownValue = (object, key) => {
    const property = getOwnPropertyDescriptor(object, key);
    return property === undefined ? undefined : property.value;
  };

  let inspector;
  const inspect = () => (inspector ??= hostLoad(0)(builtins));

  // ---- modules ----

  let moduleSystem, mainFile = '';
  const modules = () => (moduleSystem ??= hostLoad(3)(
    { __proto__: null, ...builtins, lastIndexOf, defineProperty, TypeErrorClass },
    parse, use, hostModules,
  ));
  const synthesize = (name, known, isBuiltin) => modules().synthesize(name, known, isBuiltin);
  // Evaluates the main file, a CommonJS module: what its function returned, and its `module`.
  const runMain = (name, code) => modules().main(name, code);
  const setMain = (name) => { mainFile = name; };

  // A script has `require` as a global; a CommonJS file of several has its own.
  let globalRequire;
  defineProperty(globalThis, 'require', {
    __proto__: null, enumerable: false, configurable: true,
    get: () => (globalRequire ??= modules().requireFrom(mainFile)),
    set: (value) => {
      defineProperty(globalThis, 'require', {
        __proto__: null, value, writable: true, enumerable: false, configurable: true,
      });
    },
  });

  // Text for any value. Runs user code: getters of errors, traps of proxies.
  const safely = (value) => (typeof value === 'string' ? value : inspect().safely(value));

  // ---- console ----

  const LEVELS = { __proto__: null, debug: 0, log: 1, info: 2, warn: 3, error: 4 };
  let full = false, printer;

  const print = (level, text) => { full = hostLog(level, clean(cut(text, MAX_TEXT))); };

  const printWith = (name, values) => {
    const level = LEVELS[name];
    if (level !== undefined) {
      if (full) return void hostSkip();
      // One text needs no formatting.
      if (printer === undefined && values.length === 1 && typeof values[0] === 'string') {
        return void print(level, values[0]);
      }
    }
    printer ??= hostLoad(1)(builtins, inspect(), print, hostNow, cleanStack);
    printer[name](values);
  };

  const consoleObject = {};
  for (const name of [
    'debug', 'log', 'info', 'warn', 'error', 'dir', 'dirxml', 'table', 'trace', 'assert', 'count',
    'countReset', 'time', 'timeLog', 'timeEnd', 'group', 'groupCollapsed', 'groupEnd', 'clear',
  ]) {
    consoleObject[name] = { [name](...values) { printWith(name, values); } }[name];
  }

  // ---- timers: a list in the order in which they are due ----

  const MAX_TIMERS = 10000;
  let first = null, last = null, timers = 0, serial = 0, call = 0;
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
    if (typeof callback !== 'function') {
      throw new TypeErrorClass(name + ' needs a function' + (typeof callback === 'string' ? ': it does not run text as code' : ''));
    }
    if (timers >= MAX_TIMERS) throw new RangeErrorClass('more than ' + MAX_TIMERS + ' timers');
    // As the web converts it: a delay of 2 ** 31 or more is none.
    let every = toNumber(delay) | 0;
    if (every < 0) every = 0;
    if (repeats && every < 1) every = 1;
    const id = ++serial;
    insert({
      __proto__: null, id, callback, values, every: repeats ? every : -1,
      due: hostNow() + every, previous: null, next: null,
    });
    return id;
  };

  const stop = (id) => {
    const timer = byId[toNumber(id)];
    if (timer !== undefined) remove(timer);
  };

  // Runs at most one timer. Returns the milliseconds until the next one, or 0 after running one.
  // Without a timer it returns -2 if there are host calls, or else -1.
  const fire = (now) => {
    release();
    const timer = first;
    if (timer === null) return calls !== undefined && calls.isWaiting() ? -2 : -1;
    if (timer.due > now) return timer.due - now;
    remove(timer);
    if (timer.every >= 0) {
      timer.due = now + timer.every;
      insert(timer);
    }
    apply(timer.callback, globalThis, timer.values);
    return 0;
  };

  const globals = {
    console: consoleObject,
    setTimeout: (handler, timeout = 0, ...values) => start('setTimeout', handler, timeout, values, false),
    setInterval: (handler, timeout = 0, ...values) => start('setInterval', handler, timeout, values, true),
    clearTimeout: (id = 0) => { stop(id); },
    clearInterval: (id = 0) => { stop(id); },
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

  let handler, functionId, functionName, functionVersion, readsContext, takesInstanceId;
  let memory = 0;
  // Besides `env` and the bindings, what AWS Lambda's context has.
  const contextPrototype = {
    toString() { return this.instanceId; },
    get awsRequestId() { return this.executionId; },
    get memoryLimitInMB() { return toText(memory); },
    getRemainingTimeInMillis() { return this.deadline > hostNow() ? this.deadline - hostNow() : 0; },
  };
  const reserved = { __proto__: null, env: true, constructor: true };
  for (const name of ownKeys(contextPrototype)) {
    reserved[name] = true;
    defineProperty(contextPrototype, name, { enumerable: false });
  }

  // ---- handlers of other platforms ----

  let formSystem;
  const forms = () => (formSystem ??= hostLoad(4)({
    __proto__: null, ...builtins, defineProperty, parse, TypeErrorClass, reserved,
    environment: () => contextPrototype.env,
  }));
  const prepareForms = (kind, usesDeno, environment) => {
    if (environment !== undefined) setEnvironment(parse(environment));
    forms().prepare(kind, usesDeno);
  };
  const PLAIN = { __proto__: null, body: 1, expression: 1, function: 1, export: 1, lambda: 1 };

  // Not an own property of the context, so that logging or copying the context reveals no secrets.
  const setEnvironment = (env) => {
    defineProperty(contextPrototype, 'env', {
      __proto__: null, value: freeze(setPrototypeOf(env, null)), configurable: true,
    });
  };
  setEnvironment({});

  // ---- host calls ----

  let calls;
  const hostCalls = () => {
    calls ??= hostLoad(2)(
      {
        __proto__: null, ...builtins,
        freeze, defineProperty, parse, ownValue, TypeErrorClass, withResolvers, startsWith,
      },
      contextPrototype, hostFunctions, argumentText, platform,
    );
    return calls;
  };
  const bindHost = (text) => { hostCalls().bind(text); };
  const outgoing = (limit) => (calls === undefined ? [] : calls.outgoing(limit));
  const deliver = (id, kind, value, code) => { calls.deliver(id, kind, value, code); };

  // ---- results ----

  const CYCLE = 'circular reference', BIG_INT = 'BigInt are forbidden in JSON.stringify';

  // Refuses what JSON would leave out. `what` names the value in errors.
  const refusing = (what) => (_, part) => {
    const type = typeof part;
    if (type === 'function' || type === 'symbol') {
      throw new TypeErrorClass(what + ' is not JSON: it contains a ' + type);
    }
    return part;
  };
  const RESULT = 'the result', ARGUMENT = 'the argument';
  const refuseInResult = refusing(RESULT), refuseInArgument = refusing(ARGUMENT);

  const toJson = (value, what, refuse) => {
    let text;
    try {
      text = typeof value === 'object' ? stringify(value, refuse) : stringify(value);
    } catch (error) {
      if (isError(error)) {
        const message = ownValue(error, 'message');
        if (message === CYCLE) throw new TypeErrorClass(what + ' is not JSON: it contains a cycle');
        if (message === BIG_INT) throw new TypeErrorClass(what + ' is not JSON: it contains a BigInt');
      }
      throw error;
    }
    if (text === undefined) {
      const kind = typeof value === 'object' ? 'an object whose toJSON gives no JSON' : 'a ' + typeof value;
      throw new TypeErrorClass(what + ' is not JSON: it is ' + kind);
    }
    return text;
  };

  // Writes the result of an HTTP call; `null` in other calls.
  let answer = null;
  const finish = (value) => {
    if (answer !== null) return answer(value);
    return value === undefined ? 'null' : toJson(value, RESULT, refuseInResult);
  };
  const argumentText = (value) => (value === undefined ? 'null' : toJson(value, ARGUMENT, refuseInArgument));

  // Calls the handler. Returns the text of the result, or an object that may be a promise.
  const run = (text, isHttp, executionId, attempt, deadline, instanceId) => {
    full = false;
    call++;
    release();
    if (printer !== undefined) printer.reset();
    if (calls !== undefined) calls.reset();
    if (timers > 0) {
      first = last = null;
      timers = 0;
      byId = { __proto__: null };
    }
    answer = null;
    platform.trace = undefined;
    let value;
    if (isHttp) {
      const context = {
        __proto__: contextPrototype,
        executionId, functionId, functionName, functionVersion, attempt, deadline, instanceId,
      };
      answer = http().answer;
      value = http().run(parse(text), context);
    } else if (readsContext) {
      const context = {
        __proto__: contextPrototype,
        executionId, functionId, functionName, functionVersion, attempt, deadline, instanceId,
      };
      value = takesInstanceId
        ? handler(parse(text), context, instanceId)
        : handler(parse(text), context);
    } else {
      value = handler(parse(text));
    }
    if (value !== null && (typeof value === 'object' || typeof value === 'function')) {
      if (typeof value.then === 'function') return value;
    }
    return finish(value);
  };

  const adopt = (thenable) => new PromiseClass((resolve) => resolve(thenable));

  const HANDLERS = ['default', 'handler', 'main'];
  const isObject = (value) => value !== null && typeof value === 'object';

  // The handler among what a module exports. A method of an object is called as one.
  const findHandler = (exports, gateway) => {
    // A module's namespace is no object that its functions could mean by `this`.
    const isNamespace = exports[toStringTag] === 'Module';
    for (let i = 0; i < HANDLERS.length; i++) {
      const value = exports[HANDLERS[i]];
      if (typeof value === 'function') return isNamespace ? value : apply(bind, value, [exports]);
      if (i === 0 && isObject(value) && typeof value.handler === 'function') {
        return apply(bind, value.handler, [value]);
      }
    }
    const object = isObject(exports.default) ? exports.default : exports;
    if (typeof object.fetch === 'function') return forms().workers(object, gateway);
    return exports.default === undefined ? exports : exports.default;
  };

  // Calls what a lone expression evaluates to, when it is a function. Any other value is ignored.
  const callValue = (box, input, context) => {
    const { value } = box;
    return typeof value === 'function' ? value(input, context) : undefined;
  };
  const callSettled = async (promise, input, context) => callValue(await promise, input, context);
  const expression = (evaluate) => (input, context, instanceId) => {
    const box = evaluate(input, context, instanceId);
    return getPrototypeOf(box) === null
      ? callValue(box, input, context)
      : callSettled(box, input, context);
  };

  // The function of a handler that is called in its own way.
  const findFunction = (exports) => () => {
    const found = isObject(exports) ? findHandler(exports) : exports;
    if (typeof found === 'function') return found;
    // Google's functions are exported under names of their own.
    const names = keys(exports);
    for (let i = 0; i < names.length; i++) {
      if (typeof exports[names[i]] === 'function') return exports[names[i]];
    }
    throw new TypeErrorClass('there is no function to call: the exported handler is ' + safely(found));
  };

  // The handler of a program. `gateway` says how it gets its requests; `undefined`: from inputs.
  const find = (code, form, kind, gateway) => {
    let entry = code;
    if (!(kind in PLAIN)) entry = forms().adapt(kind, code, findFunction(code), gateway);
    else if (form === 'expression') entry = expression(code);
    else if (form === 'exports' && isObject(code)) entry = findHandler(code, gateway);
    if (typeof entry !== 'function') {
      throw new TypeErrorClass('there is no function to call: what is named or exported as the handler is ' + safely(entry));
    }
    return entry;
  };

  // ---- HTTP requests ----

  let httpSystem, findHttp, httpKind = '';
  const http = () => (httpSystem ??= hostLoad(5)(
    {
      __proto__: null, ...builtins, defineProperty, parse, TypeErrorClass,
      toJson: (value) => toJson(value, RESULT, refuseInResult),
    },
    platform, findHttp, httpKind, httpKind in PLAIN, () => takesInstanceId,
  ));

  const install = (code, id, name, version, reads, environment, form, kind, mebibytes) => {
    memory = mebibytes;
    handler = find(code, form, kind, undefined);
    findHttp = (gateway) => find(code, form, kind, gateway);
    httpKind = kind;
    takesInstanceId = form !== 'exports';
    functionId = id;
    functionName = name;
    functionVersion = version;
    readsContext = reads;
    if (reads && environment !== undefined) setEnvironment(parse(environment));
  };

  const rename = (name) => { functionName = name; };

  // An exception of the web platform is no `Error` to `isError`. The check runs traps of proxies.
  const isException = (value) => {
    try { return isError(value) || value instanceof builtins.ExceptionClass; } catch { return false; }
  };

  // Whether an error has no more to tell than its message and its stack.
  const isPlain = (error) => {
    const names = ownKeys(error);
    for (let i = 0; i < names.length; i++) {
      if (names[i] !== 'message' && names[i] !== 'stack') return false;
    }
    return typeof error.name === 'string' && typeof error.message === 'string';
  };

  // `[message, stack, details, wait]` of what was thrown. The details are its cause, its parts and its
  // own properties; the message tells them in short. `retry.js` says what the wait is.
  const describe = (thrown) => {
    if (!isException(thrown)) return [clean(cut(safely(thrown), MAX_TEXT))];
    // Only if code has used the errors that ask for something.
    const wait = platform.waitOf?.(thrown);
    const { stack } = thrown;
    const frames = typeof stack === 'string' ? clean(cut(stack, MAX_TEXT)) : undefined;
    if (isPlain(thrown)) {
      const { name, message } = thrown;
      const text = name === '' ? message : message === '' ? name : name + ': ' + message;
      return [clean(cut(text, MAX_TEXT)), frames, undefined, wait];
    }
    const { head, short, details } = inspect().ofError(thrown);
    return [clean(cut(head + short, MAX_TEXT)), frames, clean(cut(details, MAX_TEXT)), wait];
  };

  // ---- the web platform ----

  // What its parts use.
  platform.start = (callback, delay) => start('a timer', callback, delay, [], false);
  platform.stop = stop;
  // The number of the current call: what belongs to an earlier call is out of date.
  platform.call = () => call;
  platform.hostCalls = hostCalls;
  platform.describe = describe;
  // Logs what no code caught.
  platform.log = (thrown) => {
    if (full) return void hostSkip();
    let text = 'something that cannot be shown';
    try {
      const { 0: message, 1: frames, 2: details } = describe(thrown);
      text = message;
      if (frames !== undefined && frames !== '') text += '\n' + frames;
      if (details !== undefined) text += details;
    } catch { /* A getter threw. */ }
    print(LEVELS.error, 'Uncaught ' + text);
  };

  // Keeps the environment for code that runs before there is a handler.
  const prepare = (environment) => { platform.environment = environment; };

  // Whether a listener wants to hear of rejected promises that nothing handles.
  const hearsRejections = () => platform.listens !== undefined && platform.listens();
  // Tell the listeners what no code caught. Return whether one of them handled it.
  const tellRejection = (promise, reason) => platform.rejection(promise, reason);
  const tellError = (thrown) => platform.error !== undefined && platform.error(thrown);

  return {
    run, finish, adopt, fire, install, rename, describe, useMaps, synthesize, runMain, setMain, prepare,
    prepareForms, bind: bindHost, outgoing, deliver, hearsRejections, tellRejection, tellError,
  };
})
