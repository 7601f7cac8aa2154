// Host calls: `context.NAME.FUNCTION(argument)` returns a promise. Loaded into isolates whose
// function has bindings, before its code.
//
// A call is queued until the code waits; the host then takes as many as may run at a time. What a
// call has queued when its handler returns is dropped.
//
// A stream is an argument or a result in pieces. It has a number, and each piece is a call of its
// own: an action on that number.
(function (builtins, contextPrototype, hostFunctions, textOf, platform) {
  'use strict';
  const {
    put: add, freeze, defineProperty, parse, ownKeys, ownValue, PromiseClass, ErrorClass, ProxyClass,
    TypeErrorClass, apply, withResolvers, slice, startsWith,
  } = builtins;
  const { bytesOf, check, part } = hostFunctions;

  // The actions, as `StreamAction` in Rust has them.
  const READ = 0, CANCEL = 1, WRITE = 2, END = 3, ABORT = 4;
  // The number that stands for the binding in an action.
  const ACTION = -1;

  // The queue of calls, the queue of actions, and what the host has taken.
  const queue = () => ({ __proto__: null, first: null, last: null });
  let calls = queue(), actions = queue(), taken = { __proto__: null };
  let running = 0, acting = 0, serial = 0, streams = 0;

  const put = (queue, call) => {
    if (queue.last === null) queue.first = call; else queue.last.next = call;
    queue.last = call;
  };
  const pop = (queue) => {
    const call = queue.first;
    queue.first = call.next;
    if (queue.first === null) queue.last = null;
    taken[call.id] = call;
    return call;
  };

  const describe = (error, code, message) => {
    defineProperty(error, 'message', { __proto__: null, value: message, writable: true, configurable: true });
    defineProperty(error, 'code', {
      __proto__: null, value: code, writable: true, enumerable: true, configurable: true,
    });
    return error;
  };

  const isObject = (value) => typeof value === 'object' && value !== null;

  const encode = (argument) => {
    if (isObject(argument)) {
      const bytes = bytesOf(argument);
      if (bytes !== undefined) return bytes;
    }
    return textOf(argument);
  };

  // Queues a call or an action. Returns its promise and the call. The error is made here, so that
  // its stack is the one of the call. An executor would swallow the interruption of a call that is
  // stopped; so this uses none.
  const queued = (queue, binding, method, stream, value) => {
    const { promise, resolve, reject } = apply(withResolvers, PromiseClass, []);
    put(queue, {
      __proto__: null, id: ++serial, binding, method, stream, value, resolve, reject,
      error: new ErrorClass(), isRaw: false, next: null,
    });
    return promise;
  };

  const rejected = (error) => {
    const { promise, reject } = apply(withResolvers, PromiseClass, []);
    reject(error);
    return promise;
  };

  const call = (binding, method, name, argument) => {
    try {
      if (isStream(argument)) {
        const reader = argument.getReader(), stream = ++streams;
        const result = queued(calls, binding, method, stream, undefined);
        send(reader, stream);
        return result;
      }
      const value = encode(argument);
      const wrong = check(value);
      if (wrong === undefined) return queued(calls, binding, method, 0, value);
      const message = 'the argument of ' + name + ' ' + wrong.message;
      return rejected(describe(new ErrorClass(), wrong.code, message));
    } catch (error) {
      return rejected(error);
    }
  };

  // ---- streams ----

  const isStream = (value) => isObject(value) && typeof value.getReader === 'function';

  const act = (action, stream, value) => queued(actions, ACTION, action, stream, value);

  // The next piece of a stream of the code, as bytes; `undefined` at its end.
  const read = async (reader) => {
    const { value, done } = await reader.read();
    if (done) return undefined;
    const piece = isObject(value) ? bytesOf(value) : undefined;
    if (piece === undefined) throw new TypeErrorClass('a piece of the stream is no Uint8Array');
    return piece;
  };

  // Sends the pieces of an argument. An error of either side ends the stream of the other.
  const send = async (reader, stream) => {
    try {
      for (;;) {
        let piece;
        try {
          piece = await read(reader);
        } catch (error) {
          await act(ABORT, stream);
          throw error;
        }
        if (piece === undefined) return void await act(END, stream);
        for (let start = 0; start < piece.length;) {
          const next = part(piece, start);
          start += next.length;
          await act(WRITE, stream, next);
        }
      }
    } catch (error) {
      try { await reader.cancel(error); } catch { /* The stream has failed by itself. */ }
    }
  };

  // ---- `fetch`, and the exchange of an HTTP request ----

  // The argument is bytes or a source of pieces, the result bytes or the number of a stream.
  const callRaw = (binding, method, argument) => {
    const stream = bytesOf(argument) === undefined ? ++streams : 0;
    const value = stream === 0 ? argument : undefined;
    const result = queued(calls, binding, method, stream, value);
    calls.last.isRaw = true;
    if (stream !== 0) send(argument, stream);
    return result;
  };
  const fetch = (argument) => callRaw(platform.network, 0, argument);
  const exchange = (method, argument) => callRaw(platform.exchange, method, argument);
  const readStream = (stream) => act(READ, stream);
  const cancelStream = (stream) => act(CANCEL, stream);

  // The body of a stream, of which `first` was read already, and how to fail it. `ended(error)` is
  // called when it ends, without an error or with one; then it returns the error that readers get.
  const receive = (stream, first, ended) => {
    const { ReadableStream } = platform.use('streams');
    let controller;
    const body = new ReadableStream({
      type: 'bytes',
      start(given) {
        controller = given;
        if (first !== undefined && first.length > 0) controller.enqueue(first);
      },
      async pull() {
        let piece;
        try {
          piece = await readStream(stream);
        } catch (error) {
          throw ended(error);
        }
        if (piece !== null) return void controller.enqueue(piece);
        ended();
        controller.close();
        const { byobRequest } = controller;
        if (byobRequest) byobRequest.respond(0);
      },
      cancel() {
        ended();
        return cancelStream(stream);
      },
    });
    const fail = (reason) => {
      controller.error(reason);
      cancelStream(stream).catch(() => {});
    };
    return { body, fail };
  };
  const unchanged = (error) => error;

  // Names that code looks up in any object, to find out what it is. They are not functions.
  const COMMON = {
    __proto__: null,
    then: 1, toJSON: 1, toString: 1, valueOf: 1, constructor: 1, prototype: 1, length: 1, name: 1,
    ['__proto__']: 1,
  };

  const unknown = (binding, method, known) => () => {
    let list = '';
    for (let i = 0; i < known.length; i++) list += (i === 0 ? '' : ', ') + known[i];
    return rejected(describe(
      new ErrorClass(), 'ERR_UNKNOWN_HOST_FUNCTION',
      binding + ' has no function ' + method + ': it has ' + (list === '' ? 'none' : list),
    ));
  };

  const bindingOf = (index, name, methods) => {
    const target = { __proto__: null };
    for (let i = 0; i < methods.length; i++) {
      const method = methods[i], full = name + '.' + method;
      const value = { [method](argument) { return call(index, i, full, argument); } }[method];
      defineProperty(target, method, { __proto__: null, value: freeze(value), enumerable: true });
    }
    return new ProxyClass(freeze(target), {
      __proto__: null,
      get(_, key) {
        const method = ownValue(target, key);
        if (method !== undefined || typeof key !== 'string' || COMMON[key] === 1) return method;
        return unknown(name, key, ownKeys(target));
      },
    });
  };

  // A namespace of keys and values, which is made when the code first reads it. The first one is
  // `context.kv` too.
  let hasFirst = false;
  const bindNamespace = (index, name) => {
    let namespace;
    const ask = (method, frame) => {
      const wrong = check(frame);
      if (wrong === undefined) return queued(calls, index, method, 0, frame);
      const message = 'the value is too large: with its key it ' + wrong.message;
      return rejected(describe(new ErrorClass(), 'ERR_KV_VALUE_TOO_LARGE', message));
    };
    const property = {
      __proto__: null, configurable: true,
      get: () => (namespace ??= platform.use('kv').make(ask)),
    };
    defineProperty(contextPrototype, name, property);
    if (!hasFirst) defineProperty(contextPrototype, 'kv', property);
    hasFirst = true;
  };

  // Not own properties of the context, so that logging or copying the context does not show them.
  const bind = (text) => {
    const bindings = parse(text);
    for (let i = 0; i < bindings.length; i++) {
      const { 0: name, 1: methods } = bindings[i];
      if (apply(startsWith, name, ['#kv:'])) {
        bindNamespace(i, apply(slice, name, [4]));
        continue;
      }
      defineProperty(contextPrototype, name, {
        __proto__: null, value: bindingOf(i, name, methods), configurable: true,
      });
    }
  };

  // Five values for each action and call. At most `limit` calls run at a time; a stream has at most
  // one action at a time.
  const outgoing = (limit) => {
    const list = [];
    const take = (call) => {
      add(list, call.id);
      add(list, call.binding);
      add(list, call.method);
      add(list, call.stream);
      add(list, call.value);
      call.value = undefined;
    };
    for (; actions.first !== null && acting < 2 * limit; acting++) take(pop(actions));
    for (; calls.first !== null && running < limit; running++) take(pop(calls));
    return list;
  };

  // `kind`: 0 for a value, 1 for an error, 2 for the number of a stream.
  const deliver = (id, kind, value, code) => {
    const call = taken[id];
    if (call === undefined) return;
    delete taken[id];
    if (call.binding === ACTION) acting--; else running--;
    if (kind === 1) call.reject(describe(call.error, code, value));
    else if (kind === 2) call.resolve(call.isRaw ? value : receive(value, undefined, unchanged).body);
    else call.resolve(typeof value === 'string' ? parse(value) : value);
  };

  const isWaiting = () =>
    running > 0 || acting > 0 || calls.first !== null || actions.first !== null;

  const reset = () => {
    if (!isWaiting()) return;
    calls = queue();
    actions = queue();
    taken = { __proto__: null };
    running = acting = 0;
  };

  return { bind, outgoing, deliver, isWaiting, reset, fetch, exchange, receive, read: readStream, cancel: cancelStream };
})
