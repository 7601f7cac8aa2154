// `require`, and what imports of CommonJS, JSON, texts and built-in modules lead to. Loaded when the
// first of them is needed.
//
// `use(part)` returns the exports of a part of the web platform; `host` has `resolve(base, specifier)`
// and `part(name)`.
(function (builtins, parse, use, host) {
  'use strict';
  const { apply, keys, put, slice, lastIndexOf, defineProperty, ErrorClass, TypeErrorClass } = builtins;

  // Modules by name: CommonJS's `module`, also while it is evaluated, as cycles need it.
  const cache = { __proto__: null };

  const folderOf = (name) => {
    const end = apply(lastIndexOf, name, ['/']);
    return end < 0 ? '/' : '/' + apply(slice, name, [0, end]);
  };

  // The name of a module of the host has a colon, that of a file has none.
  const specifierOf = (name) => (apply(lastIndexOf, name, [':']) < 0 ? '/' + name : name);

  const notFound = (message) => {
    const error = new ErrorClass(message);
    defineProperty(error, 'code', {
      __proto__: null, value: 'MODULE_NOT_FOUND', writable: true, enumerable: true, configurable: true,
    });
    return error;
  };

  const newModule = (name) => ({ id: name, filename: '/' + name, exports: {}, loaded: false, children: [], paths: [] });

  const evaluate = (name, code) => {
    const module = cache[name] = newModule(name);
    let value;
    try {
      value = apply(code, module.exports, [
        module.exports, module, requireFrom(name), module.filename, folderOf(name),
      ]);
    } catch (error) {
      delete cache[name];
      throw error;
    }
    module.loaded = true;
    return { module, value };
  };

  const load = (name) => {
    const cached = cache[name];
    if (cached !== undefined) return cached.exports;
    const { 0: kind, 1: payload, 2: member } = host.part(name);
    let exports;
    switch (kind) {
      case 'builtin':
        exports = use(payload);
        if (member !== undefined && member !== null) exports = exports[member];
        break;
      case 'commonjs': return evaluate(name, payload).module.exports;
      case 'json': exports = parse(payload); break;
      case 'text': exports = payload; break;
      case 'module':
        throw notFound("'" + name + "' is an ES module, which require cannot load: use `await import('" + specifierOf(name) + "')`");
      default: throw notFound("cannot find module '" + name + "'");
    }
    cache[name] = { __proto__: null, exports };
    return exports;
  };

  const nameOf = (base, specifier) => {
    if (typeof specifier !== 'string') throw new TypeErrorClass('the module name is not a string');
    const name = host.resolve(base, specifier);
    if (typeof name !== 'string') throw notFound("cannot find module '" + specifier + "': " + name.message);
    return name;
  };

  const requireFrom = (base) => {
    const require = (specifier) => load(nameOf(base, specifier));
    require.resolve = (specifier) => nameOf(base, specifier);
    require.cache = cache;
    require.main = undefined;
    return require;
  };

  // The names that a module exports to an import, and a function that evaluates it and returns their
  // values. `known` has the names of a CommonJS module that its text shows.
  const synthesize = (name, known, isBuiltin) => {
    const names = [];
    put(names, 'default');
    const candidates = isBuiltin ? keys(load(name)) : known;
    for (let i = 0; i < candidates.length; i++) {
      if (candidates[i] !== 'default') put(names, candidates[i]);
    }
    const values = () => {
      const exports = load(name);
      const found = [];
      put(found, exports);
      for (let i = 1; i < names.length; i++) {
        put(found, exports === null || exports === undefined ? undefined : exports[names[i]]);
      }
      return found;
    };
    return [names, values];
  };

  // Evaluates the main file, a CommonJS module: what its function returned, and its `module`.
  const main = (name, code) => {
    const { module, value } = evaluate(name, code);
    return [value, module];
  };

  return { __proto__: null, requireFrom, synthesize, main };
})
