// Host calls: `context.NAME.FUNCTION(argument)` returns a promise. Loaded into isolates whose
// function has bindings, before its code.
//
// A call is queued until the code waits; the host then takes as many as may run at a time. What a
// call has queued when its handler returns is dropped.
(function (builtins, contextPrototype, hostFunctions, textOf) {
  'use strict';
  const { put, freeze, defineProperty, parse, ownKeys, ownValue, PromiseClass, ErrorClass, ProxyClass } = builtins;
  const { bytesOf, check } = hostFunctions;

  // The queue, and the calls that the host has taken.
  let first = null, last = null, taken = { __proto__: null };
  let running = 0, serial = 0;

  const describe = (error, code, message) => {
    defineProperty(error, 'message', { __proto__: null, value: message, writable: true, configurable: true });
    defineProperty(error, 'code', {
      __proto__: null, value: code, writable: true, enumerable: true, configurable: true,
    });
    return error;
  };

  const encode = (argument) => {
    if (typeof argument === 'object' && argument !== null) {
      const bytes = bytesOf(argument);
      if (bytes !== undefined) return bytes;
    }
    return textOf(argument);
  };

  // The error is made here, so that its stack is the one of the call.
  const send = (binding, method, name, argument) => new PromiseClass((resolve, reject) => {
    const error = new ErrorClass();
    const value = encode(argument);
    const wrong = check(value);
    if (wrong !== undefined) {
      return void reject(describe(error, wrong.code, 'the argument of ' + name + ' ' + wrong.message));
    }
    const call = { __proto__: null, id: ++serial, binding, method, value, resolve, reject, error, next: null };
    if (last === null) first = call; else last.next = call;
    last = call;
  });

  // Names that code looks up in any object, to find out what it is. They are not functions.
  const COMMON = {
    __proto__: null,
    then: 1, toJSON: 1, toString: 1, valueOf: 1, constructor: 1, prototype: 1, length: 1, name: 1,
    ['__proto__']: 1,
  };

  const unknown = (binding, method, known) => () => new PromiseClass((_, reject) => {
    let list = '';
    for (let i = 0; i < known.length; i++) list += (i === 0 ? '' : ', ') + known[i];
    reject(describe(
      new ErrorClass(), 'ERR_UNKNOWN_HOST_FUNCTION',
      binding + ' has no function ' + method + ': it has ' + (list === '' ? 'none' : list),
    ));
  });

  const bindingOf = (index, name, methods) => {
    const target = { __proto__: null };
    for (let i = 0; i < methods.length; i++) {
      const method = methods[i], full = name + '.' + method;
      const value = { [method](argument) { return send(index, i, full, argument); } }[method];
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

  // Not own properties of the context, so that logging or copying the context does not show them.
  const bind = (text) => {
    const bindings = parse(text);
    for (let i = 0; i < bindings.length; i++) {
      const { 0: name, 1: methods } = bindings[i];
      defineProperty(contextPrototype, name, {
        __proto__: null, value: bindingOf(i, name, methods), configurable: true,
      });
    }
  };

  // Four values for each call, of at most `limit` that run at a time.
  const outgoing = (limit) => {
    const list = [];
    while (first !== null && running < limit) {
      const call = first;
      first = call.next;
      if (first === null) last = null;
      put(list, call.id);
      put(list, call.binding);
      put(list, call.method);
      put(list, call.value);
      call.value = undefined;
      taken[call.id] = call;
      running++;
    }
    return list;
  };

  const deliver = (id, isError, value, code) => {
    const call = taken[id];
    if (call === undefined) return;
    delete taken[id];
    running--;
    if (isError) call.reject(describe(call.error, code, value));
    else call.resolve(typeof value === 'string' ? parse(value) : value);
  };

  const isWaiting = () => running > 0 || first !== null;

  const reset = () => {
    first = last = null;
    if (running === 0) return;
    taken = { __proto__: null };
    running = 0;
  };

  return { bind, outgoing, deliver, isWaiting, reset };
})
