// Writes `names.json`: what each module of Node exports. Run it with the Node release whose modules
// are imitated: `node names.mjs`.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const MODULES = [
  'assert', 'async_hooks', 'buffer', 'child_process', 'cluster', 'crypto', 'dgram',
  'diagnostics_channel', 'dns', 'dns/promises', 'domain', 'events', 'fs', 'fs/promises', 'http',
  'http2', 'https', 'inspector', 'module', 'net', 'os', 'path', 'perf_hooks', 'process', 'punycode',
  'querystring', 'readline', 'readline/promises', 'repl', 'stream', 'string_decoder', 'timers',
  'timers/promises', 'tls', 'trace_events', 'tty', 'url', 'util', 'v8', 'vm', 'wasi',
  'worker_threads', 'zlib',
];
// Values that say something about the computer on which this runs.
const LOCAL = new Set([
  'rootCertificates', 'builtinModules', 'globalPaths', 'threadId', 'path', '_pathCache',
]);

const isData = (value) => {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return true;
  if (typeof value !== 'object') return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype && !Array.isArray(value)) return false;
  return Object.values(value).every(isData);
};

const names = {};
for (const name of MODULES) {
  const exports = require(name);
  const functions = [], data = {};
  for (const key of Object.keys(exports).sort()) {
    if (LOCAL.has(key)) continue;
    const value = exports[key];
    if (typeof value === 'function') functions.push(key);
    else if (name !== 'process' && isData(value)) data[key] = value;
  }
  names[name] = { functions, data };
}
writeFileSync(new URL('names.json', import.meta.url), JSON.stringify(names, null, 1) + '\n');
