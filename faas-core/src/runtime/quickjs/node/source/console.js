// `node:console`.
'use strict';

// A console that writes to streams.
class Console {
  constructor(out, error = out) {
    const { stdout = out, stderr = error ?? stdout } = out?.write === undefined ? out ?? {} : {};
    const { format } = require('node:util');
    const to = (stream) => (...values) => { stream.write(`${format(...values)}\n`); };
    for (const name of ['log', 'info', 'debug', 'dir']) this[name] = to(stdout);
    for (const name of ['error', 'warn', 'trace']) this[name] = to(stderr);
  }
}
const exported = Object.create(globalThis.console);
for (const name of Object.keys(globalThis.console)) exported[name] = globalThis.console[name];
exported.Console = Console;
module.exports = exported;
