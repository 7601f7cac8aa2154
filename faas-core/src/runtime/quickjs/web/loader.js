// Defines the globals of all parts of the web platform. `load(number, use, platform)` evaluates a
// part; `parts` has a name and a list of globals for each part, one after the other.
//
// Returns `platform`, through which the parts and `prelude/main.js` reach each other.
(function (load, parts) {
  'use strict';
  const { defineProperty } = Object, { apply } = Reflect;
  const numbers = { __proto__: null }, loaded = { __proto__: null }, platform = { __proto__: null };

  const define = (name, value) => {
    defineProperty(globalThis, name, {
      __proto__: null, value, writable: true, enumerable: false, configurable: true,
    });
  };

  // Event handlers as `onerror` are accessors: a part exports their descriptors.
  const isHandler = (name) => name[0] === 'o' && name[1] === 'n';

  // The exports of a part.
  const use = (part) => {
    if (numbers[part] === undefined) throw new TypeError('the web platform has no part ' + part);
    const exports = loaded[part];
    if (exports !== undefined) return exports;
    const number = numbers[part];
    if (number < 0) throw new TypeError(`the part ${part} uses itself`);
    numbers[part] = -1;
    try {
      return loaded[part] = load(number, use, platform);
    } finally {
      numbers[part] = number;
    }
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
        if (isHandler(name)) defineProperty(globalThis, name, exports[name]);
        else define(name, exports[name]);
      }
    };
    for (let i = 0; i < globals.length; i++) {
      const name = globals[i];
      pending[name] = true;
      defineProperty(globalThis, name, {
        __proto__: null, enumerable: false, configurable: true,
        get: () => {
          if (pending[name]) settle();
          const found = use(part)[name];
          return isHandler(name) ? apply(found.get, undefined, []) : found;
        },
        set: (value) => {
          if (isHandler(name)) {
            if (pending[name]) settle();
            return void apply(use(part)[name].set, undefined, [value]);
          }
          delete pending[name];
          define(name, value);
        },
      });
    }
  }

  // The methods of builtins whose result depends on a locale. They load the part `intl` when they
  // are first called. A build without that part keeps the methods of QuickJS.
  if (numbers.intl !== undefined) {
    const replace = (prototype, methods) => {
      for (const name in methods) {
        defineProperty(prototype, name, { __proto__: null, value: methods[name] });
      }
    };
    replace(Date.prototype, {
      toLocaleString(locales = undefined, options = undefined) {
        return use('intl').methods.date(this, locales, options);
      },
      toLocaleDateString(locales = undefined, options = undefined) {
        return use('intl').methods.day(this, locales, options);
      },
      toLocaleTimeString(locales = undefined, options = undefined) {
        return use('intl').methods.time(this, locales, options);
      },
    });
    replace(Number.prototype, {
      toLocaleString(locales = undefined, options = undefined) {
        return use('intl').methods.number(this, locales, options);
      },
    });
    replace(BigInt.prototype, {
      toLocaleString(locales = undefined, options = undefined) {
        return use('intl').methods.bigint(this, locales, options);
      },
    });
    const lists = {
      toLocaleString(locales = undefined, options = undefined) {
        return use('intl').methods.list(this, locales, options);
      },
    };
    replace(Array.prototype, lists);
    replace(Object.getPrototypeOf(Uint8Array.prototype), lists);
    replace(String.prototype, {
      localeCompare(that, locales = undefined, options = undefined) {
        return use('intl').methods.compare(this, that, locales, options);
      },
      toLocaleUpperCase(locales = undefined) {
        return use('intl').methods.upper(this, locales);
      },
      toLocaleLowerCase(locales = undefined) {
        return use('intl').methods.lower(this, locales);
      },
    });
  }

  platform.use = use;
  // A module of Node, or the names of all.
  platform.builtin = (name) => use('node:builtins').get(name);
  platform.builtins = () => use('node:builtins').names();
  platform.loadAll = () => { for (const part in numbers) use(part); };

  define('self', globalThis);
  define('global', globalThis);
  platform.use = use;
  return platform;
})
