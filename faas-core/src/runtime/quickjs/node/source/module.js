// `node:module`.
'use strict';

const builtinModules = platform.builtins();
const isBuiltin = (name) => builtinModules.includes(`${name}`.replace(/^node:/, ''));

// A `require` that knows the modules of Node only.
const createRequire = () => {
  const required = (name) => {
    const found = platform.builtin(`${name}`.replace(/^node:/, ''));
    if (found !== undefined) return found;
    const error = new Error(`cannot find module '${name}': bundle it with the function`);
    error.code = 'MODULE_NOT_FOUND';
    throw error;
  };
  required.resolve = (name) => name;
  required.cache = {};
  return required;
};

class Module {
  constructor(id = '') {
    this.id = id;
    this.exports = {};
    this.children = [];
    this.paths = [];
  }
}
module.exports = Object.assign(Module, {
  Module, builtinModules, createRequire, isBuiltin,
  _cache: {}, _extensions: {}, _pathCache: {}, globalPaths: [],
  findSourceMap() {}, syncBuiltinESMExports() {}, register() {},
});
