// What functions have no part in: modules whose functions throw, and such functions in the others.
'use strict';

const { defineProperty, hasOwn } = Object;

// A function that throws, which classes can also extend.
const absent = (module, name, why) => {
  const path = `${module}.${name}`;
  const stub = function () {
    const error = new Error(`${path} is not available in a function: ${why}`);
    error.code = 'ERR_METHOD_NOT_IMPLEMENTED';
    throw error;
  };
  defineProperty(stub, 'name', { __proto__: null, value: name, configurable: true });
  return stub;
};

// Adds to a module what Node exports and `exports` does not.
const fill = (exports, module, { functions, data }, why = 'it is not supported') => {
  for (const name of functions) {
    if (!hasOwn(exports, name)) exports[name] = absent(module, name, why);
  }
  for (const name of Object.keys(data)) {
    if (!hasOwn(exports, name)) exports[name] = data[name];
  }
  return exports;
};

module.exports = { absent, fill };
