// The modules of which nothing works in a function. They exist because packages import them without
// using them.
'use strict';

const { fill, absent } = require('node:absent');

const NETWORK = 'there are no sockets, use fetch';
const PROCESSES = 'there are no processes';
const TERMINAL = 'there is no terminal';
const ENGINE = 'the engine is not accessible';

const make = {
  http: () => fill({
    globalAgent: { maxSockets: Infinity, options: {} }, maxHeaderSize: 16384,
    validateHeaderName() {}, validateHeaderValue() {},
    Agent: class Agent { constructor(options) { this.options = { ...options }; } destroy() {} },
    IncomingMessage: class IncomingMessage extends require('node:stream').Readable {},
    OutgoingMessage: class OutgoingMessage extends require('node:stream').Writable {},
    ServerResponse: class ServerResponse extends require('node:stream').Writable {},
  }, 'http', require('names:http'), NETWORK),
  https: () => fill({
    globalAgent: { maxSockets: Infinity, options: {} },
    Agent: class Agent extends require('node:http').Agent {},
  }, 'https', require('names:https'), NETWORK),
  http2: () => fill({}, 'http2', require('names:http2'), NETWORK),
  net: () => fill({ ...require('./parts/address.js') }, 'net', require('names:net'), NETWORK),
  tls: () => fill({ rootCertificates: [] }, 'tls', require('names:tls'), NETWORK),
  dns: () => fill({ promises: exports['dns/promises'] }, 'dns', require('names:dns'), NETWORK),
  'dns/promises': () => fill({}, 'dns.promises', require('names:dns/promises'), NETWORK),
  dgram: () => fill({}, 'dgram', require('names:dgram'), NETWORK),
  child_process: () => fill({}, 'child_process', require('names:child_process'), PROCESSES),
  cluster: () => fill({
    isPrimary: true, isMaster: true, isWorker: false, workers: {}, settings: {},
  }, 'cluster', require('names:cluster'), PROCESSES),
  worker_threads: () => fill({
    isMainThread: true, threadId: 0, parentPort: null, workerData: null, resourceLimits: {},
    ...(typeof MessageChannel === 'undefined' ? {} : { MessageChannel, MessagePort }),
    ...(typeof BroadcastChannel === 'undefined' ? {} : { BroadcastChannel }),
    markAsUntransferable() {}, getEnvironmentData() {}, setEnvironmentData() {},
  }, 'worker_threads', require('names:worker_threads'), 'there are no threads'),
  inspector: () => fill({ url() {}, console }, 'inspector', require('names:inspector'), ENGINE),
  readline: () => fill(
    { promises: exports['readline/promises'] }, 'readline', require('names:readline'), TERMINAL,
  ),
  'readline/promises': () => fill({}, 'readline.promises', require('names:readline/promises'), TERMINAL),
  repl: () => fill({}, 'repl', require('names:repl'), TERMINAL),
  tty: () => fill({ isatty: () => false }, 'tty', require('names:tty'), TERMINAL),
  v8: () => fill({
    getHeapStatistics: () => ({ total_heap_size: 0, used_heap_size: 0, heap_size_limit: 0 }),
    setFlagsFromString() {},
  }, 'v8', require('names:v8'), ENGINE),
  vm: () => fill({
    constants: {},
    isContext: () => false,
    runInThisContext: (code) => (0, eval)(`${code}`),
    Script: class Script {
      #code;
      constructor(code) { this.#code = `${code}`; }
      runInThisContext() { return (0, eval)(this.#code); }
    },
  }, 'vm', require('names:vm'), ENGINE),
  wasi: () => fill({}, 'wasi', require('names:wasi'), 'there is no WebAssembly'),
  trace_events: () => fill({ getEnabledCategories() {} }, 'trace_events', require('names:trace_events'), ENGINE),
  domain: () => fill({}, 'domain', require('names:domain'), 'use AsyncLocalStorage'),
  sqlite: () => ({ DatabaseSync: absent('sqlite', 'DatabaseSync', 'there are no files') }),
};

// Each module is made when it is first used.
for (const name of Object.keys(make)) {
  let made;
  Object.defineProperty(exports, name, { get: () => (made ??= make[name]()), enumerable: true });
}
