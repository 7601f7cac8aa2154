// The modules of Node by name, without `node:`. Each is loaded when it is first asked for.
'use strict';

module.exports = {
  names: () => native.names(),
  get: (name) => {
    const [part, member] = native.find(name);
    if (part === undefined) return undefined;
    const exports = require(part);
    return member === undefined ? exports : exports[member];
  },
};
