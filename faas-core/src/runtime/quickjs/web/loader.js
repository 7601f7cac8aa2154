// Defines the globals of all parts of the web platform. `load(number, use)` evaluates a part;
// `parts` has a name and a list of globals for each part, one after the other. Returns `use`.
(function (load, parts) {
  'use strict';
  const { defineProperty } = Object;
  const numbers = { __proto__: null }, loaded = { __proto__: null };

  const define = (name, value) => {
    defineProperty(globalThis, name, {
      __proto__: null, value, writable: true, enumerable: false, configurable: true,
    });
  };

  // The exports of a part.
  const use = (part) => {
    const exports = loaded[part];
    return exports === undefined ? (loaded[part] = load(numbers[part], use)) : exports;
  };

  for (let number = 0; 2 * number < parts.length; number++) {
    const part = parts[2 * number], globals = parts[2 * number + 1];
    numbers[part] = number;
    const pending = { __proto__: null };
    // Replaces the accessors that are left, not what user code has defined meanwhile.
    const settle = () => {
      const exports = use(part);
      for (const name in pending) {
        delete pending[name];
        define(name, exports[name]);
      }
    };
    for (let i = 0; i < globals.length; i++) {
      const name = globals[i];
      pending[name] = true;
      defineProperty(globalThis, name, {
        __proto__: null, enumerable: false, configurable: true,
        get: () => {
          if (pending[name]) settle();
          return use(part)[name];
        },
        set: (value) => {
          delete pending[name];
          define(name, value);
        },
      });
    }
  }
  return use;
})
