// Loads the parts of the web platform. `find(part)` returns the number of a part,
// `load(number, use, platform)` evaluates it, and `describe(number)` returns its name and globals.
//
// Returns `platform`, through which the parts and `prelude/main.js` reach each other.
(function (find, load, describe) {
  'use strict';
  const { defineProperty } = Object, { apply } = Reflect;
  const loaded = { __proto__: null }, loading = { __proto__: null };
  const defined = { __proto__: null }, platform = { __proto__: null };

  const define = (name, value) => {
    defineProperty(globalThis, name, {
      __proto__: null, value, writable: true, enumerable: false, configurable: true,
    });
  };

  // Event handlers as `onerror` are accessors: a part exports their descriptors.
  const isHandler = (name) => name[0] === 'o' && name[1] === 'n';

  // The exports of a part.
  const use = (part) => {
    const exports = loaded[part];
    if (exports !== undefined) return exports;
    const number = find(part);
    if (number === undefined) throw new TypeError('the web platform has no part ' + part);
    if (loading[part]) throw new TypeError(`the part ${part} uses itself`);
    if (part.startsWith('node:')) defineAll();
    loading[part] = true;
    try {
      return loaded[part] = load(number, use, platform);
    } finally {
      delete loading[part];
    }
  };

  // Defines the globals of a part, which is loaded when code first reads one of them.
  platform.define = (part, globals) => {
    if (defined[part]) return;
    defined[part] = true;
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
    const read = (name) => {
      if (pending[name]) settle();
      const found = use(part)[name];
      return isHandler(name) ? apply(found.get, undefined, []) : found;
    };
    const write = (name, value) => {
      if (isHandler(name)) {
        if (pending[name]) settle();
        apply(use(part)[name].set, undefined, [value]);
      } else {
        delete pending[name];
        define(name, value);
      }
    };
    for (let i = 0; i < globals.length; i++) {
      const name = globals[i];
      pending[name] = true;
      defineProperty(globalThis, name, {
        __proto__: null, enumerable: false, configurable: true,
        get: () => read(name),
        set: (value) => { write(name, value); },
      });
    }
  };

  // The modules of Node use the globals of all parts.
  let isComplete = false;
  const defineAll = () => {
    if (isComplete) return;
    isComplete = true;
    for (let number = 0; number >= 0; number++) {
      const described = describe(number);
      if (described === undefined) return;
      platform.define(described[0], described[1]);
    }
  };

  // A module of Node, or the names of all.
  platform.builtin = (name) => use('node:builtins').get(name);
  platform.builtins = () => use('node:builtins').names();
  platform.load = (part) => { use(part); };

  define('self', globalThis);
  define('global', globalThis);
  platform.use = use;
  return platform;
})
