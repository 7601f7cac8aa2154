// What the parts of the platform have in common: what Web IDL says about interfaces and conversions.
// Has no globals.
(function (use, native) {
  'use strict';
  const { apply, ownKeys } = Reflect;
  const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object;
  const { isView } = ArrayBuffer;
  const { toWellFormed } = String.prototype;
  const Bytes = Uint8Array, Failure = TypeError, Cursors = WeakMap;
  const { get: getCursor, set: setCursor } = WeakMap.prototype;
  const getter = (object, name) => getOwnPropertyDescriptor(object, name).get;

  const typedArray = getPrototypeOf(Uint8Array.prototype);
  const typedName = getter(typedArray, Symbol.toStringTag);
  const typedBuffer = getter(typedArray, 'buffer');
  const typedOffset = getter(typedArray, 'byteOffset');
  const typedLength = getter(typedArray, 'byteLength');
  const viewBuffer = getter(DataView.prototype, 'buffer');
  const viewOffset = getter(DataView.prototype, 'byteOffset');
  const viewLength = getter(DataView.prototype, 'byteLength');
  const bufferLength = getter(ArrayBuffer.prototype, 'byteLength');
  const bufferDetached = getter(ArrayBuffer.prototype, 'detached');
  const bufferImmutable = getter(ArrayBuffer.prototype, 'immutable');
  const sharedLength = typeof SharedArrayBuffer === 'undefined'
    ? undefined
    : getter(SharedArrayBuffer.prototype, 'byteLength');

  // A string in which each lone surrogate is replaced.
  const usv = (value) => apply(toWellFormed, `${value}`, []);

  const isObject = (value) =>
    (typeof value === 'object' && value !== null) || typeof value === 'function';

  // The options of a call: undefined and null stand for none.
  const dictionary = (value, what) => {
    if (value === undefined || value === null) return { __proto__: null };
    if (!isObject(value)) throw new Failure(`${what} must be an object`);
    return value;
  };

  const need = (found, count, name) => {
    if (found < count) {
      throw new Failure(`${name} needs ${count === 1 ? 'an argument' : `${count} arguments`}`);
    }
  };

  // The name of a typed array's class; undefined for other values.
  const typedArrayName = (value) => apply(typedName, value, []);

  const isShared = (value) => {
    if (sharedLength === undefined) return false;
    try {
      apply(sharedLength, value, []);
      return true;
    } catch {
      return false;
    }
  };

  const isBuffer = (value) => {
    try {
      apply(bufferLength, value, []);
      return true;
    } catch {
      return isShared(value);
    }
  };

  const isBufferSource = (value) => isObject(value) && (isView(value) || isBuffer(value));

  // The bytes of a buffer or view, in place. Those of a detached buffer are none.
  const bytesOf = (value, what) => {
    if (isObject(value)) {
      if (isView(value)) {
        const kind = typedArrayName(value);
        if (kind === 'Uint8Array') return value;
        if (kind !== undefined) {
          const length = apply(typedLength, value, []);
          if (length === 0) return new Bytes(0);
          return new Bytes(apply(typedBuffer, value, []), apply(typedOffset, value, []), length);
        }
        const buffer = apply(viewBuffer, value, []);
        if (!isShared(buffer) && apply(bufferDetached, buffer, [])) return new Bytes(0);
        return new Bytes(buffer, apply(viewOffset, value, []), apply(viewLength, value, []));
      }
      if (isShared(value)) return new Bytes(value);
      if (isBuffer(value)) {
        return apply(bufferDetached, value, []) ? new Bytes(0) : new Bytes(value);
      }
    }
    throw new Failure(`${what} must be an ArrayBuffer, a typed array or a DataView`);
  };

  // Throws if the bytes of a typed array cannot be written.
  const checkWritable = (view, what) => {
    const buffer = apply(typedBuffer, view, []);
    if (bufferImmutable !== undefined && !isShared(buffer) && apply(bufferImmutable, buffer, [])) {
      throw new Failure(`${what} must not be immutable`);
    }
  };

  // Gives a class the attributes that Web IDL asks for: members are enumerable, and it has a name.
  const exposed = new WeakSet();
  const expose = (Class, name = Class.name) => {
    const members = (object) => {
      for (const key of ownKeys(object)) {
        if (typeof key !== 'string' || key === 'constructor') continue;
        if (key === 'prototype' || key === 'name' || key === 'length') {
          if (object === Class) continue;
        }
        const descriptor = getOwnPropertyDescriptor(object, key);
        descriptor.enumerable = true;
        descriptor.__proto__ = null;
        defineProperty(object, key, descriptor);
      }
    };
    members(Class);
    members(Class.prototype);
    defineProperty(Class.prototype, Symbol.toStringTag, {
      __proto__: null, value: name, writable: false, enumerable: false, configurable: true,
    });
    exposed.add(Class.prototype);
    return Class;
  };

  // Whether an object is of a class that was exposed.
  const isExposed = (object) => {
    for (let at = getPrototypeOf(object); at !== null; at = getPrototypeOf(at)) {
      if (exposed.has(at)) return true;
    }
    return false;
  };

  // Defines constants on a class and on its prototype.
  const constants = (Class, values) => {
    for (const name of ownKeys(values)) {
      const property = { __proto__: null, value: values[name], enumerable: true };
      defineProperty(Class, name, property);
      defineProperty(Class.prototype, name, property);
    }
  };

  // The method that makes an iterator of a value; undefined if there is none.
  const iterator = (value, what) => {
    const method = value[Symbol.iterator];
    if (method === undefined || method === null) return undefined;
    if (typeof method !== 'function') throw new Failure(`${what} has an iterator that is not a function`);
    return method;
  };

  // The elements of a sequence. Each is converted before the next is taken.
  const sequence = (value, what, convert = (element) => element) => {
    const method = isObject(value) ? iterator(value, what) : undefined;
    if (method === undefined) throw new Failure(`${what} must be iterable`);
    const elements = [];
    for (const element of { [Symbol.iterator]: () => apply(method, value, []) }) {
      elements.push(convert(element));
    }
    return elements;
  };

  // A number as `[EnforceRange] unsigned long long`.
  const enforced = (value, what) => {
    const number = Math.trunc(Number(value));
    if (!(number >= 0 && number <= Number.MAX_SAFE_INTEGER)) {
      throw new Failure(`${what} must be an integer from 0 to 2 ** 53 - 1`);
    }
    return number;
  };

  // Makes a class iterable as Web IDL's `iterable<key, value>`: `at(object, index)` returns a pair of
  // the object, or undefined at its end. Changes of the object show in iterators that exist.
  const iterable = (Class, name, at) => {
    const cursors = new Cursors();
    const prototype = {
      __proto__: Iterator.prototype,
      next() {
        const cursor = apply(getCursor, cursors, [this]);
        if (cursor === undefined) throw new Failure(`next needs a ${name} Iterator`);
        const pair = at(cursor.object, cursor.index);
        if (pair === undefined) return { value: undefined, done: true };
        cursor.index++;
        const { kind } = cursor;
        return { value: kind === 2 ? [pair[0], pair[1]] : pair[kind], done: false };
      },
    };
    defineProperty(prototype, Symbol.toStringTag, {
      __proto__: null, value: `${name} Iterator`, configurable: true,
    });
    const start = (object, kind) => {
      // Fails for objects of other classes.
      at(object, 0);
      const iterator = { __proto__: prototype };
      apply(setCursor, cursors, [iterator, { object, kind, index: 0 }]);
      return iterator;
    };
    const methods = {
      entries() { return start(this, 2); },
      keys() { return start(this, 0); },
      values() { return start(this, 1); },
      forEach(callback, thisArgument = undefined) {
        at(this, 0);
        if (typeof callback !== 'function') throw new Failure('forEach needs a function');
        for (let index = 0; ; index++) {
          const pair = at(this, index);
          if (pair === undefined) return;
          apply(callback, thisArgument, [pair[1], pair[0], this]);
        }
      },
    };
    for (const key of ownKeys(methods)) {
      defineProperty(Class.prototype, key, {
        __proto__: null, value: methods[key], writable: true, enumerable: true, configurable: true,
      });
    }
    defineProperty(Class.prototype, Symbol.iterator, {
      __proto__: null, value: methods.entries, writable: true, enumerable: false,
      configurable: true,
    });
  };

  return {
    usv, isObject, dictionary, need, typedArrayName, isBufferSource, bytesOf, checkWritable, expose,
    isExposed, constants, iterator, sequence, enforced, iterable,
  };
})
