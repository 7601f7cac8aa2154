// What WebIDL says about interfaces and conversions, for the other parts.
(function () {
  'use strict';
  const {
    defineProperty, getOwnPropertyDescriptor, getOwnPropertyNames,
  } = Object;

  // The prototypes of interfaces.
  const exposed = new WeakSet();
  const isExposed = (object) => {
    for (let at = Object.getPrototypeOf(object); at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
      if (exposed.has(at)) return true;
    }
    return false;
  };

  // Completes a class as an interface: its members are enumerable, and it has a string tag.
  const expose = (Class, tag = Class.name) => {
    const { prototype } = Class;
    const show = (object, omitted) => {
      for (const name of getOwnPropertyNames(object)) {
        if (omitted.includes(name)) continue;
        const property = getOwnPropertyDescriptor(object, name);
        if (!property.configurable) continue;
        property.enumerable = true;
        defineProperty(object, name, property);
      }
    };
    exposed.add(prototype);
    show(prototype, ['constructor']);
    show(Class, ['length', 'name', 'prototype']);
    if (getOwnPropertyDescriptor(prototype, Symbol.toStringTag) === undefined) {
      defineProperty(prototype, Symbol.toStringTag, {
        __proto__: null, value: tag, configurable: true,
      });
    }
    return Class;
  };

  // Defines constants on a class and on its prototype.
  const constants = (Class, values) => {
    for (const name of Object.keys(values)) {
      const property = { __proto__: null, value: values[name], enumerable: true };
      defineProperty(Class, name, property);
      defineProperty(Class.prototype, name, property);
    }
  };

  // Defines a property that is not enumerable.
  const hide = (object, name, value) => {
    defineProperty(object, name, { __proto__: null, value, writable: true, configurable: true });
  };

  // Throws if a call has fewer than `least` arguments.
  const need = (name, count, least) => {
    if (count < least) {
      throw new TypeError(`${name} needs ${least} argument${least === 1 ? '' : 's'}, but has ${count}`);
    }
  };

  const isObject = (value) =>
    (typeof value === 'object' && value !== null) || typeof value === 'function';

  const usv = (value) => `${value}`.toWellFormed();

  const dictionary = (value, name) => {
    if (value === undefined || value === null) return {};
    if (!isObject(value)) throw new TypeError(`${name} must be an object`);
    return value;
  };

  const iterator = (value, name) => {
    const method = value[Symbol.iterator];
    if (method === undefined || method === null) return undefined;
    if (typeof method !== 'function') throw new TypeError(`${name} has an iterator that is not a function`);
    return method;
  };

  // The elements of a sequence.
  const sequence = (value, name) => {
    const method = isObject(value) ? iterator(value, name) : undefined;
    if (method === undefined) throw new TypeError(`${name} must be iterable`);
    return [...{ [Symbol.iterator]: () => method.call(value) }];
  };

  // A number as `[EnforceRange] unsigned long long`.
  const enforced = (value, name) => {
    const number = Math.trunc(Number(value));
    if (!(number >= 0 && number <= Number.MAX_SAFE_INTEGER)) {
      throw new TypeError(`${name} must be an integer from 0 to 2 ** 53 - 1`);
    }
    return number;
  };

  // The prototype of iterators of an interface, whose `next` checks what it is called on.
  // `read(state)` returns an iterator result.
  const iteratorClass = (tag, read) => {
    const same = function (object) { return object; };
    class State extends same {
      #state;
      constructor(object, state) { super(object); this.#state = state; }
      static of(object) { return object.#state; }
    }
    const prototype = Object.create(Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())), {
      next: {
        value: { next() { return read(State.of(this)); } }.next,
        writable: true, enumerable: true, configurable: true,
      },
      [Symbol.toStringTag]: { value: `${tag} Iterator`, configurable: true },
    });
    return (state) => new State(Object.create(prototype), state);
  };

  // Adds `entries`, `keys`, `values`, `forEach` and the iterator to a class of name-value pairs.
  // `pairs(object)` returns its current list of pairs and checks the object.
  const iterable = (Class, pairs) => {
    const make = iteratorClass(Class.name, (state) => {
      const list = pairs(state.object);
      if (state.index >= list.length) return { value: undefined, done: true };
      const pair = list[state.index++];
      return { value: state.pick === 2 ? [pair[0], pair[1]] : pair[state.pick], done: false };
    });
    const begin = (object, pick) => {
      pairs(object);
      return make({ __proto__: null, object, pick, index: 0 });
    };
    const methods = {
      entries() { return begin(this, 2); },
      forEach(callback, self = undefined) {
        let list = pairs(this);
        need('forEach', arguments.length, 1);
        if (typeof callback !== 'function') throw new TypeError('forEach needs a function');
        for (let i = 0; i < list.length; i++, list = pairs(this)) {
          callback.call(self, list[i][1], list[i][0], this);
        }
      },
      keys() { return begin(this, 0); },
      values() { return begin(this, 1); },
    };
    for (const name of Object.keys(methods)) {
      defineProperty(Class.prototype, name, {
        __proto__: null, value: methods[name], writable: true, enumerable: true, configurable: true,
      });
    }
    hide(Class.prototype, Symbol.iterator, methods.entries);
  };

  return {
    expose, isExposed, constants, hide, need, isObject, usv, dictionary, iterator, sequence, enforced, iterable,
  };
})
